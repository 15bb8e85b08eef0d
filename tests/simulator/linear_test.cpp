// LIN: the linear check with versions, the exact search without them, and the one against the other.
#include "simulator/checkers/linear.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "simulator/checkers/linear_search.hpp"

namespace simulator::checkers {
namespace {

using Kind = RegisterOp::Kind;

TEST(Linear, ReadsWritesAndCheckAndSetsInOrderHold) {
  Linear lin;
  auto write = lin.begin_write("k", "a");
  EXPECT_EQ(lin.wrote("k", write, 5, "a", {}), std::nullopt);
  auto read = lin.begin("k");
  EXPECT_EQ(lin.read("k", read, 5, "a"), std::nullopt);
  write = lin.begin_write("k", "b");
  EXPECT_EQ(lin.wrote("k", write, 9, "b", 5), std::nullopt);
  EXPECT_EQ(lin.refused("k", lin.begin("k"), 5, 9), std::nullopt);
  EXPECT_EQ(lin.read_stale("k", 5, "a"), std::nullopt);
}

TEST(Linear, AReadThatMissesAnAcknowledgedWriteFalls) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  lin.wrote("k", lin.begin_write("k", "b"), 9, "b", {});
  EXPECT_NE(lin.read("k", lin.begin("k"), 5, "a"), std::nullopt);
}

TEST(Linear, AReadThatBeganBeforeMayMissTheWrite) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  const auto read = lin.begin("k");
  lin.wrote("k", lin.begin_write("k", "b"), 9, "b", {});
  EXPECT_EQ(lin.read("k", read, 5, "a"), std::nullopt);
}

TEST(Linear, ASecondReadThatSeesLessThanTheFirstFalls) {
  Linear lin;
  lin.begin_write("k", "a");  // its answer never comes
  EXPECT_EQ(lin.read("k", lin.begin("k"), 5, "a"), std::nullopt);
  EXPECT_NE(lin.read("k", lin.begin("k"), 0, ""), std::nullopt);
}

TEST(Linear, AWriteWithoutAnAnswerMayHappenLateOrNever) {
  Linear lin;
  lin.begin_write("k", "lost");
  lin.begin_write("k", "late");
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  EXPECT_EQ(lin.read("k", lin.begin("k"), 5, "a"), std::nullopt);
  EXPECT_EQ(lin.read("k", lin.begin("k"), 12, "late"), std::nullopt);
}

TEST(Linear, AValueThatNobodyWroteFalls) {
  Linear lin;
  EXPECT_NE(lin.read("k", lin.begin("k"), 5, "a"), std::nullopt);
}

TEST(Linear, AWriteThatHappensTwiceFalls) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  lin.wrote("k", lin.begin_write("k", "b"), 6, "b", {});
  EXPECT_NE(lin.read("k", lin.begin("k"), 7, "a"), std::nullopt);
}

TEST(Linear, ACheckAndSetOverAVersionInBetweenFalls) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  const auto set = lin.begin_write("k", "c");
  lin.wrote("k", lin.begin_write("k", "b"), 7, "b", {});
  EXPECT_NE(lin.wrote("k", set, 9, "c", 5), std::nullopt);
}

TEST(Linear, TheVersionInBetweenMayBecomeKnownLater) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  lin.begin_write("k", "b");  // its answer never comes
  const auto late = lin.begin("k");
  lin.wrote("k", lin.begin_write("k", "c"), 9, "c", 5);
  EXPECT_NE(lin.read("k", late, 7, "b"), std::nullopt);
}

TEST(Linear, ARefusalAtTheExpectedVersionFalls) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 5, "a", {});
  EXPECT_NE(lin.refused("k", lin.begin("k"), 5, 5), std::nullopt);
}

TEST(Linear, AcknowledgedWritesOutOfOrderFall) {
  Linear lin;
  lin.wrote("k", lin.begin_write("k", "a"), 9, "a", {});
  EXPECT_NE(lin.wrote("k", lin.begin_write("k", "b"), 7, "b", {}), std::nullopt);
}

TEST(LinearSearch, KnowsTheTextbookHistories) {
  // Two writes at once, and a read of either after them.
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, 4}, {Kind::write, 2, 0, 2, 3}, {Kind::read, 1, 0, 5, 6}}),
            Linearizable::yes);
  // A read of the old value after the write was answered.
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, 2}, {Kind::read, 0, 0, 3, 4}}), Linearizable::no);
  // The new value seen, then the old one again.
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, 9}, {Kind::read, 1, 0, 2, 3}, {Kind::read, 0, 0, 4, 5}}),
            Linearizable::no);
  // A write whose outcome is unknown may have happened, or not.
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, {}}, {Kind::read, 1, 0, 2, 3}}), Linearizable::yes);
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, {}}, {Kind::read, 0, 0, 2, 3}}), Linearizable::yes);
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, 2}, {Kind::check_and_set, 2, 0, 3, 4}}), Linearizable::no);
  EXPECT_EQ(search_linearization({{Kind::write, 1, 0, 1, 2}, {Kind::refused_check_and_set, 0, 0, 3, 4}}),
            Linearizable::yes);
}

// A history of a real register, some of whose reads are then made to say something else: what the exact search finds
// wrong in it, the linear check finds, too, and the other way round.
RC_GTEST_PROP(LinearProperty, AgreesWithTheExactSearch, ()) {
  struct Made {
    bool write = false;
    std::uint64_t began = 0, happens = 0, answered = 0;
    std::uint64_t version = 0;
  };
  const auto count = *rc::gen::inRange<std::size_t>(1, 10);
  std::vector<Made> made(count);
  for (Made& op : made) {
    op.write = *rc::gen::arbitrary<bool>();
    op.began = *rc::gen::inRange<std::uint64_t>(0, 40);
    op.happens = op.began + *rc::gen::inRange<std::uint64_t>(1, 20);
    op.answered = op.happens + *rc::gen::inRange<std::uint64_t>(1, 20);
  }
  std::sort(made.begin(), made.end(), [](const Made& a, const Made& b) { return a.happens < b.happens; });
  std::uint64_t now = 0;
  std::vector<std::uint64_t> versions{0};
  for (Made& op : made) {
    if (op.write) versions.push_back(++now);
    op.version = now;
  }
  const bool spoil = *rc::gen::arbitrary<bool>();
  const auto spoilt = *rc::gen::inRange<std::size_t>(0, count);
  const auto other = *rc::gen::inRange<std::size_t>(0, versions.size());
  if (spoil && !made[spoilt].write) made[spoilt].version = versions[other];

  std::vector<RegisterOp> history;
  struct Moment {
    std::uint64_t at;
    bool answer;
    std::size_t op;
  };
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < count; ++i) {
    // Each write's value is its version, so that the exact search is asked the same without versions. Twice the
    // moments: an answer at one moment comes before what begins at it.
    const Made& op = made[i];
    history.push_back({op.write ? Kind::write : Kind::read, op.version, 0, 2 * op.began + 1, 2 * op.answered});
    moments.push_back({2 * op.began + 1, false, i});
    moments.push_back({2 * op.answered, true, i});
  }
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.at < b.at; });
  Linear lin;
  std::vector<Linear::Began> began(count);
  bool wrong = false;
  for (const Moment& moment : moments) {
    const Made& op = made[moment.op];
    const std::string value = op.version == 0 ? "" : std::to_string(op.version);
    if (!moment.answer)
      began[moment.op] = op.write ? lin.begin_write("k", value) : lin.begin("k");
    else if (op.write)
      wrong = wrong || lin.wrote("k", began[moment.op], op.version, value, {}).has_value();
    else
      wrong = wrong || lin.read("k", began[moment.op], op.version, value).has_value();
  }
  const Linearizable exact = search_linearization(history);
  RC_ASSERT(exact != Linearizable::gave_up);
  RC_CLASSIFY(wrong);
  // The versions say more than the values: a history may be in order some other way, but then not in the versions' way.
  if (exact == Linearizable::no) RC_ASSERT(wrong);
  if (!spoil) RC_ASSERT(!wrong);
}

}  // namespace
}  // namespace simulator::checkers
