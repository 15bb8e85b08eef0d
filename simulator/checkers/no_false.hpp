// NOFALSE: a server that is up and reachable is not declared failed. LEFT: one that left stays left until it starts
// again. Both look at every server's list of members.
#pragma once

#include <map>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class NoFalse final : public Checker {
 public:
  explicit NoFalse(std::size_t servers) : failed_(servers * servers) {}
  std::string_view invariant() const override { return "NOFALSE"; }
  std::optional<std::string> at_intervals(const Round& round) override;

  /// How long all must have been together before a false alarm is one: longer than the longest suspicion lasts.
  static constexpr core::Duration calm{90'000'000'000};

 private:
  std::vector<bool> failed_;  // by pair: as the first holds the second
};

class Left final : public Checker {
 public:
  explicit Left(std::size_t servers) : left_(servers * servers) {}
  std::string_view invariant() const override { return "LEFT"; }
  std::optional<std::string> at_intervals(const Round& round) override;

 private:
  struct Seen {
    std::uint64_t observer_life = 0;
    std::uint64_t life = 0;  // of the one that left; zero: it is not held for that
  };
  std::vector<Seen> left_;  // by pair
};

}  // namespace simulator::checkers
