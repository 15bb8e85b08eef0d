// What a pool of gossip members does: how fast, how often wrong, at what cost.
//
//   gossip_pools sizes [N ...]    joins, detection, false positives, traffic, memory, speed, by the number of members
//   gossip_pools lifeguard        slow members in bursts: Lifeguard's parts off, on, and ours
//   gossip_pools reach            one-way loss, and 80 % loss, at 1 % of the members: without and with damping
//
// One line a run, in columns. Times are the pool's own; the same seed gives the same line, but for the last columns.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/benchmarks/gossip/pool.hpp"

namespace benchmarks {
namespace {

using core::gossip::MemberStatus;
using core::gossip::Profile;
using What = Pool::Verdict::What;
using namespace std::chrono_literals;

constexpr std::int64_t least_member_seconds = 500'000;  // of an idle pool

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto sum = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return sum(used.ru_utime) + sum(used.ru_stime);
}

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

void sizes(const std::vector<std::size_t>& counts) {
  std::printf("%7s %9s %9s %9s %9s %8s %8s %9s %9s %9s %12s %12s\n", "members", "known", "quiet", "first", "all see",
              "false", "packets", "UDP B/s", "TCP B/s", "KiB each", "probing/s", "member-s/s");
  for (const std::size_t count : counts) {
    const double before_mb = resident_mb();
    Pool pool({.members = count});
    std::size_t false_verdicts = 0;
    std::set<std::uint32_t> dead;
    Instant first = Instant::never();
    pool.on_verdict = [&](const Pool::Verdict& verdict) {
      if (verdict.what != What::failed) return;
      if (dead.contains(verdict.about))
        first = std::min(first, verdict.at);
      else
        ++false_verdicts;
    };
    pool.form(count <= 100 ? Duration{1s} : Duration{std::chrono::milliseconds(10 * count)});
    const Instant last_start = pool.now;
    pool.run_until([&] { return pool.all_see_all(); }, 100ms, 1h);
    const double known = seconds(pool.now - last_start);
    // Large ones take long: what is known of them so far is told beside the table.
    const auto progress = [&](const char* what) {
      std::fprintf(stderr, "%zu members: %s after %.0f s of processor, with %.0f MB, at %.0f s of their time\n", count,
                   what, processor_seconds(), resident_mb(), seconds(pool.now - Instant{}));
    };
    progress("all known");
    // Until the news of who is there have been told often enough: a probe and an ack a second are left.
    const Instant all_known = pool.now;
    const auto told_last = [&] {
      const std::uint64_t before_it = pool.traffic.datagrams;
      pool.run_for(10s);
      return static_cast<double>(pool.traffic.datagrams - before_it) / static_cast<double>(count) / 10;
    };
    while (told_last() > 2.05 && pool.now - all_known < 1h) {
    }
    const double quiet_after = seconds(pool.now - all_known);
    progress("quiet");

    // Idle. First while there are only probes, for as many seconds as there are without a push/pull; then for so long
    // that all members have had their push/pulls, and something can be measured.
    std::vector<double> probing;
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t told = pool.traffic.stream_bytes;
      const double started = processor_seconds();
      pool.run_for(1s);
      if (pool.traffic.stream_bytes == told) probing.push_back(processor_seconds() - started);
    }
    double probing_used = 0;
    for (const double one : probing) probing_used += one;
    const double probing_speed =
        probing_used > 0 ? static_cast<double>(count) * static_cast<double>(probing.size()) / probing_used : 0;
    const Pool::Traffic before = pool.traffic;
    const double processor = processor_seconds();
    const Duration idle = std::max<Duration>(10min, least_member_seconds / static_cast<std::int64_t>(count) * 1s);
    pool.run_for(idle);
    const double used = processor_seconds() - processor;
    const double member_seconds = static_cast<double>(count) * seconds(idle);
    const auto each = [&](std::uint64_t after, std::uint64_t earlier) {
      return static_cast<double>(after - earlier) / member_seconds;
    };
    const double packets = each(pool.traffic.datagrams, before.datagrams);
    const double udp = each(pool.traffic.datagram_bytes, before.datagram_bytes);
    const double tcp = each(pool.traffic.stream_bytes, before.stream_bytes);
    const double memory = (resident_mb() - before_mb) * 1e6 / 1024 / static_cast<double>(count);

    const std::size_t victim = count / 2;
    const Instant killed = pool.now;
    dead.insert(static_cast<std::uint32_t>(victim));
    pool.kill(victim);
    pool.run_until([&] { return pool.seen_as(victim, MemberStatus::failed) == count - 1; }, 10ms, 10min);
    std::printf("%7zu %7.1f s %7.0f s %7.2f s %7.2f s %8zu %8.2f %9.0f %9.0f %9.0f %12.0f %12.0f\n", count, known,
                quiet_after, seconds(first - killed), seconds(pool.now - killed), false_verdicts, packets, udp, tcp,
                memory, probing_speed, member_seconds / used);
    std::fflush(stdout);
  }
}

struct Variant {
  const char* name;
  bool awareness;
  bool dynamic_suspicion;
  bool buddy;
  bool ours;
};

Profile profile_of(const Variant& variant) {
  Profile profile = Profile::lan();
  if (!variant.awareness) profile.awareness_max = 1;
  if (!variant.dynamic_suspicion) profile.suspicion_max_timeout_mult = 1;
  profile.tell_suspects_first = variant.buddy;
  profile.damp_flapping = variant.ours;
  return profile;
}

// Lifeguard's "interval" experiment (arXiv 1707.00788 §V): 128 members, some of which stand still in bursts.
void lifeguard() {
  constexpr std::size_t count = 128;
  constexpr std::uint64_t runs = 2;
  constexpr Variant variants[] = {{"SWIM", false, false, false, false},     {"awareness", true, false, false, false},
                                  {"suspicion", false, true, false, false}, {"buddy", false, false, true, false},
                                  {"Lifeguard", true, true, true, false},   {"ours", true, true, true, true}};
  std::printf("%-10s %5s %14s %14s %12s %12s\n", "variant", "slow", "false at all", "false at well", "first",
              "all see");
  for (const std::size_t slow : {4, 16}) {
    for (const Variant& variant : variants) {
      std::size_t false_about = 0, false_by_well = 0;
      std::vector<double> first, all;
      for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        Pool pool({.members = count, .seed = seed, .profile = profile_of(variant)});
        pool.form(1s);
        pool.run_for(30s);
        core::Rng rng(seed);
        std::vector<std::size_t> order(count);
        for (std::size_t i = 0; i < count; ++i) order[i] = i;
        rng.shuffle(order);
        const std::set<std::uint32_t> stalled(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(slow));
        pool.on_verdict = [&](const Pool::Verdict& verdict) {
          if (verdict.what != What::failed || stalled.contains(verdict.about)) return;
          ++false_about;
          false_by_well += stalled.contains(verdict.by) ? 0 : 1;
        };
        // Blocked for 16 s, awake for 64 ms, over two minutes: the members that are slow see everybody late.
        for (Duration passed{}; passed < 2min; passed += 16064ms) {
          for (const std::uint32_t one : stalled) pool.stall(one, 16s);
          pool.run_for(16064ms);
        }
        pool.on_verdict = nullptr;
        pool.run_for(2min);
        // A true failure, in a pool that is well again.
        const std::size_t victim = order[count - 1];
        const Instant killed = pool.now;
        pool.kill(victim);
        pool.run_until([&] { return pool.seen_as(victim, MemberStatus::failed) > 0; }, 10ms, 5min);
        first.push_back(seconds(pool.now - killed));
        pool.run_until([&] { return pool.seen_as(victim, MemberStatus::failed) == count - 1; }, 10ms, 5min);
        all.push_back(seconds(pool.now - killed));
      }
      std::sort(first.begin(), first.end());  // the faster of the two is told
      std::sort(all.begin(), all.end());
      std::printf("%-10s %5zu %14zu %14zu %10.2f s %10.2f s\n", variant.name, slow, false_about, false_by_well,
                  first.front(), all.front());
      std::fflush(stdout);
    }
  }
}

// Rapid's cases (ATC 2018 §7): one in a hundred members can be reached in one direction only, in turns of 20 s, or
// loses 80 % of all packets, both ways.
void reach() {
  constexpr std::size_t count = 200;
  constexpr std::size_t bad = 2;
  std::printf("%-26s %-9s %12s %12s %12s\n", "case", "damping", "failed told", "in last 5'", "about well");
  for (const char* which : {"deaf in turns of 20 s", "mute in turns of 20 s", "deaf all the time", "80 % loss"}) {
    for (const bool damp : {false, true}) {
      Profile profile = Profile::lan();
      profile.damp_flapping = damp;
      std::size_t failed = 0, late = 0, about_well = 0;
      Pool pool({.members = count, .seed = 1, .profile = profile});
      pool.form(1s);
      pool.run_for(30s);
      const Instant began = pool.now;
      const auto is_bad = [](std::size_t member) { return member < bad; };
      const std::string name = which;
      pool.loss = [&](std::size_t from, std::size_t to) {
        if (name == "80 % loss") return is_bad(from) || is_bad(to) ? 0.8 : 0.0;
        const bool turn = name == "deaf all the time" || (pool.now - began) / 20s % 2 == 0;
        if (!turn) return 0.0;
        return is_bad(name.starts_with("mute") ? from : to) ? 1.0 : 0.0;
      };
      pool.on_verdict = [&](const Pool::Verdict& verdict) {
        if (verdict.what != What::failed || is_bad(verdict.by)) return;
        ++failed;
        late += verdict.at - began > 10min ? 1 : 0;
        about_well += is_bad(verdict.about) ? 0 : 1;
      };
      pool.run_for(15min);
      std::printf("%-26s %-9s %12zu %12zu %12zu\n", which, damp ? "on" : "off", failed, late, about_well);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace benchmarks

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "sizes";
  if (what == "lifeguard") {
    benchmarks::lifeguard();
  } else if (what == "reach") {
    benchmarks::reach();
  } else if (what == "sizes") {
    std::vector<std::size_t> sizes;
    for (int i = 2; i < count; ++i) sizes.push_back(std::stoul(arguments[i]));
    benchmarks::sizes(sizes.empty() ? std::vector<std::size_t>{5, 100, 400, 1000} : sizes);
  } else {
    std::fprintf(stderr, "usage: gossip_pools sizes [N ...] | lifeguard | reach\n");
    return 2;
  }
  return 0;
}
