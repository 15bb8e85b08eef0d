#include "core/state/apply.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/state/watch.hpp"

namespace core::state {
namespace {

// Far above what admission lets through; bounds what one bad entry can make every key cost.
constexpr std::size_t max_id_bytes = 4096;

}  // namespace

Applied Apply::run(const Command& command) {
  applied_.error = std::visit(
      [this](const auto& alternative) {
        if constexpr (requires { alternative.time; }) time_ = alternative.time;
        return on(alternative);
      },
      command);
  if (!applied_.error.empty()) return std::move(applied_);
  for (const auto& [key, change] : unsettled_jobs_) settle_job_status(key, change.eval_deleted);
  flush_summaries();
  auto& touched = applied_.touched;
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  return std::move(applied_);
}

Apply::Error Apply::on(const SetClusterMetadata& command) {
  if (auto error = check_id("cluster", command.cluster_id); !error.empty()) return error;
  if (!tables_.cluster_id().empty()) return "cluster ID is already set";
  tables_.put_cluster_id(command.cluster_id);
  touch_table(Table::cluster_meta);
  touch(watch::cluster_id());
  return {};
}

Apply::Error Apply::check_id(std::string_view what, std::string_view id) {
  if (id.empty()) return fmt::format("missing {} ID", what);
  if (id.size() > max_id_bytes) return fmt::format("{} ID is longer than {} bytes", what, max_id_bytes);
  // NUL parts the keys of the tables.
  if (id.find('\0') != std::string_view::npos) return fmt::format("{} ID contains a NUL byte", what);
  return {};
}

Apply::Error Apply::check_evals(const std::vector<model::Evaluation>& evals) {
  for (const auto& eval : evals) {
    if (auto error = check_id("evaluation", eval.id); !error.empty()) return error;
    if (auto error = check_id("evaluation namespace", eval.namespace_); !error.empty()) return error;
    // The core jobs of garbage collection and the like carry what they are for as their job id.
    if (auto error = check_id("evaluation job", eval.job_id); !error.empty()) return error;
  }
  return {};
}

}  // namespace core::state
