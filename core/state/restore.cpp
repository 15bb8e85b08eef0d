#include "core/state/restore.hpp"

#include <map>
#include <utility>
#include <variant>

#include "core/describe/compare.hpp"

namespace core::state {
namespace {

/// Gives each job that allocations hold a number, writing it the first time.
class JobNumbers {
 public:
  using Visit = std::function<bool(const Record&)>;

  /// 0 when the visitor stopped.
  std::uint64_t number(const Tables::AllocRow& row, const Visit& visit) {
    // By content, not by address: a job that was decoded twice is still one.
    auto& same_hash = by_hash_[row.job_hash];
    for (const auto& [job, number] : same_hash)
      if (job == row.value->job || describe::equal(*job, *row.value->job)) return number;
    if (!visit(EmbeddedJob{row.value->job})) return 0;
    return same_hash.emplace_back(row.value->job, ++count_).second;
  }

 private:
  std::map<std::uint64_t, std::vector<std::pair<Ref<model::Job>, std::uint64_t>>> by_hash_;
  std::uint64_t count_ = 0;
};

template <class RecordType, class Rows>
bool dump_rows(const Rows& rows, const std::function<bool(const Record&)>& visit) {
  for (auto it = rows.begin(); !it.at_end(); ++it)
    if (!visit(RecordType{it->value.value})) return false;
  return true;
}

constexpr std::size_t oldest_table_count = 8;  // before autopilot

constexpr const char* absent = "a snapshot's record is empty";

}  // namespace

void State::dump(const std::function<bool(const Record&)>& visit) const {
  SnapshotHead head{index_, {}, cluster_id(), ahead_};
  for (std::size_t table = 0; table < table_count; ++table)
    head.table_indexes.push_back(tables_.index_of(static_cast<Table>(table)));
  if (!visit(head) || !dump_rows<NodeRecord>(tables_.nodes(), visit) || !dump_rows<JobRecord>(tables_.jobs(), visit) ||
      !dump_rows<JobVersionRecord>(tables_.job_versions(), visit) ||
      !dump_rows<JobSummaryRecord>(tables_.job_summaries(), visit) || !dump_rows<EvalRecord>(tables_.evals(), visit) ||
      !dump_rows<DeploymentRecord>(tables_.deployments(), visit))
    return;
  JobNumbers numbers;
  for (auto it = tables_.allocs().begin(); !it.at_end(); ++it) {
    AllocRecord record;
    if (it->value.value->job != nullptr) {
      record.job = numbers.number(it->value, visit);
      if (record.job == 0) return;
    }
    auto alloc = std::make_shared<model::Allocation>(*it->value.value);
    alloc->job = nullptr;
    record.alloc = std::move(alloc);
    if (!visit(record)) return;
  }
  if (tables_.autopilot() != nullptr && !visit(AutopilotRecord{tables_.autopilot()})) return;
  for (const Ref<RestorePart>& part : tables_.restore_parts()) {
    if (!visit(RestorePartRecord{part->restore_id, part->entries.size()})) return;
    for (const SnapshotEntry& entry : part->entries)
      if (!visit(entry.record)) return;
  }
}

std::expected<void, std::string> Restore::add(const Record& record) {
  if (awaited_ > 0) {
    part_.entries.push_back({record});
    if (--awaited_ == 0) state_.tables_.add_restore_part(std::make_shared<const RestorePart>(std::move(part_)));
    return {};
  }
  const bool is_head = std::holds_alternative<SnapshotHead>(record);
  if (is_head == headed_) return std::unexpected("a snapshot has one head, and it comes first");
  if (auto error = std::visit([this](const auto& one) { return on(one); }, record); !error.empty())
    return std::unexpected(std::move(error));
  return {};
}

std::expected<State, std::string> Restore::finish() && {
  if (!headed_) return std::unexpected("the snapshot is empty");
  if (awaited_ > 0) return std::unexpected("the snapshot ends within a part of a restore");
  return std::move(state_);
}

std::expected<Tables, std::string> Restore::finish_tables() && {
  auto state = std::move(*this).finish();
  if (!state) return std::unexpected(std::move(state.error()));
  return std::move(state->tables_);
}

std::string Restore::on(const SnapshotHead& record) {
  // One from a newer server may have more tables than we know: refusing beats forgetting. An older one has fewer.
  const std::size_t tables = record.table_indexes.size();
  if (tables < oldest_table_count || tables > table_count) return "the snapshot has other tables than this server";
  if (record.ahead > record.index) return "the snapshot's index is before the beginning of its log";
  headed_ = true;
  state_.index_ = record.index;
  state_.ahead_ = record.ahead;
  for (std::size_t table = 0; table < tables; ++table)
    state_.tables_.set_index(static_cast<Table>(table), record.table_indexes[table]);
  state_.tables_.put_cluster_id(record.cluster_id);
  return {};
}

std::string Restore::on(const NodeRecord& record) {
  if (record.node == nullptr) return absent;
  state_.tables_.put(record.node);
  return {};
}

std::string Restore::on(const JobRecord& record) {
  if (record.job == nullptr) return absent;
  state_.tables_.put(record.job);
  return {};
}

std::string Restore::on(const JobVersionRecord& record) {
  if (record.job == nullptr) return absent;
  const auto current = state_.job(record.job->namespace_, record.job->id);
  state_.tables_.put_version(current != nullptr && describe::equal(*current, *record.job) ? current : record.job);
  return {};
}

std::string Restore::on(const JobSummaryRecord& record) {
  if (record.summary == nullptr) return absent;
  state_.tables_.put(record.summary);
  return {};
}

std::string Restore::on(const EvalRecord& record) {
  if (record.eval == nullptr) return absent;
  state_.tables_.put(record.eval);
  return {};
}

std::string Restore::on(const DeploymentRecord& record) {
  if (record.deployment == nullptr) return absent;
  state_.tables_.put(record.deployment);
  return {};
}

std::string Restore::on(const EmbeddedJob& record) {
  if (record.job == nullptr) return absent;
  jobs_.push_back(record.job);
  const model::Job& job = *record.job;
  for (const auto& stored :
       {state_.job(job.namespace_, job.id), state_.job_version(job.namespace_, job.id, job.version)})
    if (stored != nullptr && describe::equal(*stored, job)) jobs_.back() = stored;
  return {};
}

std::string Restore::on(const AllocRecord& record) {
  if (record.alloc == nullptr) return absent;
  if (record.job > jobs_.size()) return "an allocation names a job that the snapshot has not";
  model::Allocation alloc = *record.alloc;
  alloc.job = record.job == 0 ? nullptr : jobs_[record.job - 1];
  state_.tables_.put(std::make_shared<const model::Allocation>(std::move(alloc)));
  return {};
}

std::string Restore::on(const AutopilotRecord& record) {
  if (record.config == nullptr) return absent;
  state_.tables_.put(record.config);
  return {};
}

std::string Restore::on(const RestorePartRecord& record) {
  part_ = {record.restore_id, {}};
  awaited_ = record.entries;
  if (awaited_ == 0) state_.tables_.add_restore_part(std::make_shared<const RestorePart>(std::move(part_)));
  return {};
}

Record as_restored_at(std::uint64_t index, const Record& record) {
  if (const auto* of_node = std::get_if<NodeRecord>(&record); of_node != nullptr && of_node->node != nullptr) {
    auto node = std::make_shared<model::Node>(*of_node->node);
    node->report_life = node->report_number = 0;
    return NodeRecord{std::move(node)};
  }
  if (const auto* of_alloc = std::get_if<AllocRecord>(&record); of_alloc != nullptr && of_alloc->alloc != nullptr) {
    auto alloc = std::make_shared<model::Allocation>(*of_alloc->alloc);
    alloc->alloc_modify_index = alloc->modify_index = index;
    return AllocRecord{std::move(alloc), of_alloc->job};
  }
  return record;
}

}  // namespace core::state
