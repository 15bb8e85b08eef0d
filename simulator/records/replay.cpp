#include "simulator/records/replay.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "simulator/records/checks.hpp"
#include "simulator/records/files.hpp"
#include "simulator/report/story.hpp"

namespace simulator::records {
namespace {

constexpr int exit_same = 0;
constexpr int exit_fell = 1;
constexpr int exit_no_recording = 2;
constexpr int exit_differs = 3;

int tell(const Life& life, const core::agent::Replayed& replayed) {
  const std::string& path = life.path;
  if (!replayed.run_again) {
    fmt::print("{}: {}: the beginning is gone (first event {}): {} observations up to event {}", path, life.agent,
               life.header.first_event, replayed.observations, replayed.events);
    if (replayed.state_hash != 0)
      fmt::print(", {} entries applied, state {:016x}", replayed.entries, replayed.state_hash);
    fmt::print("\n");
  } else {
    fmt::print("{}: {}: {} events, state {:016x}, trace {:016x}\n", path, life.agent, replayed.events,
               replayed.state_hash, replayed.trace_hash);
  }
  if (replayed.divergence) {
    fmt::print("{}: DIFFERS: {}\n", path, *replayed.divergence);
    return exit_differs;
  }
  if (!replayed.damage.empty()) {
    std::fflush(stdout);
    fmt::print(stderr, "{}: {}\n", path, replayed.damage);
    return exit_no_recording;
  }
  if (replayed.cut_short > 0)
    fmt::print("{}: the last {} bytes are no whole block: what a killed agent leaves, or a file that was cut\n", path,
               replayed.cut_short);
  if (replayed.run_again || replayed.state_hash != 0) {
    fmt::print("{}: SAME as recorded\n", path);
    return exit_same;
  }
  if (replayed.observations > 0) return exit_same;
  std::fflush(stdout);
  fmt::print(stderr, "{}: found nothing to check: no state to follow, and no observation of a server\n", path);
  return exit_no_recording;
}

int replay(const Life& life, Checks& checks) {
  try {
    const auto replayed = core::agent::replay(life.views(), &checks.next_life(life.agent));
    if (replayed) return tell(life, *replayed);
    std::fflush(stdout);
    fmt::print(stderr, "{}: {}\n", life.path, replayed.error());
    return exit_no_recording;
  } catch (const core::base::CheckFailed& failed) {
    // The agent's own bug, recorded; or a file that was altered into events that never were.
    fmt::print("{}: BROKEN: {}\n", life.path, failed.what());
    return exit_fell;
  }
}

}  // namespace

int replay(const std::vector<std::string>& files) {
  std::vector<Life> lives;
  for (const std::string& file : files) {
    auto life = read_life(file);
    if (!life) {
      fmt::print(stderr, "{}\n", life.error());
      return exit_no_recording;
    }
    lives.push_back(std::move(*life));
  }
  // A server's lives in the order in which it lived them.
  std::stable_sort(lives.begin(), lives.end(), [](const Life& a, const Life& b) {
    return std::pair(a.header.began_unix_ns, a.agent) < std::pair(b.header.began_unix_ns, b.agent);
  });
  for (std::size_t i = 1; i < lives.size(); ++i) {
    const Life& one = lives[i - 1];
    const Life& next = lives[i];
    if (one.agent != next.agent || one.header.began_unix_ns != next.header.began_unix_ns) continue;
    fmt::print(stderr, "{}: found the same life of {} as in {}, wanted each once\n", next.path, next.agent, one.path);
    return exit_no_recording;
  }
  std::set<std::string> names;
  for (const Life& life : lives) names.insert(life.agent);
  Checks checks({names.begin(), names.end()});
  int worst = exit_same;
  for (const Life& life : lives) worst = std::max(worst, replay(life, checks));
  if (const auto strangers = checks.strangers()) {
    std::fflush(stdout);
    fmt::print(stderr,
               "found recordings of different clusters: no server was a peer of both {} and {}; wanted those of one\n",
               strangers->first, strangers->second);
    return std::max(worst, exit_no_recording);
  }
  if (const auto& violation = checks.violation()) {
    fmt::print("{:>12}  {} fell: {}\n", time_text(violation->at), violation->invariant, violation->what);
    return std::max(worst, exit_fell);
  }
  const auto holds = [&](const char* invariants, std::uint64_t over, const char* what) {
    if (over > 0)
      fmt::print("{} of {}: {} hold over {} {}\n", lives.size() == 1 ? "1 life" : fmt::format("{} lives", lives.size()),
                 counted(names.size(), "agent"), invariants, over, what);
  };
  holds("ELECT, LOGMATCH, SMSAFE, STATEHASH and MONO", checks.seen().committed, "committed entries");
  holds("SMSAFE and STATEHASH", checks.seen().followed, "applied entries");
  holds("ELECT, SMSAFE, STATEHASH and MONO", checks.seen().observations, "observations");
  return worst;
}

}  // namespace simulator::records
