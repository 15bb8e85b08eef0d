// The only file that knows spdlog, which brings the queue and its thread: a terminal or a pipe that takes
// nothing must not hold the agent up.
#include "io-real/loop/log_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "io-real/loop/log_line.hpp"
#include "io-real/thread/signals_blocked.hpp"

namespace io_real::loop {
namespace world = core::world;

namespace {

// Lines that wait for a slow reader; past it the oldest are dropped.
constexpr std::size_t queued_lines = 8192;
// How long they may take to get out at the end.
constexpr std::chrono::seconds farewell_time{2};
// Marks a line that is not the log's, but goes out between its lines. Those of the log are all of one level here.
constexpr auto raw = spdlog::level::critical;
// How `nomad agent` indents its log under its banner; JSON lines are not.
constexpr std::string_view indent = "    ";

// Past stdio, which would try to get rid of what it holds once more when the process ends, for as long as it takes.
void write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) {
      pollfd room{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      ::poll(&room, 1, -1);
    } else if (count < 0 && errno != EINTR) {
      return;  // nobody will ever read it
    } else if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
}

class StdoutSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StdoutSink(std::string_view prefix) : prefix_(prefix) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(message.level == raw ? std::string_view{} : prefix_);
    line.append(message.payload.data(), message.payload.size()).push_back('\n');
    write_out(line);
  }
  void flush_() override {}

  std::string_view prefix_;
};

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::unique_ptr<LogFile> file) : file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level == raw) return;
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
      : pool(start_pool()),
        logger(std::make_shared<spdlog::async_logger>("nomad", sinks.begin(), sinks.end(), pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);
  }
  // Its thread writes out what is queued and is joined, unless nobody takes the lines: then it is left behind, with the
  // sinks, which belong to the queued lines too.
  ~Impl() {
    std::promise<void> written;
    const auto done = written.get_future();
    std::thread([last = std::move(pool), written = std::move(written)]() mutable {
      last.reset();
      written.set_value();
    }).detach();
    done.wait_for(farewell_time);
  }

  static std::shared_ptr<spdlog::details::thread_pool> start_pool() {
    const thread::SignalsBlocked blocked;
    return std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
  }

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

void LogSink::say(std::string_view line) { impl_->logger->log(raw, spdlog::string_view_t(line.data(), line.size())); }

void LogSink::set_level(world::LogLevel level) { impl_->level = level; }

}  // namespace io_real::loop
