// Saved states: made, opened, cut into commands and restored.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <zlib.h>

#include "core/server/archive.hpp"
#include "core/server/snapshots.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

const raft::SnapshotMeta meta{{400}, {3}, {1}, {{{"id", "127.0.0.1:4647", {}}}}};

state::State state_with(int nodes) {
  state::State state;
  for (int i = 0; i < nodes; ++i) {
    model::Node node;
    node.id = "node-" + std::to_string(i);
    node.attributes["filler"] = std::string(3000, static_cast<char>('a' + i % 26));
    EXPECT_EQ(state.apply(static_cast<std::uint64_t>(i) + 1, state::RegisterNode{node, {}, {}}).error, "");
  }
  return state;
}

std::string archive_of(state::State state) {
  SaveArchive work(std::move(state), meta, {1'795'349'799'000'000'000});
  work.run();
  return *work.take();
}

// All that a restore goes by.
std::string described(const Archive& archive) {
  std::string out = archive.meta.id + " " + std::to_string(archive.meta.version) + " " +
                    std::to_string(archive.meta.index) + " " + std::to_string(archive.meta.term) + " " +
                    std::to_string(archive.meta.size) + "\n" + std::to_string(archive.snapshot.meta.index.value) + " " +
                    std::to_string(archive.snapshot.meta.term.value) + " " +
                    std::to_string(archive.snapshot.meta.configuration_index.value) + " " +
                    archive.snapshot.meta.configuration.text() + "\n";
  for (const auto& chunk : archive.snapshot.chunks) out += std::to_string(chunk->size()) + ":" + *chunk;
  return out;
}

// gzip's work, undone and done: 15 + 16 is its header's code.
std::string unpacked(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}
std::string packed(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Archive, WhatIsSavedIsRestoredOverAnotherState) {
  const state::State saved = state_with(200);
  const std::string bytes = archive_of(saved);
  EXPECT_EQ(bytes, archive_of(saved)) << "the same bytes of the same state";
  const auto opened = open_archive(bytes);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(opened->meta.id, "3-400-1795349799000");
  EXPECT_EQ(opened->meta.index, 400u);

  OpenArchive work(std::make_shared<const std::string>(bytes), "restore-1", 256 << 10, {});
  work.run();
  const auto commands = work.take();
  ASSERT_TRUE(commands) << commands.error();
  EXPECT_GT(commands->size(), 1u);
  state::State state = state_with(3);
  std::uint64_t index = 500;
  for (const auto& command : *commands) {
    const auto applied = state.apply(++index, *command);
    EXPECT_EQ(applied.error, "");
    EXPECT_EQ(applied.replaced, command == commands->back());
  }
  EXPECT_EQ(state.node_count(), 200u);
  EXPECT_EQ(state.node("node-150")->modify_index, saved.node("node-150")->modify_index);
  EXPECT_EQ(state.hash(), state.recomputed_hash());
}

RC_GTEST_PROP(ArchiveProperty, NoDamageGoesUnnoticedAndNoneEndsUs, ()) {
  static const std::string whole = archive_of(state_with(2));
  std::string bytes = whole;
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8)));
      break;
    case 2:
      bytes.insert(at, *rc::gen::string<std::string>() + "x");
      break;
    default:
      bytes = *rc::gen::string<std::string>();
  }
  const auto opened = open_archive(bytes);
  // Some bits of gzip's own header mean nothing: then all that counts is whole.
  if (opened)
    RC_ASSERT(described(*opened) == described(*open_archive(whole)));
  else
    RC_ASSERT(!opened.error().empty());
}

// Damage within, where gzip's sum tells nothing. The first file and its header are small: there each byte is tried, so
// that meta.json's digits have their turn, which nothing but its SHA-256 guards.
TEST(Archive, NoDamageWithinGoesUnnoticed) {
  const std::string whole = archive_of(state_with(2));
  const std::string wanted = described(*open_archive(whole));
  const std::string plain = unpacked(whole);
  for (std::size_t at = 0; at < plain.size(); at += at < 1024 ? 1 : 37) {
    std::string bytes = plain;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    const auto opened = open_archive(packed(bytes));
    if (opened)
      EXPECT_EQ(described(*opened) == wanted, true) << "at " << at;
    else
      EXPECT_FALSE(opened.error().empty());
  }
}

TEST(Archive, OfMoreThanCanBeRestoredIsNotMade) {
  const raft::Snapshot snapshot = *[] {
    BuildSnapshot build(state_with(10), meta, 4096);
    build.run();
    return build.take();
  }();
  const auto made = pack_archive(snapshot, {}, 10'000);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("and an archive holds 10000 at the most"), std::string::npos) << made.error();
  EXPECT_TRUE(pack_archive(snapshot, {}, 100'000));
}

}  // namespace
}  // namespace tests
