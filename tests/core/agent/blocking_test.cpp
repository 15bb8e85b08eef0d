// Requests that wait: for a row, for their time, and in which order they go on.
#include <gtest/gtest.h>

#include "core/agent/blocking.hpp"
#include "core/state/watch.hpp"

namespace core::agent {
namespace {

using namespace std::chrono_literals;

ApiRequest from(std::uint64_t number, std::uint64_t connection = 0) {
  ApiRequest out;
  out.caller = {.http = {number}, .connection = {connection}, .call = {}};
  return out;
}

std::vector<std::uint64_t> numbers(const std::vector<ApiRequest>& requests) {
  std::vector<std::uint64_t> out;
  for (const ApiRequest& one : requests) out.push_back(one.caller.http.value);
  return out;
}

using Numbers = std::vector<std::uint64_t>;

TEST(Blocking, OnlyWhoReadsARowThatChangedGoesOn) {
  Blocking blocking;
  blocking.add(from(1), {state::watch::node("a")}, Instant{} + 5s);
  blocking.add(from(2), {state::watch::node("b"), state::watch::node("a")}, Instant{} + 3s);
  blocking.add(from(3), {state::watch::node("b")}, Instant{} + 4s);
  EXPECT_EQ(numbers(blocking.take_touched({state::watch::node("a")})), (Numbers{1, 2}));
  EXPECT_EQ(numbers(blocking.take_touched({state::watch::node("a")})), Numbers{});
  EXPECT_EQ(blocking.size(), 1U);
  EXPECT_EQ(blocking.deadline(), Instant{} + 4s) << "the times of those that went on are forgotten";
  EXPECT_EQ(numbers(blocking.take_touched({state::watch::any_row(state::Table::nodes)})), Numbers{3});
  EXPECT_EQ(blocking.deadline(), Instant::never());
}

TEST(Blocking, EachGoesOnWhenItsTimeIsOver) {
  Blocking blocking;
  blocking.add(from(1), {state::watch::node("a")}, Instant{} + 5s);
  blocking.add(from(2), {state::watch::node("a")}, Instant{} + 3s);
  blocking.add(from(3), {state::watch::node("a")}, Instant{} + 3s);
  EXPECT_EQ(numbers(blocking.take_over(Instant{} + 2s)), Numbers{});
  EXPECT_EQ(numbers(blocking.take_over(Instant{} + 3s)), (Numbers{2, 3}));
  EXPECT_EQ(blocking.deadline(), Instant{} + 5s);
  EXPECT_EQ(numbers(blocking.take_over(Instant{} + 9s)), Numbers{1});
  EXPECT_EQ(blocking.size(), 0U);
}

TEST(Blocking, WhoIsGoneIsForgotten) {
  Blocking blocking;
  blocking.add(from(1, 7), {state::watch::node("a")}, Instant{} + 5s);
  blocking.add(from(2, 8), {state::watch::node("a")}, Instant{} + 3s);
  blocking.add(from(3, 7), {state::watch::node("a")}, Instant{} + 4s);
  ASSERT_EQ(blocking.of({7}).size(), 2U);
  for (const Caller& caller : blocking.of({7})) blocking.cancel(caller);
  EXPECT_EQ(blocking.deadline(), Instant{} + 3s);
  EXPECT_EQ(numbers(blocking.take_touched({state::watch::node("a")})), Numbers{2});
}

}  // namespace
}  // namespace core::agent
