#include "simulator/report/deeds.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/describe/text.hpp"
#include "simulator/report/story.hpp"

namespace simulator::report {
namespace {

namespace model = core::model;
namespace state = core::state;

std::string job_name(const std::string& id) { return "job " + id; }
std::string eval_name(std::string_view id) { return fmt::format("evaluation {}", id.substr(0, 8)); }

class Telling {
 public:
  explicit Telling(const state::State& after) : after_(after) {}
  std::vector<Deed> take() { return std::move(out_); }

  void operator()(const state::RegisterNode& command) {
    tell(command.node.name, fmt::format("registers as node {}", command.node.id.substr(0, 8)));
    evals(command.evals);
  }
  void operator()(const state::DeregisterNodes& command) { evals(command.evals); }
  void operator()(const state::UpdateNodeStatus& command) {
    if (const auto node = after_.node(command.node_id))
      tell(node->name, fmt::format("is held to be {}", core::describe::text_of(command.status)));
    evals(command.evals);
  }
  void operator()(const state::UpdateNodeEligibility& command) {
    if (const auto node = after_.node(command.node_id))
      tell(node->name, fmt::format("is made {}", core::describe::text_of(command.eligibility)));
    evals(command.evals);
  }
  void operator()(const state::RegisterJob& command) {
    std::int64_t wanted = 0;
    for (const model::TaskGroup& group : command.job.task_groups) wanted += group.count.value_or(1);
    tell(job_name(command.job.id),
         fmt::format("is registered: {} wanted", counted(static_cast<std::uint64_t>(wanted), "allocation")));
    if (command.eval) eval(*command.eval);
  }
  void operator()(const state::DeregisterJob& command) {
    tell(job_name(command.job_id), command.purge ? "is removed" : "is to stop");
    if (command.eval) eval(*command.eval);
  }
  void operator()(const state::UpdateEvals& command) { evals(command.evals); }
  void operator()(const state::DeleteEvals& command) {
    for (const std::string& id : command.eval_ids) tell(eval_name(id), "is collected");
  }
  void operator()(const state::ApplyPlanResult& command) {
    if (command.placements.empty() && command.stops.empty()) return;
    const std::string text =
        fmt::format("places {} and stops {}", counted(command.placements.size(), "allocation"), command.stops.size());
    tell(eval_name(command.eval_id), text);
    if (command.job) tell_of(job_name(command.job->id), eval_name(command.eval_id), text);
    for (const model::AllocStop& stop : command.stops)
      if (const auto alloc = after_.alloc(stop.alloc_id)) tell(alloc->name, "is told to stop");
    for (const model::Allocation& alloc : command.placements) {
      const auto node = after_.node(alloc.node_id);
      tell(alloc.name, fmt::format("is placed on {}", node ? node->name : alloc.node_id));
      if (node) tell_of(node->name, alloc.name, "is placed there");
    }
    evals(command.preemption_evals);
  }
  void operator()(const state::UpdateAllocsFromClient& command) {
    for (const model::Allocation& reported : command.allocs) {
      const auto alloc = after_.alloc(reported.id);
      if (!alloc) continue;
      const std::string text = fmt::format("is reported {}", core::describe::text_of(reported.client_status));
      tell(alloc->name, text);
      tell_of(job_name(alloc->job_id), alloc->name, text);
    }
    evals(command.evals);
  }
  void operator()(const state::UpdateDesiredTransition& command) { evals(command.evals); }
  void operator()(const state::SetClusterMetadata&) {}
  void operator()(const state::SetAutopilotConfig&) {}
  void operator()(const state::RestoreSnapshot&) {}

 private:
  void tell(const std::string& subject, std::string_view what) { tell_of(subject, subject, what); }
  // It befell another, which is the subject's.
  void tell_of(const std::string& subject, std::string_view other, std::string_view what) {
    out_.push_back({subject, fmt::format("{} {}", other, what)});
  }
  void evals(const std::vector<model::Evaluation>& evals) {
    for (const model::Evaluation& one : evals) eval(one);
  }
  void eval(const model::Evaluation& one) {
    const std::string text =
        fmt::format("is {} ({})", core::describe::text_of(one.status), core::describe::text_of(one.triggered_by));
    tell(eval_name(one.id), text);
    tell_of(job_name(one.job_id), eval_name(one.id), text);
  }

  const state::State& after_;
  std::vector<Deed> out_;
};

bool is_of_a_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }

}  // namespace

std::vector<Deed> deeds_of(const state::Command& command, const state::State& after) {
  Telling telling(after);
  std::visit(telling, command);
  return telling.take();
}

bool is_named(std::string_view name, std::string_view text) {
  if (name.empty()) return false;
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_of_a_name(text[at - 1])) && (end == text.size() || !is_of_a_name(text[end]))) return true;
  }
  return false;
}

std::vector<std::vector<Deeds::Done>> Deeds::named_in(std::string_view text) const {
  std::map<std::string_view, bool> named;
  std::map<std::pair<std::string_view, std::string_view>, std::vector<Done>> found;
  for (const Done& one : done_.kept()) {
    const auto [known, is_new] = named.try_emplace(one.deed.subject);
    if (is_new) known->second = is_named(one.deed.subject, text);
    if (known->second) found[{one.deed.subject, one.region}].push_back(one);
  }
  std::vector<std::vector<Done>> out;
  for (auto& [subject, deeds] : found) {
    std::stable_sort(deeds.begin(), deeds.end(), [](const Done& a, const Done& b) { return a.event < b.event; });
    out.push_back(std::move(deeds));
  }
  return out;
}

}  // namespace simulator::report
