// Several members in one process, over a network and a clock of the test's own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/gossip/gossip.hpp"

namespace tests {

class ToyPool {
 public:
  struct Links {
    core::Duration latency = std::chrono::milliseconds(1);
    double loss = 0;  // of datagrams
    double duplicates = 0;
  };

  explicit ToyPool(std::uint64_t seed, core::gossip::Profile profile = core::gossip::Profile::lan())
      : rng_(seed), profile_(profile) {}

  /// Starts member `i` (again), with nothing remembered. Its address is 127.0.0.1:i+1.
  void start(std::size_t i);
  /// kill -9.
  void kill(std::size_t i);
  void tell(std::size_t i, const core::gossip::Event& event);
  void join(std::size_t i, std::size_t to);
  void run_for(core::Duration time);
  /// Only members of the same group hear each other.
  void partition(std::map<std::size_t, int> groups) { groups_ = std::move(groups); }

  /// "a=alive b=failed".
  std::string view(std::size_t i) const;
  /// Every running member's view, one a line.
  std::string views() const;
  /// True if every running member's view is `expected`.
  bool all_see(const std::string& expected) const;
  core::gossip::Gossip& at(std::size_t i) { return *members_.at(i); }
  static std::string name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
  static core::Address address(std::size_t i) {
    return *core::Address::parse("127.0.0.1", static_cast<std::uint16_t>(i + 1));
  }

  Links links;
  core::Instant now;
  std::vector<std::string> told;  // what happened to members, as "time teller: what"
  std::size_t datagrams = 0;
  std::size_t bytes = 0;
  std::size_t joins_finished = 0;
  std::map<std::size_t, core::Instant> gone;  // who finished its leave, when

 private:
  struct Arrival {
    std::size_t node;
    core::gossip::Event event;
    int life;  // of the node it is meant for
  };
  using End = std::pair<std::size_t, core::gossip::StreamId>;

  void schedule(std::size_t node, core::gossip::Event event, core::Duration delay);
  void carry(std::size_t from, const std::vector<core::gossip::Effect>& effects);
  bool reachable(std::size_t a, std::size_t b) const;

  core::Rng rng_;
  core::gossip::Profile profile_;
  std::map<std::size_t, core::gossip::Gossip> running_;
  std::map<std::size_t, core::gossip::Gossip*> members_;
  std::map<std::size_t, int> lives_;
  std::map<std::size_t, int> groups_;
  std::map<std::pair<core::Instant, std::uint64_t>, Arrival> queue_;
  std::map<End, End> peers_;
  std::uint64_t order_ = 0;
  std::uint64_t accepted_ = 1;
};

}  // namespace tests
