// A State from the records of a snapshot, in the order State::dump gave them.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/state/state.hpp"

namespace core::state {

class Restore {
 public:
  /// An error says why the record cannot be; the snapshot is then to be thrown away.
  std::expected<void, std::string> add(const Record& record);
  /// The index of the state that was saved; 0 before the head.
  std::uint64_t index() const { return state_.index(); }
  /// After the last record. An error when there was no head.
  std::expected<State, std::string> finish() &&;
  /// The same without the index that the snapshot is of.
  std::expected<Tables, std::string> finish_tables() &&;

 private:
  std::string on(const SnapshotHead& record);
  std::string on(const NodeRecord& record);
  std::string on(const JobRecord& record);
  std::string on(const JobVersionRecord& record);
  std::string on(const JobSummaryRecord& record);
  std::string on(const EvalRecord& record);
  std::string on(const DeploymentRecord& record);
  std::string on(const EmbeddedJob& record);
  std::string on(const AllocRecord& record);
  std::string on(const AutopilotRecord& record);
  std::string on(const RestorePartRecord& record);

  State state_;
  bool headed_ = false;
  RestorePart part_;                   // being read
  std::uint64_t awaited_ = 0;          // records of it
  std::vector<Ref<model::Job>> jobs_;  // number 1 is at 0
};

/// The record as an operator's restore puts it into the tables at `index`: clients look at each allocation anew, and
/// what they report is news, also from one that has registered in the meantime.
Record as_restored_at(std::uint64_t index, const Record& record);

}  // namespace core::state
