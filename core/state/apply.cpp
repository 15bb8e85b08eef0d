#include "core/state/apply.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/state/restore.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

// Far above what admission lets through; bounds what one bad entry can make every key cost.
constexpr std::size_t max_id_bytes = 4096;
// JSON's numbers are exact up to here, and no log comes near.
constexpr std::uint64_t max_restored_index = std::uint64_t{1} << 53;
constexpr const char* index_conflict = "the autopilot configuration has been changed since it was read";

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

Apply::Error Apply::on(const SetAutopilotConfig& command) {
  const auto& stored = tables_.autopilot();
  if (command.enforce_index && *command.enforce_index != (stored != nullptr ? stored->modify_index : 0))
    return index_conflict;
  auto config = std::make_shared<model::AutopilotConfig>(command.config);
  config->create_index = stored != nullptr ? stored->create_index : index_;
  config->modify_index = index_;
  tables_.put(Ref<model::AutopilotConfig>(std::move(config)));
  touch_table(Table::autopilot);
  touch(watch::autopilot());
  return {};
}

Apply::Error Apply::on(const RestoreSnapshot& command) {
  const auto& parts = tables_.restore_parts();
  if (command.part != 0) {
    if (parts.empty() || parts.front()->restore_id != command.restore_id)
      return "another restore has begun, or the leader that began this one is none any more";
    if (parts.size() != command.part)
      return fmt::format("part {} of the snapshot came where part {} belongs", command.part, parts.size());
  } else {
    tables_.drop_restore_parts();
    if (command.restore_id.empty()) return {};
  }
  if (command.last) return replace_all(command);
  tables_.add_restore_part(std::make_shared<const RestorePart>(RestorePart{command.restore_id, command.entries}));
  return {};
}

// Rows keep their indexes, which say what came after what. So the index goes on above all of them: a saved state may be
// of a longer log than this one.
Apply::Error Apply::replace_all(const RestoreSnapshot& last) {
  Restore restore;
  std::uint64_t index = index_;
  const auto add = [&](const std::vector<SnapshotEntry>& entries) -> Error {
    for (const SnapshotEntry& entry : entries) {
      if (auto added = restore.add(as_restored_at(index, entry.record)); !added) return added.error();
      if (restore.index() > max_restored_index) return "the snapshot's index is beyond what a log can reach";
      index = std::max(index, restore.index() + 1);
    }
    return {};
  };
  for (const Ref<RestorePart>& part : tables_.restore_parts())
    if (auto error = add(part->entries); !error.empty()) return error;
  if (auto error = add(last.entries); !error.empty()) return error;
  auto tables = std::move(restore).finish_tables();
  if (!tables) return tables.error();
  index_ = index;
  tables_ = std::move(*tables);
  tables_.drop_restore_parts();
  for (std::size_t table = 0; table < table_count; ++table) {
    touch_table(static_cast<Table>(table));
    touch(watch::any_row(static_cast<Table>(table)));
  }
  applied_.replaced = true;
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
