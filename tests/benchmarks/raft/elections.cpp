// Figure 16 of the Raft paper (§9.3) with the real Raft: how long nobody leads after a crash, by the range that
// election timeouts are drawn from. One line of JSON a range; `scripts/elections` makes the table and the picture of
// them.
//
//   raft_elections [TRIALS]      1,000 of each range
//
// As there: five servers, about 15 ms for a round of messages and the disk, logs of different lengths (two of the four
// who are left cannot win), a leader that dies at a random time between two heartbeats that are half the shortest
// timeout apart, its last one sent to all at once, and nobody is told of its death.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "simulator/property/raft_cluster.hpp"

namespace {

using core::Duration;
using core::Instant;
using simulator::property::RaftCluster;
using simulator::property::RaftOptions;
using namespace std::chrono_literals;

constexpr Duration given_up = 60s;  // a cluster that has no leader by then counts as this

struct Range {
  int low_ms;
  int high_ms;
  bool noticed = false;  // the connections close, as those of a killed process do
};

constexpr Range ranges[] = {{150, 150}, {150, 151}, {150, 155}, {150, 175}, {150, 200},          {150, 300},
                            {12, 24},   {25, 50},   {50, 100},  {100, 200}, {1000, 2000, false}, {1000, 2000, true}};

RaftOptions world(const Range& range, std::uint64_t seed) {
  RaftOptions options = RaftOptions::quiet(5);
  options.seed = seed;
  options.timeout = Duration(std::chrono::milliseconds(range.low_ms));
  options.timeout_spread = Duration(std::chrono::milliseconds(range.high_ms - range.low_ms));
  options.fastest_message = options.fastest_disk = 3ms;
  options.slowest_message = options.slowest_disk = 7ms;
  return options;
}

void cut_both(RaftCluster& cluster, std::size_t one, std::size_t other) {
  cluster.cut(one, other);
  cluster.cut(other, one);
}

[[noreturn]] void wrong(const std::string& what) {
  std::fprintf(stderr, "raft_elections: %s\n", what.c_str());
  std::exit(1);
}

/// How long nobody leads, in milliseconds.
double trial(const Range& range, std::uint64_t seed) {
  // The cluster that is to lose its leader has had time: what is measured begins with the crash.
  RaftOptions options = world(range, seed);
  RaftCluster cluster(options);
  while (!cluster.leader()) cluster.run_for(10ms);
  const std::size_t leader = *cluster.leader();
  cluster.run_for(200ms);
  if (cluster.leader() != leader) return trial(range, seed + 1'000'000);  // short timeouts: another was elected already

  // Two followers miss the last entry, and their answers are lost, so that the leader does not send it again.
  const std::size_t behind[] = {(leader + 1) % 5, (leader + 2) % 5};
  for (const std::size_t server : behind) cut_both(cluster, leader, server);
  cluster.propose(leader, "the last entry");
  const auto last = cluster.raft(leader)->last_index();
  for (int i = 0; i < 8 && cluster.raft(leader) != nullptr && cluster.raft(leader)->commit_index() < last; ++i)
    cluster.run_for(5ms);
  cluster.end_cuts();
  for (const std::size_t server : behind) cluster.cut(server, leader);

  // The last heartbeats; nothing more comes of this leader.
  const Duration until_heartbeat = cluster.raft(leader)->deadline() - cluster.now();
  cluster.run_for(until_heartbeat + Duration(1));
  if (cluster.leader() != leader) return trial(range, seed + 1'000'000);
  for (std::size_t server = 0; server < cluster.size(); ++server) cluster.cut(leader, server);
  core::Rng rng(seed);
  cluster.run_for(rng.between(0ms, Duration(std::chrono::milliseconds(range.low_ms)) / 2));

  const std::size_t before = cluster.elections;
  const Instant died = cluster.now();
  cluster.crash(leader, range.noticed);
  while (cluster.elections == before && cluster.now() - died < given_up) cluster.run_for(1ms);
  if (const std::string broken = cluster.violation(); !broken.empty()) wrong(broken);
  return std::chrono::duration<double, std::milli>(cluster.now() - died).count();
}

}  // namespace

int main(int count, char** arguments) {
  const int trials = count > 1 ? std::atoi(arguments[1]) : 1000;
  if (trials < 1) wrong("raft_elections [TRIALS]: a number of trials from 1 on is wanted");
  for (const Range& range : ranges) {
    std::printf(R"({"low":%d,"high":%d,"noticed":%s,"downtimes_ms":[)", range.low_ms, range.high_ms,
                range.noticed ? "true" : "false");
    for (int i = 0; i < trials; ++i)
      std::printf("%s%.0f", i == 0 ? "" : ",", trial(range, static_cast<std::uint64_t>(i) + 1));
    std::printf("]}\n");
    std::fflush(stdout);
  }
}
