// A scenario as a value: the cluster, the world around it, what happens when, and what is expected of it.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.hpp"
#include "simulator/scenario/files.hpp"
#include "simulator/scenario/problem.hpp"
#include "simulator/scenario/selector.hpp"

namespace simulator {

using core::Duration;

/// A time that may be drawn: [low, high].
struct Span {
  Duration low{};
  Duration high{};
};
/// A share that may be drawn: [low, high] within 0 and 1.
struct Share {
  double low = 0;
  double high = 0;
};

struct MachineClass {
  std::string name;
  Count cpu_mhz{4000, 4000};
  Count cores{4, 4};
  Count memory_mb{8192, 8192};
  Count disk_mb{100'000, 100'000};
};

/// The agents' settings that a scenario may change; nothing: as in production.
struct Settings {
  std::optional<Duration> min_heartbeat_ttl;
  std::optional<Duration> heartbeat_grace;
  std::optional<Duration> failover_heartbeat_ttl;
  std::optional<std::uint32_t> raft_multiplier;
  std::optional<std::uint32_t> num_schedulers;
  std::optional<bool> lan_gossip;
};

struct ClusterPlan {
  Count servers{3, 3};
  Count clients{0, 0};
  std::string region = "global";
  std::string datacenter = "dc1";
  MachineClass machine;
  Settings settings;
};

struct WorldPlan {
  Span latency{Duration{200'000}, Duration{1'000'000}};
  Share loss, duplication, reordering;
  Span disk_write{Duration{50'000}, Duration{200'000}};
  Span disk_sync{Duration{200'000}, Duration{2'000'000}};
  Share slow_disk;  // of the disk's answers
  Duration slow_disk_by{100'000'000};
  double drift = 0;   // seconds a second, at most, either way
  Duration offset{};  // of the wall clock, at most, either way
};

/// How tasks live, by "job" or "job/task"; the longer name wins.
struct TaskPlan {
  std::optional<Span> runs;
  std::int32_t exit_code = 0;
  Span starts_in;
  Share fails_to_start;
  bool ignores_signals = false;
};

// --- what happens ---
struct RunJob {
  std::string file;  // as found: relative to the scenario's folder, resolved; its text is in Scenario::files
  std::optional<Count> count;
  std::string id;  // in place of the file's; may end in "*": a number takes its place, a new one each time
  std::optional<Count> memory_mb;
};
struct StopJob {
  std::string id;
  bool purge = false;
};
struct Crash {
  Selectors who;
  bool power_loss = false;
};
struct Start {
  Selectors who;
};
struct Pause {
  Selectors who;
};
struct Resume {
  Selectors who;
};
struct Leave {
  Selectors who;
};
struct ForceLeave {
  Selectors who;
};
struct Partition {
  Sides sides;
};
struct Heal {};
struct Loss {
  Share share;
};
struct ClockStep {
  Selectors who;
  Span by;
  bool back = false;
};
/// Everything these machines do takes longer.
struct Slow {
  Selectors who;
  Span by;
};
using Action = std::variant<RunJob, StopJob, Crash, Start, Pause, Resume, Leave, ForceLeave, Partition, Heal, Loss,
                            ClockStep, Slow>;

/// When, how often and whether an action is carried out in a run.
struct Entry {
  Place place;
  Span at;                       // drawn once, or for `every` the time of the first
  std::optional<Span> every;     // drawn anew each time
  std::optional<Duration> stop;  // `every` ends here
  Count times{1, 1};             // how many drawn moments without `every`
  Share chance{1, 1};            // that a seed has this entry at all
  std::optional<Span> lasts;     // afterwards it is undone: started again, resumed, healed
  Action action;
};

struct Expectation {
  Place place;
  std::string job;
  std::optional<std::uint64_t> running;
  std::optional<std::uint64_t> complete;
};

struct Scenario {
  std::string file;
  std::string name;
  std::string about;
  ClusterPlan cluster;
  WorldPlan world;
  std::map<std::string, TaskPlan> tasks;
  std::vector<Entry> timeline;
  Duration until{};                  // when all faults end
  Duration settle{180'000'000'000};  // how long the cluster may then take until all is well
  bool converges = true;             // whether HEAL, VIEW and COUNT are asked for at the end
  std::vector<Expectation> expect;
  Files::Texts files;  // all it is made of: this file and those it names
};

/// Reads the file. The error is the whole line to print ("file:line:col: found ...").
std::expected<Scenario, std::string> load_scenario(const std::string& file);
/// The same, read from where `files` has its texts.
std::expected<Scenario, std::string> load_scenario(const std::string& file, Files& files);
/// The same from text; `file` names it and says where job files are looked for.
std::expected<Scenario, std::string> read_scenario(const std::string& file, std::string_view text);

}  // namespace simulator
