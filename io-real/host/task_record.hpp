// What is known of a task outside the agent: a small file that its supervisor writes, once before the task begins
// and once after it has ended. An agent that comes later reads there which processes to look for, or how it ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/world/host.hpp"

namespace io_real::host {

/// A process, told apart from a later one with the same number.
struct ProcessName {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  friend bool operator==(const ProcessName&, const ProcessName&) = default;
};

struct TaskEnd {
  std::int32_t exit_code = 0;  // 128 + signal when a signal ended it, as shells and Nomad count
  std::int32_t signal = 0;
  bool oom_killed = false;
  std::int64_t unix_ns = 0;
  friend bool operator==(const TaskEnd&, const TaskEnd&) = default;
};

struct TaskRecord {
  std::string boot_id;
  ProcessName supervisor;
  ProcessName task;    // what users see, and what TaskHandle names
  std::string cgroup;  // its folder; "" when the task has none of its own
  std::optional<TaskEnd> end;
  friend bool operator==(const TaskRecord&, const TaskRecord&) = default;
};

/// `<state_dir>/tasks/<alloc>/<task>/record`.
std::filesystem::path record_path(const std::filesystem::path& state_dir, const core::world::TaskKey& key);

std::string format_record(const TaskRecord& record);
/// Nothing when the text is not a whole record: it was cut short, or is not ours.
std::optional<TaskRecord> parse_record(std::string_view text);
/// Nothing when there is none or it cannot be read.
std::optional<TaskRecord> read_record(const std::filesystem::path& path);

}  // namespace io_real::host
