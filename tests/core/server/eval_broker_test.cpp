// The leader's queue of evaluations, alone.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/server/blocked_evals.hpp"
#include "core/server/eval_broker.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

model::Evaluation eval(const std::string& id, const std::string& job, std::uint64_t index = 1,
                       std::int32_t priority = 50) {
  model::Evaluation out;
  out.id = id;
  out.job_id = job;
  out.namespace_ = "default";
  out.priority = priority;
  out.create_index = out.modify_index = index;
  out.status = model::EvalStatus::pending;
  return out;
}

struct Clock {
  Now now{Instant{1'000'000'000}, WallTime{1'700'000'000'000'000'000}};
  Now after(Duration time) {
    now.instant += time;
    now.wall = now.wall + time;
    return now;
  }
};

TEST(EvalBroker, GivesTheMostUrgentFirstAndOneOfAJobAtATime) {
  Clock clock;
  EvalBroker broker({});
  broker.enqueue(clock.now, eval("a", "web", 1));
  broker.enqueue(clock.now, eval("b", "web", 2));
  broker.enqueue(clock.now, eval("c", "urgent", 3, 90));
  EXPECT_EQ(broker.dequeue(clock.now)->eval.id, "c");
  const auto first = broker.dequeue(clock.now);
  EXPECT_EQ(first->eval.id, "a");
  EXPECT_FALSE(broker.dequeue(clock.now));
  EXPECT_TRUE(broker.ack(clock.now, "a", first->token).empty());
  EXPECT_EQ(broker.dequeue(clock.now)->eval.id, "b");
}

TEST(EvalBroker, OfThoseThatWaitedBehindOneTheNewestAloneIsRun) {
  Clock clock;
  EvalBroker broker({});
  for (const auto& [id, index] : {std::pair{"a", 1}, {"b", 2}, {"c", 4}, {"d", 3}})
    broker.enqueue(clock.now, eval(id, "web", static_cast<std::uint64_t>(index)));
  const auto first = broker.dequeue(clock.now);
  const auto pointless = broker.ack(clock.now, first->eval.id, first->token);
  ASSERT_EQ(pointless.size(), 2u);
  EXPECT_EQ(broker.dequeue(clock.now)->eval.id, "c");
}

TEST(EvalBroker, AnUnansweredOneComesAgainAndItsFirstDeliveryCountsNoMore) {
  Clock clock;
  EvalBroker broker({});
  broker.enqueue(clock.now, eval("a", "web"));
  const auto first = broker.dequeue(clock.now);
  EXPECT_TRUE(broker.is_out(*first));
  EXPECT_TRUE(broker.wake(clock.after(60s)).empty());
  EXPECT_FALSE(broker.is_out(*first));
  EXPECT_TRUE(broker.wake(clock.after(1s)).empty());
  const auto second = broker.dequeue(clock.now);
  ASSERT_TRUE(second);
  EXPECT_NE(second->token, first->token);
  EXPECT_TRUE(broker.ack(clock.now, "a", first->token).empty());
  EXPECT_TRUE(broker.is_out(*second));
}

TEST(EvalBroker, AfterThreeDeliveriesItIsGivenUp) {
  Clock clock;
  EvalBroker broker({});
  broker.enqueue(clock.now, eval("a", "web"));
  for (int time = 1; time <= 3; ++time) {
    const auto delivery = broker.dequeue(clock.now);
    ASSERT_TRUE(delivery) << time;
    EXPECT_EQ(broker.nack(clock.now, "a", delivery->token), time == 3);
    broker.wake(clock.after(60s));
  }
  EXPECT_FALSE(broker.dequeue(clock.now));
}

// Run, blocked again because room had appeared meanwhile, and woken at once: all before its run was acknowledged.
TEST(EvalBroker, WhatBlocksAgainWhileItIsOutIsRunAgain) {
  Clock clock;
  EvalBroker broker({});
  BlockedEvals blocked;
  model::Evaluation waiting = eval("a", "web", 5);
  waiting.status = model::EvalStatus::blocked;
  waiting.snapshot_index = 5;
  waiting.escaped_computed_class = true;
  const auto stored = [&] { return std::make_shared<const model::Evaluation>(waiting); };
  EXPECT_FALSE(blocked.block(stored()).run_now);
  for (const auto& woken : blocked.unblock("class", 10)) broker.enqueue(clock.now, *woken);
  const auto delivery = broker.dequeue(clock.now);
  ASSERT_TRUE(delivery);
  blocked.unblock("class", 12);  // while the scheduler looks at a state of index 11
  waiting.snapshot_index = 11;
  const auto again = blocked.block(stored());
  ASSERT_TRUE(again.run_now);
  broker.enqueue(clock.now, *again.run_now);
  broker.ack(clock.now, "a", delivery->token);
  const auto second = broker.dequeue(clock.now);
  ASSERT_TRUE(second) << "it is neither in the queue nor among the blocked";
  EXPECT_EQ(second->eval.snapshot_index, 11u);
}

// Whatever happens, an evaluation that was enqueued is somewhere until it is acknowledged or given up.
RC_GTEST_PROP(EvalBrokerProperty, ForgetsNothing, ()) {
  Clock clock;
  EvalBroker broker({});
  std::vector<EvalBroker::Delivery> out;
  std::size_t held = 0;
  std::uint64_t next = 0;
  const auto answered = [&](std::size_t gone) { held -= gone; };
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100))) {
    if (step < 40) {
      ++next;
      broker.enqueue(clock.now, eval("e" + std::to_string(next), "job" + std::to_string(step % 3), next));
      ++held;
    } else if (step < 65) {
      if (auto delivery = broker.dequeue(clock.now)) out.push_back(*delivery);
    } else if (step < 80 && !out.empty()) {
      const auto delivery = out.back();
      out.pop_back();
      const bool counts = broker.is_out(delivery);
      answered(broker.ack(clock.now, delivery.eval.id, delivery.token).size() + (counts ? 1 : 0));
    } else if (step < 90 && !out.empty()) {
      const auto delivery = out.back();
      out.pop_back();
      answered(broker.nack(clock.now, delivery.eval.id, delivery.token) ? 1 : 0);
    } else {
      answered(broker.wake(clock.after(7s)).size());
    }
    const auto stats = broker.stats();
    RC_ASSERT(stats.ready + stats.waiting + stats.outstanding + stats.delayed == held);
  }
}

}  // namespace
}  // namespace tests
