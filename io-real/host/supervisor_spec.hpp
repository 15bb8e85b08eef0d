// What the agent tells a supervisor: all it needs, so that it never has to ask again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace io_real::host {

struct SupervisorSpec {
  std::string command;            // path of the file to execute
  std::vector<std::string> args;  // argv, the name included
  std::vector<std::string> env;   // "NAME=value"
  std::string directory;          // the task's working directory
  std::string record_path;
  std::string boot_id;
  std::vector<std::string> cgroups;  // folders to try, best first
  std::uint64_t open_files = 0;      // the task's soft limit of descriptors; 0: the agent's

  bool switch_user = false;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::vector<std::uint64_t> groups;

  bool logs_disabled = false;
  std::string log_folder;
  std::string log_name;  // "<task>", to which ".stdout.N" and ".stderr.N" are added
  std::uint64_t log_max_files = 0;
  std::uint64_t log_max_file_bytes = 0;

  friend bool operator==(const SupervisorSpec&, const SupervisorSpec&) = default;
};

inline constexpr std::size_t max_spec_bytes = 8 * 1024 * 1024;  // four times what execve takes by default

std::string encode_spec(const SupervisorSpec& spec);
/// Nothing when the bytes are not exactly one spec.
std::optional<SupervisorSpec> decode_spec(std::string_view bytes);

/// What a supervisor answers once: the task runs, or why it does not.
struct StartReport {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  int error = 0;     // errno of what failed; 0 when it runs
  std::string what;  // what failed: "exec", "fork", ...
};
std::string format_report(const StartReport& report);
std::optional<StartReport> parse_report(std::string_view text);

}  // namespace io_real::host
