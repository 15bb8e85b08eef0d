// What a scenario expects, looked at while it runs: always, never, eventually, at the end, how often.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulator/expect/happenings.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

class Expectations final : public io_sim::Watcher {
 public:
  /// Listens to `happenings`, which is to watch the world before this does.
  Expectations(Cluster& cluster, const Scenario& scenario, Happenings& happenings);

  void handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) override;

  /// The first that fell for good: always, never, a count that is exceeded, a time that is over.
  const std::optional<std::string>& fallen() const { return fallen_; }
  /// Something else that must hold did not, such as an operator's command.
  void fall(std::string what);
  /// What does not hold at the end, or not yet.
  std::vector<std::string> missing() const;

 private:
  // Of one expectation.
  struct Progress {
    std::vector<std::uint64_t> counts;  // of each comparison that counts, or of count_of itself
    std::optional<TrueTime> due;        // eventually: the earliest moment by which it must have held
  };

  bool is_wanted(const Expectation& expectation) const;
  /// Nothing: nobody knows just now.
  std::optional<bool> holds_now(const Condition& condition, const Progress& progress) const;
  std::string shown(const Condition& condition, const Progress& progress) const;
  void look();
  void look_at(const Expectation& expectation, Progress& progress);
  void wait_for(std::size_t number);
  void is_due(std::size_t number);
  bool within(core::Duration from, const std::optional<core::Duration>& to) const;
  std::optional<std::string> wrong_at_the_end(const Expectation& expectation, const Progress& progress) const;

  Cluster& cluster_;
  const Scenario& scenario_;
  std::vector<Progress> progress_;  // by expectation
  std::optional<std::string> fallen_;
  TrueTime looked_;
  std::vector<std::uint64_t> applied_;  // by region
  bool looks_ = false;                  // something has to be looked at while it runs
};

}  // namespace simulator
