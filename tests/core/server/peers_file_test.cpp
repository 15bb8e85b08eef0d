// peers.json, and what becomes of the configurations of a log when it was used.
#include <gtest/gtest.h>

#include "core/server/peers_file.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

const raft::Configuration three{{{"a", "10.0.0.1:4647", {}}, {"b", "10.0.0.2:4647", {}}, {"c", "10.0.0.3:4647", {}}}};

raft::Entry entry(std::uint64_t index, std::uint64_t term, const raft::Configuration* configuration = nullptr) {
  raft::Entry out{{term}, {index}, raft::EntryKind::command, std::make_shared<const std::string>("x")};
  if (configuration != nullptr) {
    out.kind = raft::EntryKind::configuration;
    out.payload = raft::encode(*configuration);
  }
  return out;
}

TEST(PeersFile, NomadsFormatIsReadAndWritten) {
  const auto read = read_peers(R"([
    {"id": "b", "address": "10.0.0.2:4647", "non_voter": true},
    {"id": "a", "address": "[::1]:4647"}
  ])");
  ASSERT_TRUE(read) << read.error();
  const raft::Configuration wanted{{{"a", "[::1]:4647", {}}, {"b", "10.0.0.2:4647", raft::Suffrage::nonvoter}}};
  EXPECT_TRUE(*read == wanted);
  EXPECT_TRUE(*read_peers(write_peers(*read)) == *read);
  EXPECT_EQ(write_peers({{{"a", "10.0.0.1:4647", {}}}}), R"([
  {
    "id": "a",
    "address": "10.0.0.1:4647",
    "non_voter": false
  }
])");
}

TEST(PeersFile, WhatIsWrongIsToldWithItsPlace) {
  const auto error = [](std::string_view text) {
    const auto read = read_peers(text);
    return read ? std::string() : read.error();
  };
  EXPECT_EQ(error("[\n{\"id\" \"a\"}]").substr(0, 7), "line 2:");
  EXPECT_EQ(error("[]"), "found no server that votes, wanted one at least");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1:4647"},{"address":"10.0.0.2:4647"}])"),
            "entry 2: id: found nothing, wanted the id of a server, as its file server/node-id has it");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1"}])"),
            "entry 1: address: found \"10.0.0.1\", wanted IP:PORT, where the server's RPC listens");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1:1","non_voter":"no"}])"),
            "entry 1: non_voter: found \"no\", wanted true or false");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1:1","voter":true}])"),
            "entry 1: found the key \"voter\", wanted id, address and non_voter");
  EXPECT_NE(error(R"([{"id":"a","address":"10.0.0.1:1"},{"id":"a","address":"10.0.0.2:1"}])"), "");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1:1"},{"id":"b","address":"10.0.0.1:1"}])"),
            "entry 2: address: found 10.0.0.1:1, which entry 1 has as well, wanted one of its own");
  EXPECT_EQ(error(R"([{"id":"a","address":"10.0.0.1:1"}] x)"), "line 1: found more after the end of the JSON");
}

TEST(PeersFile, AllConfigurationsThatThereAreBecomeTheForcedOneAndLaterOnesCount) {
  const raft::Configuration forced{{{"a", "10.0.0.1:4647", {}}}};
  std::vector<raft::Entry> log{entry(4, 1), entry(5, 2, &three), entry(6, 2)};
  std::optional<raft::SnapshotMeta> snapshot = raft::SnapshotMeta{{3}, {1}, {1}, three};
  const Recovery made = recover_with(forced, log, snapshot);
  const auto recovery = read_recovery(write_recovery(made));
  ASSERT_TRUE(recovery) << recovery.error();
  EXPECT_TRUE(recovery->entries == made.entries);
  EXPECT_TRUE(recovery->snapshot == made.snapshot);

  log.push_back(entry(7, 3, &three));
  apply_recovery(*recovery, log, snapshot);
  EXPECT_TRUE(*raft::decode_configuration(log[1].bytes()) == forced);
  EXPECT_TRUE(*raft::decode_configuration(log[3].bytes()) == three);
  EXPECT_TRUE(snapshot->configuration == forced);
  EXPECT_EQ(snapshot->configuration_index.value, 1u);
  EXPECT_TRUE(log[0] == entry(4, 1));

  // An entry of another term at that index is another leader's, and a newer snapshot one of after.
  std::vector<raft::Entry> other{entry(5, 3, &three)};
  std::optional<raft::SnapshotMeta> newer = raft::SnapshotMeta{{9}, {3}, {5}, three};
  EXPECT_FALSE(concerns(*recovery, other, newer));
  apply_recovery(*recovery, other, newer);
  EXPECT_TRUE(*raft::decode_configuration(other[0].bytes()) == three);
  EXPECT_TRUE(newer->configuration == three);
}

}  // namespace
}  // namespace tests
