#include "core/gossip/snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/gossip/config.hpp"

namespace core::gossip {
namespace {

constexpr Duration flush_interval = std::chrono::milliseconds(500);
constexpr std::size_t least_compacted_bytes = 128 << 10;
constexpr std::size_t bytes_a_member = 128;  // Serf's guess
constexpr std::size_t compaction_factor = 2;

constexpr std::string_view alive_line = "alive: ";
constexpr std::string_view gone_line = "not-alive: ";
constexpr std::string_view clock_line = "clock: ";
constexpr std::string_view event_clock_line = "event-clock: ";
constexpr std::string_view query_clock_line = "query-clock: ";
constexpr std::string_view leave_line = "leave";

std::optional<LamportTime> read_time(std::string_view text) {
  LamportTime time;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time.value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(time) : std::nullopt;
}

/// False if the line makes no sense.
bool read_line(std::string_view line, bool rejoin_after_leave, Recovered& to) {
  const auto rest_of = [&](std::string_view start) { return line.substr(start.size()); };
  const auto clock = [&](std::string_view start, LamportTime& time) {
    const auto read = read_time(rest_of(start));
    if (read) time = std::max(time, *read);
    return read.has_value();
  };
  if (line.starts_with(alive_line)) {
    // A name may hold blanks, an address does not.
    const auto space = line.rfind(' ');
    if (space < alive_line.size()) return false;
    const std::string name(line.substr(alive_line.size(), space - alive_line.size()));
    const auto address = Address::parse(line.substr(space + 1));
    if (name.empty() || name.size() > max_name_bytes || !address) return false;
    if (to.alive.size() < max_members) to.alive[name] = *address;
    return true;
  }
  if (line.starts_with(gone_line)) {
    to.alive.erase(std::string(rest_of(gone_line)));
    return true;
  }
  if (line.starts_with(clock_line)) return clock(clock_line, to.clock);
  if (line.starts_with(event_clock_line)) return clock(event_clock_line, to.event_clock);
  if (line.starts_with(query_clock_line)) return clock(query_clock_line, to.query_clock);
  if (line == leave_line) {
    if (!rejoin_after_leave) to = {};
    return true;
  }
  return line.starts_with("coordinate: ") || line.starts_with('#');
}

std::string alive_text(const std::string& name, const Address& address) {
  return std::string(alive_line) + name + " " + address.text() + "\n";
}

std::string time_text(std::string_view start, LamportTime time) {
  return std::string(start) + std::to_string(time.value) + "\n";
}

}  // namespace

Recovered read_snapshot(std::string_view text, bool rejoin_after_leave) {
  Recovered recovered;
  text = text.substr(0, max_snapshot_bytes);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    // What follows the last line's end is a line that the power cut short.
    if (end == text.npos || !read_line(line, rejoin_after_leave, recovered)) ++recovered.unreadable;
  }
  return recovered;
}

void Snapshot::start(Turn& turn, std::string_view text, const Recovered& recovered) {
  recording_ = true;
  alive_ = recovered.alive;
  written_ = {recovered.clock, recovered.event_clock, recovered.query_clock};
  bytes_ = text.size();
  // A torn line would spoil the first one we append.
  if (!text.empty() && text.back() != '\n') compact(turn);
}

void Snapshot::joined(const std::string& name, const Address& address) {
  if (!recording_ || name.find('\n') != name.npos) return;
  alive_[name] = address;
  pending_ += alive_text(name, address);
}

void Snapshot::gone(const std::string& name) {
  if (!recording_ || alive_.erase(name) == 0) return;
  pending_ += std::string(gone_line) + name + "\n";
}

void Snapshot::left(Turn& turn, bool rejoin) {
  if (!recording_) return;
  if (!rejoin) alive_.clear();
  pending_ += std::string(leave_line) + "\n";
  flush(turn, true);
  recording_ = false;
}

std::string Snapshot::clock_lines(const SnapshotClocks& clocks) const {
  std::string lines;
  if (clocks.clock > written_.clock) lines += time_text(clock_line, clocks.clock);
  if (clocks.event_clock > written_.event_clock) lines += time_text(event_clock_line, clocks.event_clock);
  if (clocks.query_clock > written_.query_clock) lines += time_text(query_clock_line, clocks.query_clock);
  return lines;
}

void Snapshot::flush(Turn& turn, bool sync) {
  if (pending_.empty()) return;
  bytes_ += pending_.size();
  turn.out.push_back(SnapshotAppended{std::exchange(pending_, {}), sync});
}

void Snapshot::compact(Turn& turn) {
  pending_.clear();
  std::string all;
  for (const auto& [name, address] : alive_) all += alive_text(name, address);
  const SnapshotClocks clocks = std::exchange(written_, {});
  all += clock_lines(clocks);
  written_ = clocks;
  bytes_ = all.size();
  turn.out.push_back(SnapshotReplaced{std::move(all)});
}

void Snapshot::tick(Turn& turn, const SnapshotClocks& seen) {
  if (turn.now < due_) return;
  due_ = Instant::never();
  if (!recording_) return;
  pending_ += clock_lines(seen);
  written_ = {std::max(written_.clock, seen.clock), std::max(written_.event_clock, seen.event_clock),
              std::max(written_.query_clock, seen.query_clock)};
  flush(turn, false);
  const std::size_t limit = std::max(least_compacted_bytes, compaction_factor * bytes_a_member * alive_.size());
  if (bytes_ > limit) compact(turn);
}

void Snapshot::arm(Instant now, const SnapshotClocks& seen) {
  if (!recording_)
    due_ = Instant::never();
  else if (due_ == Instant::never() && (!pending_.empty() || !clock_lines(seen).empty()))
    due_ = now + flush_interval;
}

}  // namespace core::gossip
