// Snapshots against crashes and damage: the one that was whole stays until the next one is.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include "core/storage/crc32c.hpp"
#include "core/storage/little_endian.hpp"
#include "core/storage/snapshots.hpp"
#include "tests/core/storage/model_disk.hpp"

namespace {

using namespace core;
using namespace core::raft;
using storage::SnapshotStore;
using tests::ModelDisk;

constexpr const char* directory = "server/raft/snapshots";

SnapshotRef snapshot_of(std::uint64_t index, Rng& rng) {
  Snapshot out;
  out.meta = {{index}, {1 + index / 10}, {1}, {{{"n1", "n1:4647", Suffrage::voter}}}};
  const std::size_t chunks = 1 + rng.below(6);
  for (std::size_t n = 0; n < chunks; ++n) {
    std::string bytes;
    for (std::uint64_t size = rng.below(2000); size > 0; --size) bytes += static_cast<char>(rng.below(256));
    out.chunks.push_back(storage::seal_chunk(bytes, out.meta.index, n));
  }
  return std::make_shared<const Snapshot>(std::move(out));
}

bool same(const Snapshot& a, const Snapshot& b) {
  if (!(a.meta == b.meta) || a.chunks.size() != b.chunks.size()) return false;
  for (std::size_t n = 0; n < a.chunks.size(); ++n)
    if (*a.chunks[n] != *b.chunks[n]) return false;
  return true;
}

SnapshotStore::Config small() { return {.directory = directory, .batch_bytes = 1000}; }

// Damage of the version is no newer version, and a newer one is no damage.
TEST(SnapshotStore, ANewerFormatIsToldFromDamage) {
  Rng rng(1);
  const SnapshotRef snapshot = snapshot_of(7, rng);
  std::string file = storage::encode_header(*snapshot);
  constexpr std::size_t version_at = 8, seal = 4;
  file[version_at] = 9;
  EXPECT_EQ(storage::decode_snapshot(file).error(), "its header is damaged");
  file.resize(file.size() - seal);
  storage::put(file, storage::crc32c(file));
  EXPECT_EQ(storage::decode_snapshot(file).error(),
            "it has format 9, this program knows 1: start the version that wrote it, or a newer one");
}

TEST(SnapshotStore, KeepsTheNewestWholeOneOverPowerLoss) {
  std::size_t losses = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Rng rng(seed);
    ModelDisk disk;
    SnapshotRef whole;
    std::uint64_t index = 0;
    for (int life = 0; life < 6; ++life) {
      SnapshotStore store(small());
      const auto recovered = store.recover(disk.read(directory));
      ASSERT_TRUE(recovered) << "seed " << seed << ": " << recovered.error();
      if (whole) {
        ASSERT_TRUE(recovered->snapshot) << "seed " << seed;
        ASSERT_GE(recovered->snapshot->meta.index, whole->meta.index) << "seed " << seed;
        ASSERT_TRUE(recovered->snapshot->meta.index > whole->meta.index || same(*recovered->snapshot, *whole));
      }
      whole = recovered->snapshot;
      bool alive = true;
      while (alive) {
        if (store.idle()) store.write(snapshot_of(++index, rng));
        const auto batch = store.take_batch(world::DiskToken{1});
        if (rng.chance(0.1)) {
          disk.carry_out(batch, rng.below(batch.ops.size() + 1));
          disk.lose_power(rng);
          ++losses;
          alive = false;
          continue;
        }
        disk.carry_out(batch);
        const auto outcome = store.on({batch.token, ""});
        if (const auto* stored = std::get_if<SnapshotStore::Stored>(&outcome)) {
          SnapshotStore reader(small());
          const auto read = reader.recover(disk.read(directory));
          ASSERT_TRUE(read && read->snapshot && read->snapshot->meta == stored->meta);
          whole = read->snapshot;
        }
      }
    }
  }
  EXPECT_GT(losses, 500u);
}

TEST(SnapshotStore, KeepsTheOldOneWhenTheDiskIsFull) {
  Rng rng(1);
  ModelDisk disk;
  SnapshotStore store(small());
  ASSERT_TRUE(store.recover({}));
  store.write(snapshot_of(5, rng));
  while (!store.idle()) {
    const auto batch = store.take_batch(world::DiskToken{1});
    disk.carry_out(batch);
    store.on({batch.token, ""});
  }
  store.write(snapshot_of(9, rng));
  const auto batch = store.take_batch(world::DiskToken{2});
  disk.carry_out(batch, 1);
  const auto outcome = store.on({batch.token, "write: No space left on device"});
  EXPECT_EQ(std::get<SnapshotStore::Failed>(outcome).reason, "write: No space left on device");
  EXPECT_TRUE(store.idle());
  while (store.wants_batch()) {
    const auto cleanup = store.take_batch(world::DiskToken{3});
    disk.carry_out(cleanup);
    store.on({cleanup.token, ""});
  }
  const auto files = disk.read(directory).files;
  ASSERT_EQ(files.size(), 1u);  // nothing is left of the attempt
  EXPECT_EQ(storage::decode_snapshot(files[0].bytes)->meta.index, Index{5});
}

TEST(SnapshotStore, RefusesADamagedOneAndSaysWhatToDo) {
  Rng rng(2);
  const SnapshotRef snapshot = snapshot_of(7, rng);
  std::string file = storage::encode_header(*snapshot);
  for (const Payload& chunk : snapshot->chunks) file += *chunk;
  file[file.size() - 3] = static_cast<char>(file[file.size() - 3] ^ 1);
  const auto recovered = SnapshotStore(small()).recover({{}, {{"7-1.snapshot", file}}, ""});
  ASSERT_FALSE(recovered);
  EXPECT_NE(recovered.error().find("is damaged"), std::string::npos) << recovered.error();
  EXPECT_NE(recovered.error().find("join again as a new one"), std::string::npos);
}

// Damage is told, wherever it is; what is read is what was written.
RC_GTEST_PROP(SnapshotProperty, BelievesNoDamage, ()) {
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1000));
  const SnapshotRef snapshot = snapshot_of(1 + rng.below(100), rng);
  std::string file = storage::encode_header(*snapshot);
  for (const Payload& chunk : snapshot->chunks) file += *chunk;
  RC_ASSERT(same(*storage::decode_snapshot(file), *snapshot));
  if (*rc::gen::arbitrary<bool>()) {
    const auto place = *rc::gen::inRange<std::size_t>(0, file.size());
    file[place] = static_cast<char>(file[place] ^ *rc::gen::inRange(1, 256));
  } else {
    file.resize(*rc::gen::inRange<std::size_t>(0, file.size()));
  }
  RC_ASSERT(!storage::decode_snapshot(file));
}

TEST(Chunk, IsKnownByItsPlace) {
  const Payload chunk = storage::seal_chunk("bytes", Index{3}, 1);
  EXPECT_EQ(storage::open_chunk(*chunk, Index{3}, 1), "bytes");
  EXPECT_EQ(storage::open_chunk(*chunk, Index{3}, 2), std::nullopt);
  EXPECT_EQ(storage::open_chunk(*chunk, Index{4}, 1), std::nullopt);
}

}  // namespace
