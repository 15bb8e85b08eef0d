#include "io-real/host/task_record.hpp"

#include <charconv>
#include <vector>

#include "io-real/host/files.hpp"

namespace io_real::host {
namespace {

constexpr std::string_view heading = "nomad task 1";
constexpr std::string_view last_line = "whole";
constexpr std::size_t max_record_bytes = 16 * 1024;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_process(std::string_view text, ProcessName& process) {
  const auto parts = split(text, ' ');
  return parts.size() == 2 && parse_number(parts[0], process.pid) && parse_number(parts[1], process.start_ticks);
}

bool parse_end(std::string_view text, std::optional<TaskEnd>& end) {
  const auto parts = split(text, ' ');
  TaskEnd found;
  int oom_killed = 0;
  if (parts.size() != 4 || !parse_number(parts[0], found.exit_code) || !parse_number(parts[1], found.signal) ||
      !parse_number(parts[2], oom_killed) || !parse_number(parts[3], found.unix_ns))
    return false;
  found.oom_killed = oom_killed != 0;
  end = found;
  return true;
}

bool parse_line(std::string_view line, TaskRecord& record) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const auto name = line.substr(0, space);
  const auto value = line.substr(space + 1);
  if (name == "boot") return record.boot_id = value, !value.empty();
  if (name == "supervisor") return parse_process(value, record.supervisor);
  if (name == "task") return parse_process(value, record.task);
  if (name == "cgroup") return record.cgroup = value, true;
  if (name == "end") return parse_end(value, record.end);
  return false;
}

std::string describe(const ProcessName& process) {
  return std::to_string(process.pid) + ' ' + std::to_string(process.start_ticks);
}

}  // namespace

std::filesystem::path record_path(const std::filesystem::path& state_dir, const core::world::TaskKey& key) {
  return state_dir / "tasks" / key.alloc_id / key.task / "record";
}

std::string format_record(const TaskRecord& record) {
  std::string text(heading);
  text += "\nboot " + record.boot_id;
  text += "\nsupervisor " + describe(record.supervisor);
  text += "\ntask " + describe(record.task);
  text += "\ncgroup " + record.cgroup;
  if (const auto& end = record.end)
    text += "\nend " + std::to_string(end->exit_code) + ' ' + std::to_string(end->signal) + ' ' +
            std::to_string(end->oom_killed ? 1 : 0) + ' ' + std::to_string(end->unix_ns);
  return text + '\n' + std::string(last_line) + '\n';
}

std::optional<TaskRecord> parse_record(std::string_view text) {
  const auto lines = split(text, '\n');
  // The last part is what follows the last line break: nothing.
  if (lines.size() < 3 || lines.front() != heading || !lines.back().empty() || lines[lines.size() - 2] != last_line)
    return std::nullopt;
  TaskRecord record;
  for (std::size_t i = 1; i + 2 < lines.size(); ++i)
    if (!parse_line(lines[i], record)) return std::nullopt;
  if (record.boot_id.empty() || record.task.pid <= 0 || record.supervisor.pid <= 0) return std::nullopt;
  return record;
}

std::optional<TaskRecord> read_record(const std::filesystem::path& path) {
  const auto text = read_small_file(path.string(), max_record_bytes);
  return text ? parse_record(*text) : std::nullopt;
}

}  // namespace io_real::host
