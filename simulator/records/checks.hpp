// The checkers over recordings of real agents: the same ones that watch simulated servers, fed from agents that live
// their recorded lives again, one after the other.
//
// Nothing is aligned by clocks, which differ from machine to machine: ELECT, LOGMATCH, SMSAFE and STATEHASH compare by
// term and index, whatever the order, and MONO follows one server through its lives. QUORUM and CAP look at one moment
// of the whole cluster, which recordings do not have.
//
// Where a life's beginning is gone, its state is followed entry by entry, and what was observed of it is compared:
// leaders by term, terms by committed index, states by applied index. Whole lives give theirs to compare with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/agent/recording.hpp"
#include "simulator/checkers/checker.hpp"

namespace simulator::records {

class Checks {
 public:
  /// `names` of the servers whose lives follow, each once.
  explicit Checks(std::vector<std::string> names);

  /// A watcher for the next life of the named server, in the order in which it lived. It is used before the next one.
  core::agent::ReplayWatcher& next_life(const std::string& name);

  /// What fell first.
  const std::optional<checkers::Violation>& violation() const { return violation_; }
  /// Of what the checkers saw: states compared, leaderships, entries known to be committed.
  struct Seen {
    std::uint64_t looks = 0;
    std::uint64_t leaders = 0;
    std::uint64_t committed = 0;
    std::uint64_t observations = 0;
    std::uint64_t followed = 0;  // entries that were applied in lives whose beginning is gone
  };
  const Seen& seen() const { return seen_; }

  /// Servers of different peer sets: two of them, none of whose Raft configurations, as far as they were seen, has a
  /// server in common with any of the other's. Nothing can be said of them together.
  std::optional<std::pair<std::string, std::string>> strangers() const;

 private:
  class Watcher;
  void saw(std::size_t server, std::uint64_t life, core::Now now, const core::agent::Agent& agent);
  void saw(std::size_t server, core::Now now, const core::wire::Observed& observed);
  void saw(std::size_t server, core::Now now, const core::raft::Entry& entry, const core::state::State& state);
  void committed(std::size_t server, core::Now now, std::uint64_t index, std::uint64_t term);
  void applied(std::size_t server, core::Now now, std::uint64_t index, std::uint64_t state_hash);
  void fell(std::string_view invariant, core::Now now, std::string what);

  std::vector<std::string> names_;
  std::vector<std::uint64_t> lives_;
  std::vector<std::unique_ptr<checkers::Checker>> checkers_;
  std::unique_ptr<core::agent::ReplayWatcher> watcher_;
  std::optional<std::int64_t> began_;  // of the first event of all, wall clock
  std::optional<checkers::Violation> violation_;
  Seen seen_;
  std::vector<std::set<std::string>> peers_;  // by server: the ids of all that its configurations ever had
  // Of what was observed.
  std::map<std::uint64_t, std::string> leader_of_term_;
  std::map<std::uint64_t, std::uint64_t> term_of_commit_;
  std::map<std::uint64_t, std::uint64_t> hash_of_state_;
  std::vector<core::wire::Observed> latest_;  // by server
};

}  // namespace simulator::records
