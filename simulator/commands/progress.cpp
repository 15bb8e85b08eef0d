#include "simulator/commands/progress.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "simulator/coverage/coverage.hpp"

namespace simulator::commands {
namespace {

constexpr std::chrono::milliseconds bar_every{100};
constexpr std::chrono::seconds line_every{10};
constexpr std::size_t bar_width = 24;

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string points_text(const search::Hunted& so_far) {
  std::set<std::string_view> reached;
  for (const search::Tally& tally : so_far.tallies)
    for (const auto& [name, runs] : tally.reached)
      if (runs > 0) reached.insert(name);
  return fmt::format("{} of {} points", reached.size(), coverage::point_count);
}

Progress::Progress(std::FILE* out, std::optional<std::uint64_t> runs, std::optional<std::chrono::nanoseconds> time)
    : out_(out), runs_(runs), time_(time), terminal_(isatty(fileno(out)) == 1) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (!bar_is_there_) return;
  fmt::print(out_, "\r\033[K");
  std::fflush(out_);
  bar_is_there_ = false;
}

void Progress::show(const search::Hunted& so_far) {
  const auto now = Wall::now();
  if (now - shown_ < (terminal_ ? std::chrono::nanoseconds(bar_every) : std::chrono::nanoseconds(line_every))) return;
  shown_ = now;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  double virtual_seconds = 0;
  for (const search::Tally& tally : so_far.tallies) {
    done += tally.runs();
    failed += tally.runs() - tally.held;
    virtual_seconds += tally.virtual_seconds;
  }
  const double seconds = std::max(so_far.wall_seconds, 1e-3);
  // Of the two limits, the one that will be met first.
  double part = 0;
  if (runs_ && *runs_ > 0) part = static_cast<double>(done) / static_cast<double>(*runs_);
  if (time_ && time_->count() > 0) part = std::max(part, seconds * 1e9 / static_cast<double>(time_->count()));
  part = std::clamp(part, 0.0, 1.0);
  std::string text = runs_ ? fmt::format("{}/{} runs", done, *runs_) : fmt::format("{} runs", done);
  text += fmt::format("  {:.1f}/s  {:.0f}x real time  {}  {} failed", static_cast<double>(done) / seconds,
                      virtual_seconds / seconds, points_text(so_far), failed);
  if (part > 0) text += fmt::format("  {} left", clock_text(seconds / part - seconds));
  if (!terminal_) {
    fmt::print(out_, "  {}\n", text);
  } else {
    const auto full = static_cast<std::size_t>(part * bar_width);
    fmt::print(out_, "\r[{}{}] {}\033[K", std::string(full, '#'), std::string(bar_width - full, '.'), text);
    bar_is_there_ = true;
  }
  std::fflush(out_);
}

}  // namespace simulator::commands
