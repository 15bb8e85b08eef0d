// The log file and its rotation (agent-config.md §3: log_file, log_rotate_*).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace io_real::loop {

struct LogFileConfig {
  std::string path;  // a folder (with '/' at its end): nomad.log in it
  core::Duration rotate_after = std::chrono::hours(24);
  std::uint64_t rotate_bytes = 0;  // 0: by age only
  std::size_t keep_files = 0;      // rotated ones; 0: all
};

/// Appends lines; a full or old file is renamed to nomad-<unix nanoseconds>.log and a new one begun.
class LogFile {
 public:
  /// The error is a sentence for the operator.
  static std::expected<std::unique_ptr<LogFile>, std::string> open(LogFileConfig config);

  void write(core::WallTime at, std::string_view line);
  void flush();

 private:
  explicit LogFile(LogFileConfig config) : config_(std::move(config)) {}
  bool reopen();
  void rotate(core::WallTime at);
  void prune();

  LogFileConfig config_;
  std::string stem_;       // "/var/log/nomad"
  std::string extension_;  // ".log"
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  core::WallTime opened_;
  std::uint64_t bytes_ = 0;
};

}  // namespace io_real::loop
