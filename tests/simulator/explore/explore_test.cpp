// Small exhaustive search: what it must find in builds with the known bugs, and that the control holds.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/base/mutant.hpp"
#include "simulator/explore/explorer.hpp"

namespace simulator::explore {
namespace {

Explored search(std::size_t servers, unsigned depth, Budget budget) {
  ExploreOptions options;
  options.model.servers = servers;
  options.model.budget = budget;
  options.depth = depth;
  return explore(options, [](const Explored&) {});
}

TEST(Explore, HoldsOnEveryPathOfAFewChoices) {
  for (const std::size_t servers : {1u, 2u, 3u}) {
    const Explored explored = search(servers, 4, {1, 1, 1, 1, 1, 1});
    EXPECT_EQ(explored.end, Explored::End::complete) << (explored.broken ? explored.broken->text() : "");
    EXPECT_EQ(explored.depth, 4u);
    EXPECT_GT(explored.states, servers == 1 ? 10u : 300u);
    EXPECT_GT(explored.equal_states, 0u);
  }
}

TEST(Explore, FindsTheSameTwice) {
  const Explored first = search(3, 3, {1, 1, 1, 1, 1, 1});
  const Explored second = search(3, 3, {1, 1, 1, 1, 1, 1});
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.transitions, second.transitions);
  EXPECT_EQ(first.commuting, second.commuting);
}

TEST(Explore, GivesUpAtItsBound) {
  ExploreOptions options;
  options.model.budget = {2, 2, 2, 2, 2, 2};
  options.depth = 20;
  options.max_states = 20'000;
  const Explored explored = explore(options, [](const Explored&) {});
  EXPECT_EQ(explored.end, Explored::End::too_many_states);
  EXPECT_LT(explored.depth, 20u);
}

// Takes one of the ways that are open, `which` of them, and says which it was.
Choice take(Model& model, State& state, std::uint64_t which) {
  std::vector<Choice> open;
  std::uint64_t commuting = 0;
  const auto usual = model.usual(state);
  model.alternatives(state, usual, open, commuting);
  if (usual) open.push_back(*usual);
  const Choice choice = open[which % open.size()];
  model.carry_out(state, choice);
  return choice;
}

RC_GTEST_PROP(ExploreProperty, StatesWithOneKeyHaveOneFuture, (std::vector<std::uint16_t> before)) {
  Model model({.servers = 3, .budget = {9, 9, 9, 9, 9, 9}, .max_append_entries = 1});
  State state = model.initial();
  for (const std::uint16_t which : before) take(model, state, which);
  State copy = state;
  const std::uint64_t key = state.key(3);
  RC_ASSERT(copy.key(3) == key);
  // What is done to one is not seen in the other, though they share all that did not change.
  const auto after = *rc::gen::arbitrary<std::vector<std::uint16_t>>();
  for (const std::uint16_t which : after) take(model, state, which);
  RC_ASSERT(copy.key(3) == key);
  for (const std::uint16_t which : after) take(model, copy, which);
  RC_ASSERT(copy.key(3) == state.key(3));
}

// What is left out as commuting comes to the same servers when it is done first.
RC_GTEST_PROP(ExploreProperty, WhatHappensToDifferentServersCommutes, (std::vector<std::uint16_t> before)) {
  Model model({.servers = 3, .budget = {9, 9, 9, 9, 9, 9}, .max_append_entries = 1});
  State state = model.initial();
  for (const std::uint16_t which : before) take(model, state, which);
  const auto usual = model.usual(state);
  RC_PRE(usual.has_value());
  const auto other = static_cast<std::uint8_t>((usual->which + *rc::gen::inRange(1, 3)) % 3);
  RC_PRE(state.servers[other]->raft.has_value());
  State first = state;
  State second = state;
  const Choice timer{ChoiceKind::timer, other};
  model.carry_out(first, *usual);
  model.carry_out(first, timer);
  model.carry_out(second, timer);
  // The timer's messages are behind, so the usual course is still the same.
  RC_PRE(model.usual(second) == usual);
  model.carry_out(second, *usual);
  for (std::size_t i = 0; i < 3; ++i) RC_ASSERT(first.servers[i]->hash == second.servers[i]->hash);
}

#ifdef NOMAD_MUTANTS
struct Known {
  core::base::MutantId mutant;
  std::size_t servers;
  unsigned depth;
  Budget budget;
  const char* falls;
};
void PrintTo(const Known& known, std::ostream* out) { *out << core::base::mutants[known.mutant.place()].id; }

class ExploreBench : public testing::TestWithParam<Known> {};

TEST_P(ExploreBench, IsFound) {
  core::base::active_mutant = GetParam().mutant.place();
  const Explored explored = search(GetParam().servers, GetParam().depth, GetParam().budget);
  core::base::active_mutant = core::base::no_mutant;
  ASSERT_TRUE(explored.broken.has_value());
  EXPECT_EQ(explored.broken->invariant, GetParam().falls);
}

constexpr Budget crashes{.kills = 1, .power_losses = 1, .delays = 1};
INSTANTIATE_TEST_SUITE_P(
    Explore, ExploreBench,
    testing::Values(Known{core::base::MutantId("K03"), 3, 2, crashes, "MONO"},
                    Known{core::base::MutantId("K04"), 3, 4, crashes, "COMPLETE"},
                    Known{core::base::MutantId("K06"), 2, 1, crashes, "QUORUM"},
                    Known{core::base::MutantId("K16"), 3, 7, {.kills = 1, .proposals = 2, .delays = 1}, "SMSAFE"},
                    Known{core::base::MutantId("K22"), 3, 3, crashes, "QUORUM"}));
#endif

}  // namespace
}  // namespace simulator::explore
