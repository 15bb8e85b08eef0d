// Where log lines go: the standard output and the log file, written beside the agent's thread.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "core/world/process.hpp"
#include "io-real/loop/log_file.hpp"

namespace io_real::loop {

struct LogConfig {
  core::world::LogLevel level = core::world::LogLevel::info;
  bool json = false;
  bool to_stdout = true;
  std::optional<LogFileConfig> file;
};

class LogSink {
 public:
  /// The error is a sentence for the operator.
  static std::expected<std::unique_ptr<LogSink>, std::string> open(LogConfig config);
  /// Writes out what is queued, for two seconds at most.
  ~LogSink();

  /// From any thread, as the next two. None of them waits for whoever reads the lines.
  void write(core::WallTime at, const core::world::Logged& logged);
  /// A line as it stands, to the standard output only, whatever the level.
  void say(std::string_view line);
  void set_level(core::world::LogLevel level);

 private:
  struct Impl;
  explicit LogSink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io_real::loop
