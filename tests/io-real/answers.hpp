// Collects what a carrier reports, from whatever thread, for tests that wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "core/world/world.hpp"

namespace tests {

class Answers {
 public:
  void push(core::world::Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_one();
  }
  /// The next answer, or nothing when none comes in a long while.
  std::optional<core::world::Event> next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !events_.empty(); })) return std::nullopt;
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<core::world::Event> events_;
};

}  // namespace tests
