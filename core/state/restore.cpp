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

constexpr const char* absent = "a snapshot's record is empty";

}  // namespace

void State::dump(const std::function<bool(const Record&)>& visit) const {
  SnapshotHead head{index_, {}, cluster_id()};
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
}

std::expected<void, std::string> Restore::add(const Record& record) {
  const bool is_head = std::holds_alternative<SnapshotHead>(record);
  if (is_head == headed_) return std::unexpected("a snapshot has one head, and it comes first");
  if (auto error = std::visit([this](const auto& one) { return on(one); }, record); !error.empty())
    return std::unexpected(std::move(error));
  return {};
}

std::expected<State, std::string> Restore::finish() && {
  if (!headed_) return std::unexpected("the snapshot is empty");
  return std::move(state_);
}

std::string Restore::on(const SnapshotHead& record) {
  // One from a newer server may have more tables than we know: refusing beats forgetting.
  if (record.table_indexes.size() != table_count) return "the snapshot has other tables than this server";
  headed_ = true;
  state_.index_ = record.index;
  for (std::size_t table = 0; table < table_count; ++table)
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

}  // namespace core::state
