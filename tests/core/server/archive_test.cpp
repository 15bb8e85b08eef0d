// Saved states: made, opened, cut into commands and restored.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/server/archive.hpp"

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
  return work.take();
}

TEST(Archive, WhatIsSavedIsRestoredOverAnotherState) {
  const state::State saved = state_with(200);
  const std::string bytes = archive_of(saved);
  EXPECT_EQ(bytes, archive_of(saved)) << "the same bytes of the same state";
  const auto opened = open_archive(bytes);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(opened->meta.id, "3-400-1795349799000");
  EXPECT_EQ(opened->meta.index, 400u);

  OpenArchive work(std::make_shared<const std::string>(bytes), "restore-1", {});
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
    RC_ASSERT(opened->snapshot.chunks.size() == open_archive(whole)->snapshot.chunks.size());
  else
    RC_ASSERT(!opened.error().empty());
}

}  // namespace
}  // namespace tests
