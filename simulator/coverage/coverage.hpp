// Coverage points: what a run came by, as sentences with counts. A check that passes because nothing happened proves
// nothing; a campaign that never comes by a required point fails, and rare points say where to search.
//
// A new point is a line of the table and a `coverage.reached("...")` where a watcher sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace simulator::coverage {

inline constexpr std::string_view points[] = {
    // elections
    "a leader was elected",
    "a pre-vote failed",
    "a candidate lost its election",
    "an election ended without a winner",
    "two candidates stood in one term",
    "a vote was refused for a stale log",
    "a leader was deposed",
    "a leader stepped down by itself",
    "a deposed leader had an uncommitted tail",
    "a leader was elected while another still led",
    "a leader was elected with entries of earlier terms uncommitted",
    "a leader found its disk stalled",
    "a leader missed its quorum",
    "leadership was handed over",
    // log and commit
    "an entry was committed",
    "entries of an earlier term were committed by a later leader",
    "a leader committed what its own disk had not yet",
    "an even number of voters decided",
    "a single server decided",
    "a log was cut",
    "entries that were on a disk were cut",
    "a follower was far behind",
    "a log was compacted",
    "a snapshot was installed",
    // configuration
    "the configuration was changed",
    "a server was taken out of the configuration",
    "a change of the configuration was cut with the log",
    "a non-voter was in the configuration",
    "a non-voter was promoted",
    "a dead server was cleaned up",
    // deaths and restarts of servers
    "a server restarted",
    "a leader died",
    "a leader died with an uncommitted tail",
    "a server died with entries on their way to the disk",
    "a server died with its vote or term on the way to the disk",
    "a restarted server had lost entries that were not synced",
    "a restarted server had lost a term that was not synced",
    "a server that had voted restarted in the term of its vote",
    "a torn write was cut off at a restart",
    "a disk refused an operation",
    "an agent ended by itself",
    // network and gossip
    "a connection broke",
    "a member was suspected",
    "a member refuted a suspicion",
    "a member was declared failed",
    "a member came back after it had failed",
    "a member left",
    // nodes, evaluations, plans, allocations
    "a node registered",
    "a node was marked down",
    "a node came back up after it was marked down",
    "a job was registered",
    "a job was changed",
    "a job was stopped",
    "a saved state was restored",
    "a restore was given up",
    "an evaluation was blocked",
    "a blocked evaluation was woken",
    "an evaluation was canceled",
    "an evaluation failed",
    "a plan was rejected for a node",
    "an allocation was placed",
    "an allocation was stopped",
    "an allocation was lost",
    "a lost allocation was replaced",
    "an allocation failed",
    "a task failed",
    "an allocation completed",
    "a client reported on an allocation that was to stop",
    "a restarted client looked for its tasks",
    "a restarted client missed a task",
    // clients of the API
    "a request was refused for want of a leader",
    "a register was read",
    "a register was written",
    "a register was set on its version",
    "a register was not set, because its version was another",
    "a register's client was left without an answer",
};
inline constexpr std::size_t point_count = std::size(points);

/// The place in the table of a sentence; nothing when there is no such point.
constexpr std::optional<std::size_t> find_point(std::string_view sentence) {
  for (std::size_t place = 0; place < point_count; ++place)
    if (points[place] == sentence) return place;
  return std::nullopt;
}

/// A sentence of the table; others do not compile.
class Point {
 public:
  consteval Point(const char* sentence) : place_(find_point(sentence).value()) {}
  constexpr std::size_t place() const { return place_; }

 private:
  std::size_t place_;
};

/// How often one run, or all of a campaign, came by each point.
class Coverage {
 public:
  void reached(Point point, std::uint64_t times = 1) { counts_[point.place()] += times; }
  std::uint64_t count(Point point) const { return counts_[point.place()]; }
  /// By place in the table.
  std::uint64_t count_at(std::size_t place) const { return counts_[place]; }
  /// How many different points were come by.
  std::size_t distinct() const;
  void add(const Coverage& other);

 private:
  std::array<std::uint64_t, point_count> counts_{};
};

}  // namespace simulator::coverage
