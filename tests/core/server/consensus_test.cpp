// A server alone in its cluster, over a disk that answers when it is told to.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/server/consensus.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

class ConsensusTest : public testing::Test {
 protected:
  ConsensusTest() : consensus_({.self = "a", .address = "127.0.0.1:4647", .directory = "wal"}, Rng(1)) {
    consensus_.recover(now(), {}, {}, std::nullopt, out_, effects_);
    consensus_.bootstrap(now(), {{{"a", "127.0.0.1:4647", raft::Suffrage::voter}}}, out_, effects_);
    while (!reached()) settle_once();
    out_.clear();
  }
  Now now() const { return {now_, WallTime{1}}; }
  bool reached() const {
    return std::any_of(out_.begin(), out_.end(),
                       [](const auto& one) { return std::holds_alternative<Consensus::TermReached>(one); });
  }
  // The disk does what it was asked for, or the clock goes on to the deadline.
  void settle_once() {
    if (!disk_answers()) wake();
  }
  void wake() {
    now_ = std::max(now_, consensus_.deadline());
    consensus_.wake(now(), out_, effects_);
  }
  std::size_t batches() const {
    return static_cast<std::size_t>(std::count_if(effects_.begin(), effects_.end(), [](const auto& effect) {
      return std::holds_alternative<world::DiskBatch>(effect);
    }));
  }
  bool disk_answers() {
    bool any = false;
    for (const world::Effect& effect : std::exchange(effects_, {}))
      if (const auto* batch = std::get_if<world::DiskBatch>(&effect)) {
        consensus_.disk_done(now(), {batch->token, ""}, out_, effects_);
        any = true;
      }
    return any;
  }
  std::vector<raft::ProposalId> applied() const {
    std::vector<raft::ProposalId> ids;
    for (const auto& one : out_)
      if (const auto* applied = std::get_if<Consensus::Applied>(&one)) ids.push_back(applied->proposal.value());
    return ids;
  }

  Consensus consensus_;
  Instant now_{};
  std::vector<Consensus::Output> out_;
  world::Effects effects_;
};

TEST_F(ConsensusTest, WhatIsProposedTogetherSharesOneRecord) {
  std::vector<raft::ProposalId> asked;
  for (int i = 0; i < 100; ++i)
    asked.push_back(consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_));
  EXPECT_EQ(batches(), 0U) << "more may come";
  EXPECT_LE(consensus_.deadline(), now_) << "but not much is waited for";
  const auto before = consensus_.raft()->last_index();
  wake();
  EXPECT_EQ(consensus_.raft()->last_index().value, before.value + asked.size());
  EXPECT_EQ(batches(), 1U);
  EXPECT_TRUE(disk_answers());
  while (applied().size() < asked.size()) settle_once();
  EXPECT_EQ(applied(), asked);
  const auto metrics = consensus_.metrics(now_);
  const auto apply = std::ranges::find(metrics, "raft.apply", &base::Metric::name);
  ASSERT_NE(apply, metrics.end());
  EXPECT_EQ(apply->value.count, asked.size());
}

TEST_F(ConsensusTest, TooMuchToGatherIsProposedAtOnce) {
  const auto before = consensus_.raft()->last_index();
  for (int i = 0; i < 5000; ++i) consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_);
  EXPECT_GT(consensus_.raft()->last_index(), before);
}

// A leader whose clients always have more to apply, and more to write, still writes.
TEST_F(ConsensusTest, ARecordWaitsForOneThingOnly) {
  for (int i = 0; i < 200; ++i) consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_);
  wake();
  ASSERT_TRUE(disk_answers());
  ASSERT_TRUE(consensus_.raft()->has_more_to_commit()) << "not all is applied at once";
  for (int i = 0; i < 5000; ++i) consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_);
  ASSERT_TRUE(consensus_.raft()->has_more_to_commit());
  wake();
  wake();
  EXPECT_EQ(batches(), 1U);
  EXPECT_TRUE(consensus_.raft()->has_more_to_commit());
}

TEST_F(ConsensusTest, WhatWasGatheredEndsWithTheOffice) {
  consensus_.change(now(), raft::AddNonvoter{"b", "127.0.0.1:4648"}, out_, effects_);
  for (int i = 0; i < 10; ++i) settle_once();
  const auto asked = consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_);
  const auto before = consensus_.raft()->last_index();
  consensus_.deliver(now(), "b", raft::Heartbeat{.term = consensus_.raft()->term().next()}, out_, effects_);
  ASSERT_FALSE(consensus_.is_leader());
  const auto failed = std::ranges::find_if(out_, [&](const auto& one) {
    const auto* told = std::get_if<Consensus::ProposalFailed>(&one);
    return told != nullptr && told->proposal == asked;
  });
  EXPECT_NE(failed, out_.end());
  for (int i = 0; i < 10; ++i) settle_once();
  // It leads again, with an entry of its own, and no other.
  ASSERT_EQ(consensus_.raft()->last_index(), before.next());
  EXPECT_EQ(consensus_.raft()->log().at(before.next()).kind, raft::EntryKind::noop);
}

TEST_F(ConsensusTest, AChangeOfThePeersComesAfterWhatWasProposedBefore) {
  const auto before = consensus_.raft()->last_index();
  consensus_.propose(now(), state::DeleteEvals{{"none"}, {}}, out_, effects_);
  consensus_.change(now(), raft::AddNonvoter{"b", "127.0.0.1:4648"}, out_, effects_);
  EXPECT_EQ(consensus_.raft()->configuration_index().value, before.value + 2);
}

}  // namespace
}  // namespace tests
