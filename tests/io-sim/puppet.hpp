// A world of two machines that do what they are told and remember what they heard.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io-sim/world.hpp"

namespace io_sim {

// A machine that does what it is told and remembers what it heard.
struct Diary {
  std::vector<std::pair<core::Now, core::world::Event>> heard;
  std::vector<core::world::Effect> on_start;
  core::world::Effects next;  // said at the next event
  core::Instant deadline = core::Instant::never();
  int lives = 0;
};

class Puppet final : public core::world::Machine {
 public:
  explicit Puppet(Diary& diary) : diary_(diary) { ++diary_.lives; }
  void handle(core::Now now, const core::world::Event& event, core::world::Effects& effects) override {
    if (diary_.deadline <= now.instant) diary_.deadline = core::Instant::never();
    if (!started_)
      for (const core::world::Effect& effect : diary_.on_start) effects.push_back(effect);
    started_ = true;
    for (core::world::Effect& effect : diary_.next) effects.push_back(std::move(effect));
    diary_.next.clear();
    diary_.heard.emplace_back(now, event);
  }
  core::Instant deadline() const override { return diary_.deadline; }

 private:
  Diary& diary_;
  bool started_ = false;
};

/// Two nodes, n0 and n1, that do as they are told.
class PuppetTest : public testing::Test {
 protected:
  PuppetTest() {
    for (int i = 0; i < 2; ++i)
      world_.add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i + 1), {},
                      [this, i](std::uint64_t) { return std::make_unique<Puppet>(diary_[i]); });
  }
  template <class T>
  std::vector<T> heard(int node) const {
    std::vector<T> out;
    for (const auto& [now, event] : diary_[node].heard)
      if (const T* what = std::get_if<T>(&event)) out.push_back(*what);
    return out;
  }
  void start() {
    world_.start(0);
    world_.start(1);
    world_.run_until(world_.now());
  }
  void run(core::Duration time) { world_.run_until(world_.now() + time); }
  // The node says these effects at its next event, which an unknown name makes.
  void say(int node, core::world::Effects effects) {
    diary_[node].next = std::move(effects);
    world_.signal(static_cast<NodeId>(node), core::world::Signal::hangup);
    world_.run_until(world_.now());
  }
  core::Address address(NodeId node, std::uint16_t port) { return world_.address(node, port); }

  World world_{7, Timings{}};
  Diary diary_[2];
};

}  // namespace io_sim
