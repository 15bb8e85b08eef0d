#include "io-sim/choices.hpp"

#include <set>

#include <gtest/gtest.h>

namespace io_sim {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint64_t> drawn(Choices& choices, const char* entity, int count) {
  Stream stream = choices.stream("test", entity);
  std::vector<std::uint64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(stream.below(1000));
  return out;
}

TEST(Choices, AStreamDoesNotDependOnTheOthers) {
  Choices alone(7);
  Choices among(7);
  drawn(among, "a", 100);
  const auto theirs = drawn(among, "b", 20);
  EXPECT_EQ(drawn(alone, "b", 20), theirs);
  Choices other(8);
  EXPECT_NE(drawn(other, "b", 20), theirs);
  EXPECT_NE(drawn(alone, "c", 20), theirs);
}

TEST(Choices, WhatIsRecordedReplaysWithoutTheSeed) {
  const auto play = [](Choices& choices) {
    Stream a = choices.stream("a");
    Stream b = choices.stream("b", "x");
    std::vector<std::uint64_t> out;
    for (int i = 0; i < 50; ++i) {
      out.push_back(a.below(3));
      out.push_back(static_cast<std::uint64_t>(a.latency({1ms, 2ms, 0.1, 1s}).count()));
      out.push_back(b.chance(0.2) ? 1 : 0);
      out.push_back(static_cast<std::uint64_t>(b.between(0ms, 1h).count()));
      out.push_back(b.seed());
    }
    return out;
  };
  Choices first(3);
  first.record();
  const auto played = play(first);
  Choices again(first.recorded());
  again.record();
  EXPECT_EQ(play(again), played);
  EXPECT_EQ(again.recorded(), first.recorded());
  Choices unrecorded(3);
  EXPECT_EQ(play(unrecorded), played);
}

TEST(Choices, PastTheEndAllIsSimple) {
  Choices choices(Script{{"a", {5, 1}}});
  Stream a = choices.stream("a");
  EXPECT_EQ(a.below(3), 2U);  // 5 modulo 3: any number will do
  EXPECT_TRUE(a.chance(0.001));
  EXPECT_EQ(a.below(1000), 0U);
  EXPECT_FALSE(a.chance(0.999));
  EXPECT_EQ(a.latency(Latency::uniform(3ms, 9ms)), 3ms);
  EXPECT_EQ(a.either_way(5), 0);
  Stream b = choices.stream("b");
  std::vector<int> items{1, 2, 3, 4};
  b.sample(items, 2);
  EXPECT_EQ(items, (std::vector<int>{1, 2}));
}

TEST(Choices, TheSimplestSeedsDiffer) {
  Choices choices{Script{}};
  Stream a = choices.stream("agent", "server-1");
  Stream b = choices.stream("agent", "server-2");
  std::set<std::uint64_t> seeds;
  for (int life = 0; life < 3; ++life) {
    seeds.insert(a.seed());
    seeds.insert(b.seed());
  }
  EXPECT_EQ(seeds.size(), 6U);
}

TEST(Choices, NothingIsDrawnWhereThereIsNothingToChoose) {
  Choices choices(1);
  choices.record();
  Stream a = choices.stream("a");
  EXPECT_FALSE(a.chance(0));
  EXPECT_TRUE(a.chance(1));
  EXPECT_EQ(a.below(1), 0U);
  EXPECT_EQ(a.between(5ms, 5ms), 5ms);
  EXPECT_EQ(a.latency(Latency::uniform(2ms, 2ms)), 2ms);
  EXPECT_TRUE(choices.recorded().empty());
}

TEST(Choices, ADescendantKeepsMostOfItsParentsStreams) {
  int same = 0;
  for (int i = 0; i < 200; ++i) {
    Choices parent(5);
    Choices child(Lineage{5, 9});
    const std::string name = std::to_string(i);
    same += drawn(parent, name.c_str(), 5) == drawn(child, name.c_str(), 5) ? 1 : 0;
  }
  EXPECT_GT(same, 120);
  EXPECT_LT(same, 180);
}

TEST(Choices, ABranchIsAnotherFuture) {
  const auto play = [](std::uint64_t branch) {
    Choices choices(Script{{"a", {1, 2, 3, 4, 5, 6}}});
    Stream a = choices.stream("a");
    std::vector<std::uint64_t> out;
    for (int i = 0; i < 8; ++i) {
      if (i == 3) choices.branch(branch);
      out.push_back(a.below(1000));
    }
    return out;
  };
  const auto one = play(1);
  EXPECT_EQ(one[2], 3U);
  EXPECT_NE(play(2), one);
  EXPECT_EQ(play(1), one);
}

TEST(Choices, LatenciesReachBothEndsAndTheLongTail) {
  Choices choices(11);
  Stream a = choices.stream("a");
  std::uint64_t least = Stream::steps;
  std::uint64_t most = 0;
  std::uint64_t sum = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t q = a.quantile();
    least = std::min(least, q);
    most = std::max(most, q);
    sum += q;
  }
  EXPECT_EQ(least, 0U);
  EXPECT_GT(most, 65'500U);
  EXPECT_NEAR(static_cast<double>(sum) / 200'000, 32'640, 300);
}

}  // namespace
}  // namespace io_sim
