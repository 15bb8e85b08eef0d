// What operators type about saved states and logs.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/cli/json.hpp"
#include "agent/cli/state_json.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "tests/agent/cli/fake.hpp"

namespace tests::cli {
namespace {

TEST(Cli, ASnapshotIsNotFetchedForAFileThatIsThere) {
  Fake fake;
  std::vector<std::string> looked_at;
  fake.io.read_file = [&](const std::string& path) -> std::expected<std::string, std::string> {
    looked_at.push_back(path);
    return "older";
  };
  EXPECT_EQ(fake.run({"operator", "snapshot", "save", "mine.snap"}), 1);
  EXPECT_TRUE(fake.err.starts_with("Destination file already exists: \"mine.snap\"\n")) << fake.err;
  EXPECT_EQ(fake.run({"operator", "snapshot", "save"}), 1);
  EXPECT_EQ(looked_at, (std::vector<std::string>{"mine.snap", "nomad-state-20261122-1795349797.snap"}));
  EXPECT_TRUE(fake.asked.empty());
}

// A restore carries whole nodes in its entries, deep in the command.
TEST(StateJson, NoEntryOfALogShowsASecret) {
  core::model::Node node;
  node.id = "node-1";
  node.secret_id = "for nobody else";
  core::state::RestoreSnapshot restore{.restore_id = "r", .part = 1};
  restore.entries.push_back({core::state::NodeRecord{std::make_shared<const core::model::Node>(node)}});
  for (const core::state::Command& command :
       {core::state::Command(restore), core::state::Command(core::state::RegisterNode{node, {}, {}})}) {
    core::raft::Entry entry{{2}, {7}, core::raft::EntryKind::command, nullptr};
    entry.payload = std::make_shared<const std::string>(core::wire::protobuf::encode(core::state::LogEntry{command}));
    const std::string shown = agent::cli::pretty(agent::cli::entry_json(entry));
    EXPECT_NE(shown.find("\"SecretID\": \"\""), std::string::npos) << shown;
    EXPECT_EQ(shown.find("for nobody else"), std::string::npos) << shown;
  }
}

}  // namespace
}  // namespace tests::cli
