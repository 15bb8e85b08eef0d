// The write-ahead log against crashes and damage, on a disk that forgets what was not synced.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/storage/crc32c.hpp"
#include "core/storage/wal.hpp"
#include "tests/core/storage/model_disk.hpp"

namespace {

using namespace core;
using namespace core::raft;
using storage::Wal;
using storage::WalError;
using tests::ModelDisk;

constexpr const char* first_segment = "server/raft/wal/00000000000000000001.wal";

struct State {
  HardState hard;
  LogBase base;
  std::vector<Entry> entries;  // after the base
  std::uint64_t last() const { return base.index.value + entries.size(); }
  friend bool operator==(const State&, const State&) = default;
};

// Writes what a Raft server might, and knows what the log must hold after each Persist effect.
struct Writer {
  explicit Writer(std::uint64_t seed) : rng(seed) {}

  Persist draw() {
    Persist persist{
        .sequence = sequence = sequence.next(), .hard_state = {}, .base = {}, .truncate_from = {}, .entries = {}};
    State state = states.back();
    if (rng.chance(0.3) || state.hard.term == Term{}) {
      state.hard = {state.hard.term.next(), std::nullopt};
      if (rng.chance(0.5)) state.hard.vote = rng.uuid();
      persist.hard_state = state.hard;
    }
    if (snapshots && rng.chance(0.1) && !state.entries.empty()) {
      // A snapshot: some of the log goes, or all of it when the snapshot came from a leader.
      const bool received = rng.chance(0.3);
      const std::uint64_t gone = received ? state.entries.size() : 1 + rng.below(state.entries.size());
      state.base = {{state.base.index.value + gone}, state.entries[gone - 1].term};
      state.entries.erase(state.entries.begin(), state.entries.begin() + static_cast<std::ptrdiff_t>(gone));
      if (received) state.base.index.value += rng.below(20);
      persist.base = state.base;
      if (received) persist.truncate_from = state.base.index.next();
    } else if (rng.chance(0.2) && !state.entries.empty()) {
      persist.truncate_from = Index{state.base.index.value + 1 + rng.below(state.entries.size())};
      state.entries.resize(persist.truncate_from->value - state.base.index.value - 1);
    }
    const auto count = rng.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto size = rng.chance(0.2) ? rng.below(3000) : rng.below(60);
      std::string bytes;
      for (std::uint64_t n = 0; n < size; ++n) bytes += static_cast<char>(1 + rng.below(255));
      Entry entry{state.hard.term, Index{state.last() + 1}, EntryKind::command, {}};
      if (size > 0) entry.payload = std::make_shared<const std::string>(bytes);
      persist.entries.push_back(entry);
      state.entries.push_back(entry);
    }
    states.push_back(state);
    return persist;
  }

  Rng rng;
  bool snapshots = true;  // let the front of the log go
  PersistSequence sequence;
  std::vector<State> states{State{}};  // after each effect, the first: none
};

Wal::Config small() { return {.directory = "server/raft/wal", .segment_bytes = 8192, .max_frame_bytes = 4096}; }

State state_of(const Wal::Recovered& recovered) {
  return {recovered.state.hard_state, recovered.state.base, recovered.state.entries};
}

// Everything that was acknowledged is there, nothing that was never written is, whatever the power loss.
void survive_crashes(std::uint64_t seed, int lives, std::size_t* torn = nullptr) {
  Writer writer(seed);
  Rng& rng = writer.rng;
  ModelDisk disk;
  std::size_t acknowledged = 0;  // states[acknowledged] is promised
  std::uint64_t token = 0;
  for (int life = 0; life < lives; ++life) {
    Wal wal(small());
    const auto recovered = wal.recover(disk.read("server/raft/wal"));
    if (!recovered) FAIL() << "seed " << seed << ": " << recovered.error().text("server/raft/wal");
    std::size_t found = acknowledged;
    while (found < writer.states.size() && !(writer.states[found] == state_of(*recovered))) ++found;
    ASSERT_LT(found, writer.states.size()) << "seed " << seed << ": what was acknowledged is not there";
    if (torn != nullptr) *torn += recovered->notes.size();
    writer.states.resize(found + 1);
    writer.sequence = {};
    const std::size_t base = found;
    acknowledged = found;
    for (bool alive = true; alive;) {
      for (auto n = rng.below(4); n > 0; --n) wal.persist(writer.draw());
      if (!wal.wants_batch()) continue;
      const auto batch = wal.take_batch(world::DiskToken{++token});
      if (rng.chance(0.08)) {
        disk.carry_out(batch, rng.below(batch.ops.size() + 1));
        disk.lose_power(rng);
        alive = false;
        continue;
      }
      disk.carry_out(batch);
      const auto outcome = wal.on(world::DiskBatchDone{batch.token, ""});
      acknowledged = base + std::get<Wal::Durable>(outcome).sequence.value;
      if (rng.chance(0.05)) {
        disk.lose_power(rng);
        alive = false;
      }
    }
  }
}

TEST(Wal, KeepsWhatItAcknowledgedOverPowerLoss) {
  std::size_t torn = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    survive_crashes(seed, 15, &torn);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(torn, 30u);  // else the disk was too kind
}

RC_GTEST_PROP(WalProperty, KeepsWhatItAcknowledgedOverPowerLoss, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  survive_crashes(seed, 4);
  RC_ASSERT(!testing::Test::HasFatalFailure());
}

// A log of several segments, all of it acknowledged; `frames` tells how many batches.
ModelDisk written(Writer& writer, int frames, Wal::Config config = small()) {
  ModelDisk disk;
  Wal wal(config);
  EXPECT_TRUE(wal.recover(disk.read(config.directory)));
  for (int i = 0; i < frames; ++i) {
    wal.persist(writer.draw());
    const auto batch = wal.take_batch(world::DiskToken{1});
    disk.carry_out(batch);
    wal.on(world::DiskBatchDone{batch.token, ""});
  }
  return disk;
}

// Damage never crashes the reader, and never makes it believe in something that was not written.
RC_GTEST_PROP(WalProperty, BelievesNoDamage, ()) {
  Writer writer(*rc::gen::inRange<std::uint64_t>(0, 1000));
  ModelDisk disk = written(writer, 30);
  auto files = disk.contents();
  auto at = files.begin();
  std::advance(at, *rc::gen::inRange<std::size_t>(0, files.size()));
  std::string& bytes = disk.bytes(at->first);
  const int flips = *rc::gen::inRange(1, 4);
  for (int i = 0; i < flips; ++i) {
    const auto place = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[place] = static_cast<char>(bytes[place] ^ *rc::gen::inRange(1, 256));
  }
  if (*rc::gen::inRange(0, 5) == 0) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  Wal wal(small());
  const auto recovered = wal.recover(disk.read("server/raft/wal"));
  if (!recovered) {
    RC_ASSERT(!recovered.error().text("server/raft/wal").empty());
    return;
  }
  const State state = state_of(*recovered);
  RC_ASSERT(std::find(writer.states.begin(), writer.states.end(), state) != writer.states.end());
}

TEST(Wal, RefusesDamageInTheMiddleAndNamesThePlace) {
  Writer writer(3);
  writer.snapshots = false;
  ModelDisk disk = written(writer, 60);
  ASSERT_GT(disk.contents().size(), 2u);
  disk.bytes(first_segment)[64 + 32 + 20] ^= 1;
  Wal wal(small());
  const auto recovered = wal.recover(disk.read("server/raft/wal"));
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().reason, WalError::Reason::corrupt);
  EXPECT_EQ(recovered.error().file, "00000000000000000001.wal");
  EXPECT_EQ(recovered.error().offset, 64u);
  EXPECT_NE(recovered.error().text("server/raft/wal").find("move server/raft away"), std::string::npos);
}

TEST(Wal, RefusesDamageOfTheLastFrameThatIsNoTornWrite) {
  Writer writer(4);
  ModelDisk disk = written(writer, 1);
  disk.bytes(first_segment)[64 + 32 + 8] ^= 1;
  Wal wal(small());
  const auto recovered = wal.recover(disk.read("server/raft/wal"));
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().reason, WalError::Reason::corrupt);
}

TEST(Wal, RefusesANewerFormat) {
  const std::string header = storage::encode(
      storage::SegmentHeader{.version = storage::wal_version + 1, .number = 1, .first_index = 1, .first_frame = 1});
  Wal wal(small());
  const auto recovered = wal.recover({{}, {{"00000000000000000001.wal", header}}, ""});
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().reason, WalError::Reason::newer_version);
}

TEST(Wal, NoticesAMissingAndAMisplacedSegment) {
  Writer writer(5);
  writer.snapshots = false;
  const ModelDisk disk = written(writer, 40);
  auto read = disk.read("server/raft/wal");
  ASSERT_GT(read.files.size(), 3u);
  auto missing = read;
  missing.files.erase(missing.files.begin() + 1);
  EXPECT_EQ(Wal(small()).recover(missing).error().reason, WalError::Reason::segment_missing);
  read.files[1].bytes = read.files[0].bytes;
  EXPECT_EQ(Wal(small()).recover(read).error().reason, WalError::Reason::misplaced);
}

// A log of 16 MiB segments would grow for ever; what a snapshot holds goes, the oldest first, each for good before the
// next, and what is left is read back.
TEST(Wal, RemovesTheSegmentsThatASnapshotHolds) {
  Writer writer(8);
  ModelDisk disk;
  Wal wal(small());
  ASSERT_TRUE(wal.recover({}));
  std::size_t most = 0;
  for (int i = 0; i < 400; ++i) {
    wal.persist(writer.draw());
    while (wal.wants_batch()) {
      const auto batch = wal.take_batch(world::DiskToken{1});
      for (std::size_t op = 0; op < batch.ops.size(); ++op) {
        const bool removes = std::holds_alternative<world::Remove>(batch.ops[op]);
        ASSERT_TRUE(!removes || std::holds_alternative<world::SyncDirectory>(batch.ops.at(op + 1)));
      }
      disk.carry_out(batch);
      wal.on(world::DiskBatchDone{batch.token, ""});
    }
    most = std::max(most, disk.read("server/raft/wal").files.size());
  }
  const auto read = disk.read("server/raft/wal");
  EXPECT_NE(read.files.front().name, "00000000000000000001.wal");
  EXPECT_LT(most, 12u);
  Wal again(small());
  const auto recovered = again.recover(read);
  ASSERT_TRUE(recovered) << recovered.error().text("server/raft/wal");
  EXPECT_EQ(state_of(*recovered), writer.states.back());
}

// A log begins somewhat before its snapshot: the base record of an earlier snapshot may stand in a segment that begins
// after it. Such a segment can be the first that is left.
TEST(Wal, ReadsAFirstSegmentThatHoldsAnOlderBase) {
  ModelDisk disk;
  Wal wal(small());
  ASSERT_TRUE(wal.recover({}));
  std::uint64_t sequence = 0;
  const auto write = [&](Persist persist) {
    persist.sequence = {++sequence};
    wal.persist(std::move(persist));
    while (wal.wants_batch()) {
      const auto batch = wal.take_batch(world::DiskToken{1});
      disk.carry_out(batch);
      wal.on(world::DiskBatchDone{batch.token, ""});
    }
  };
  write({.sequence = {}, .hard_state = HardState{{1}, {}}, .base = {}, .truncate_from = {}, .entries = {}});
  const auto entries_to = [&](std::uint64_t last) {
    static std::uint64_t index = 0;
    while (index < last)
      write({.sequence = {},
             .hard_state = {},
             .base = {},
             .truncate_from = {},
             .entries = {{{1}, {++index}, EntryKind::command, std::make_shared<const std::string>(400, 'x')}}});
  };
  const auto base_at = [&](std::uint64_t index) {
    write({.sequence = {}, .hard_state = {}, .base = LogBase{{index}, {1}}, .truncate_from = {}, .entries = {}});
  };
  entries_to(30);
  base_at(5);  // in the second segment, of which all entries are newer
  base_at(20);
  const auto read = disk.read("server/raft/wal");
  ASSERT_EQ(read.files.front().name, "00000000000000000002.wal");
  const auto recovered = Wal(small()).recover(read);
  ASSERT_TRUE(recovered) << recovered.error().text("server/raft/wal");
  EXPECT_EQ(recovered->state.base.index, Index{20});
  EXPECT_EQ(recovered->state.entries.size(), 10u);
}

// The front is gone, and nothing says that a snapshot holds it.
TEST(Wal, RefusesALogWithoutItsFront) {
  Writer writer(5);
  writer.snapshots = false;
  Wal::Config config = small();
  ModelDisk disk;
  Wal wal(config);
  ASSERT_TRUE(wal.recover({}));
  for (int i = 0; i < 40; ++i) {
    wal.persist(writer.draw());
    const auto batch = wal.take_batch(world::DiskToken{1});
    disk.carry_out(batch);
    wal.on(world::DiskBatchDone{batch.token, ""});
  }
  auto read = disk.read(config.directory);
  ASSERT_GT(read.files.size(), 3u);
  read.files.erase(read.files.begin());
  EXPECT_EQ(Wal(config).recover(read).error().reason, WalError::Reason::segment_missing);
}

TEST(Wal, SaysWhenItCannotBeRead) {
  const auto recovered = Wal(small()).recover({{}, {}, "open server/raft/wal: Permission denied"});
  EXPECT_NE(recovered.error().text("server/raft/wal").find("Permission denied"), std::string::npos);
}

TEST(Wal, WritesWhatCameMeanwhileInOneBatchWithOneSync) {
  Writer writer(6);
  Wal wal(small());
  ASSERT_TRUE(wal.recover({}));
  EXPECT_FALSE(wal.wants_batch());
  wal.persist(writer.draw());
  const auto first = wal.take_batch(world::DiskToken{1});
  for (int i = 0; i < 5; ++i) wal.persist(writer.draw());
  EXPECT_FALSE(wal.wants_batch());  // one at a time
  EXPECT_EQ(std::get<Wal::Durable>(wal.on({first.token, ""})).sequence, PersistSequence{1});
  const auto second = wal.take_batch(world::DiskToken{2});
  std::size_t syncs = 0;
  for (const auto& op : second.ops) syncs += std::holds_alternative<world::Sync>(op);
  EXPECT_EQ(syncs, 1u);
  EXPECT_EQ(std::get<Wal::Durable>(wal.on({second.token, ""})).sequence, PersistSequence{6});
}

TEST(Wal, NeverWritesAgainAfterAFailedSync) {
  Writer writer(7);
  Wal wal(small());
  ASSERT_TRUE(wal.recover({}));
  wal.persist(writer.draw());
  const auto batch = wal.take_batch(world::DiskToken{1});
  const auto outcome = wal.on({batch.token, "fdatasync x: Input/output error"});
  EXPECT_EQ(std::get<Wal::Failed>(outcome).reason, "fdatasync x: Input/output error");
  wal.persist(writer.draw());
  EXPECT_FALSE(wal.wants_batch());
}

TEST(Crc32c, GivesTheKnownAnswers) {
  EXPECT_EQ(storage::crc32c("123456789"), 0xe3069283u);  // RFC 3720's check value
  EXPECT_EQ(storage::crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(storage::crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

RC_GTEST_PROP(Crc32cProperty, IsTheSameByTableAndInPieces, (const std::string& a, const std::string& b)) {
  RC_ASSERT(storage::crc32c(a + b) == storage::crc32c_by_table(a + b));
  RC_ASSERT(storage::crc32c(b, storage::crc32c(a)) == storage::crc32c(a + b));
}

TEST(WalFolder, HoldsALogWhenThereAreSegments) {
  const auto holds = [](const char* name) {
    return storage::Wal::holds_a_log(world::DirectoryRead{{1}, {world::FileContents{name, "x"}}, ""});
  };
  EXPECT_TRUE(holds("00000000000000000007.wal"));
  for (const char* stray : {"lost+found", "00000000000000000007.wal.bak", "7.wal", ".wal", "00000000000000000000.wal"})
    EXPECT_FALSE(holds(stray)) << stray;
  EXPECT_FALSE(storage::Wal::holds_a_log({}));
}

}  // namespace
