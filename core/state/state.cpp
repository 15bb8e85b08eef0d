#include "core/state/state.hpp"

#include <variant>

#include "core/state/apply.hpp"

namespace core::state {
namespace {

template <class Rows>
auto find_row(const Rows& rows, std::string_view key) {
  const auto* row = rows.find(key);
  return row != nullptr ? row->value : nullptr;
}

template <class T>
auto visit_row(const State::Visit<T>& visit) {
  return [&visit](const auto& row) { return visit(row.value); };
}

}  // namespace

Applied State::apply(std::uint64_t log_index, const Command& command) {
  check(log_index > this->log_index(), "each entry of the log is applied once, in order");
  index_ = log_index + ahead_;
  Apply apply(tables_, index_);
  Applied applied = apply.run(command);
  ahead_ += apply.index() - index_;
  index_ = apply.index();
  return applied;
}

Ref<model::Node> State::node(std::string_view id) const { return find_row(tables_.nodes(), id); }
Ref<model::Job> State::job(std::string_view namespace_, std::string_view id) const {
  return find_row(tables_.jobs(), job_key(namespace_, id));
}
Ref<model::Job> State::job_version(std::string_view namespace_, std::string_view id, std::uint64_t version) const {
  return find_row(tables_.job_versions(), version_key(job_key(namespace_, id), version));
}
Ref<model::JobSummary> State::job_summary(std::string_view namespace_, std::string_view id) const {
  return find_row(tables_.job_summaries(), job_key(namespace_, id));
}
Ref<model::Evaluation> State::eval(std::string_view id) const { return find_row(tables_.evals(), id); }
Ref<model::Allocation> State::alloc(std::string_view id) const { return find_row(tables_.allocs(), id); }
Ref<model::Deployment> State::deployment(std::string_view id) const { return find_row(tables_.deployments(), id); }

void State::nodes(std::string_view id_prefix, const Visit<model::Node>& visit) const {
  for_each_prefixed(tables_.nodes(), id_prefix, visit_row<model::Node>(visit));
}

void State::jobs(std::string_view namespace_, std::string_view id_prefix, const Visit<model::Job>& visit) const {
  if (namespace_ != "*") {
    for_each_prefixed(tables_.jobs(), job_key(namespace_, id_prefix), visit_row<model::Job>(visit));
    return;
  }
  for_each_prefixed(tables_.jobs(), "",
                    [&](const auto& row) { return !row.value->id.starts_with(id_prefix) || visit(row.value); });
}

void State::job_versions(std::string_view namespace_, std::string_view id, const Visit<model::Job>& visit) const {
  for_each_prefixed(tables_.job_versions(), pair_key(job_key(namespace_, id), ""), visit_row<model::Job>(visit));
}

void State::evals(std::string_view id_prefix, const Visit<model::Evaluation>& visit) const {
  for_each_prefixed(tables_.evals(), id_prefix, visit_row<model::Evaluation>(visit));
}

void State::evals_of_job(std::string_view namespace_, std::string_view job_id,
                         const Visit<model::Evaluation>& visit) const {
  for_each_prefixed(tables_.evals_by_job(), pair_key(job_key(namespace_, job_id), ""), visit);
}

void State::allocs(std::string_view id_prefix, const Visit<model::Allocation>& visit) const {
  for_each_prefixed(tables_.allocs(), id_prefix, visit_row<model::Allocation>(visit));
}

void State::allocs_of_node(std::string_view node_id, const Visit<model::Allocation>& visit) const {
  for_each_prefixed(tables_.allocs_by_node(), pair_key(node_id, ""), visit);
}

void State::allocs_of_job(std::string_view namespace_, std::string_view job_id,
                          const Visit<model::Allocation>& visit) const {
  for_each_prefixed(tables_.allocs_by_job(), pair_key(job_key(namespace_, job_id), ""), visit);
}

void State::allocs_of_eval(std::string_view eval_id, const Visit<model::Allocation>& visit) const {
  for_each_prefixed(tables_.allocs_by_eval(), pair_key(eval_id, ""), visit);
}

void State::deployments(std::string_view id_prefix, const Visit<model::Deployment>& visit) const {
  for_each_prefixed(tables_.deployments(), id_prefix, visit_row<model::Deployment>(visit));
}

}  // namespace core::state
