// The only file that knows spdlog, which brings the queue and its thread: a terminal or a pipe that takes
// nothing must not hold the agent up.
#include "io-real/loop/log_sink.hpp"

#include <atomic>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "io-real/loop/log_line.hpp"

namespace io_real::loop {
namespace world = core::world;

namespace {

// Lines that wait for a slow reader; past it the oldest are dropped.
constexpr std::size_t queued_lines = 8192;
// How `nomad agent` indents its log under its banner; JSON lines are not.
constexpr std::string_view indent = "    ";

class StdoutSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StdoutSink(std::string_view prefix) : prefix_(prefix) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(prefix_);
    line.append(message.payload.data(), message.payload.size()).push_back('\n');
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }
  void flush_() override { std::fflush(stdout); }

  std::string_view prefix_;
};

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::unique_ptr<LogFile> file) : file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(message.time.time_since_epoch());
    file_->write({since.count()}, {message.payload.data(), message.payload.size()});
    file_->flush();
  }
  void flush_() override { file_->flush(); }

  std::unique_ptr<LogFile> file_;
};

}  // namespace

struct LogSink::Impl {
  explicit Impl(std::vector<spdlog::sink_ptr> sinks)
      : pool(std::make_shared<spdlog::details::thread_pool>(queued_lines, 1)),
        logger(std::make_shared<spdlog::async_logger>("nomad", sinks.begin(), sinks.end(), pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);
  }
  // Its thread writes out what is queued and is joined; then the sinks may go.
  ~Impl() { pool.reset(); }

  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<world::LogLevel> level{world::LogLevel::info};
  bool json = false;
};

LogSink::LogSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LogSink::~LogSink() = default;

std::expected<std::unique_ptr<LogSink>, std::string> LogSink::open(LogConfig config) {
  std::vector<spdlog::sink_ptr> sinks;
  if (config.to_stdout) sinks.push_back(std::make_shared<StdoutSink>(config.json ? std::string_view{} : indent));
  if (config.file) {
    auto file = LogFile::open(std::move(*config.file));
    if (!file) return std::unexpected(file.error());
    sinks.push_back(std::make_shared<FileSink>(std::move(*file)));
  }
  auto impl = std::make_unique<Impl>(std::move(sinks));
  impl->level = config.level;
  impl->json = config.json;
  return std::unique_ptr<LogSink>(new LogSink(std::move(impl)));
}

void LogSink::write(core::WallTime at, const world::Logged& logged) {
  const auto level = impl_->level.load(std::memory_order_relaxed);
  if (level == world::LogLevel::off || logged.level < level || logged.level == world::LogLevel::off) return;
  const auto line = impl_->json ? json_line(at, logged) : text_line(at, logged);
  const spdlog::log_clock::time_point when{
      std::chrono::duration_cast<spdlog::log_clock::duration>(std::chrono::nanoseconds(at.unix_ns))};
  impl_->logger->log(when, spdlog::source_loc{}, spdlog::level::info, line);
}

void LogSink::set_level(world::LogLevel level) { impl_->level = level; }

}  // namespace io_real::loop
