// SMSAFE: an index once committed has its entry for ever: no server, in any of its lives, commits another there, and
// none commits what no leader has decided.
// It also reads each command once, when it is first committed, for those that follow what the cluster does, and keeps
// what is committed for the checkers that ask.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class History final : public Checker {
 public:
  /// `in_order`: all servers are seen at every moment, so that nobody can know a commit before a leader decides it.
  explicit History(std::size_t servers, bool in_order = true) : in_order_(in_order), checked_(servers) {}
  std::string_view invariant() const override { return "SMSAFE"; }
  std::optional<std::string> saw(const Sight& sight) override;

  /// Called for each entry that is committed for the first time, in order.
  std::function<void(const Commit&)> on_commit;
  std::uint64_t length() const { return entries_.size(); }
  /// Of the entry that is committed at an index from 1 to length().
  core::raft::Term term_at(core::raft::Index index) const { return entries_[index.value - 1].entry.term; }
  /// The last index that was committed in a term before this one.
  core::raft::Index decided_before(core::raft::Term term) const;

 private:
  struct Checked {
    std::uint64_t life = 0;
    std::uint64_t up_to = 0;
    // The term in which it led when it was last seen: it may decide, and step down within the term, in one event.
    std::optional<core::raft::Term> led;
  };
  struct Kept {
    core::raft::Entry entry;
    std::string server;
    core::raft::Term decided;  // the term of whoever knew first
  };
  bool in_order_;
  std::vector<Checked> checked_;
  std::vector<Kept> entries_;                               // [0] is index 1
  std::map<core::raft::Term, std::uint64_t> last_decided_;  // the last index that each term has decided
  // By leaders, who may decide more than they hand out at once, and step down before the rest of it.
  core::raft::Index decided_;
};

}  // namespace simulator::checkers
