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
#include "io-sim/distribution.hpp"
#include "simulator/scenario/actions.hpp"
#include "simulator/scenario/condition.hpp"
#include "simulator/scenario/files.hpp"
#include "simulator/scenario/happening.hpp"
#include "simulator/scenario/problem.hpp"
#include "simulator/scenario/selector.hpp"
#include "simulator/scenario/settings.hpp"
#include "simulator/scenario/values.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {

// --- the cluster ---
struct MachinePlan {
  Count cpu_mhz{4000, 4000};
  Count cores{4, 4};
  Count memory_mb{8192, 8192};
  Count disk_mb{100'000, 100'000};
  std::map<std::string, std::string> attributes;  // beside those that are fingerprinted
};

/// Servers or clients that are alike.
struct NodeGroup {
  Place place;
  Count count{1, 1};
  std::string region;      // empty: the cluster's
  std::string datacenter;  // empty: the cluster's
  std::string rack;        // empty: drawn from the cluster's racks, in turn
  std::string node_class;
  std::string pool;
  std::map<std::string, std::string> meta;
  std::optional<MachinePlan> machine;
  Settings config;
};

struct DiskPlan {
  io_sim::Distribution write = io_sim::Distribution::uniform(Duration{50'000}, Duration{200'000});
  io_sim::Distribution sync = io_sim::Distribution::uniform(Duration{200'000}, Duration{2'000'000});
  Share slow;  // of the syncs
  Duration slow_by{100'000'000};
  Share hang;  // of the batches
  io_sim::Distribution hang_for = io_sim::Distribution::constant(Duration{1'000'000'000});
  std::optional<Size> capacity;
  Share write_errors, sync_errors;
  Share lost, misdirected, corrupt;  // of the writes, at their sync
};

/// What is special about one node.
struct NodeOverride {
  Place place;
  Settings config;
  std::optional<MachinePlan> machine;
  std::optional<Drift> drift;
  std::optional<Shift> offset;
  std::optional<Duration> slow_by;
};

struct ClusterPlan {
  std::vector<NodeGroup> servers{NodeGroup{{}, {3, 3}, "", "", "", "", "", {}, {}, {}}};
  std::vector<NodeGroup> clients;
  Count spares{0, 0};
  std::string region = "global";
  std::string datacenter = "dc1";
  Count racks{1, 1};
  MachinePlan machine;
  Settings config;
  std::map<std::string, NodeOverride> nodes;
  Size log_segment{64 << 10};  // what a server's log reserves at a time
  Count append_entries{64, 64};
  Size append_bytes{1 << 20};

  /// What a node of this group is of; of no group: a spare.
  const std::string& region_of(const NodeGroup* group) const;
  /// Of all seeds.
  std::uint64_t most_servers() const;  // spares included
  std::uint64_t most_clients() const;
};

// --- the world ---
/// What a link is like; what is not said is as for all links.
struct LinkPlan {
  std::optional<io_sim::Distribution> latency;
  std::optional<Share> loss;
  std::optional<Share> duplication;
  std::optional<Share> reordering;
  std::optional<Duration> reorder_by;
  std::optional<Bandwidth> bandwidth;
  std::optional<std::uint32_t> mtu;
};
/// The links from some nodes to others, and back.
struct GroupLinkPlan {
  Place place;
  Selectors from;
  Selectors to;
  LinkPlan link;
};
struct NetworkPlan {
  LinkPlan everywhere;
  LinkPlan loopback;
  LinkPlan same_rack;
  LinkPlan same_datacenter;
  LinkPlan between_datacenters;
  LinkPlan between_regions;
  std::vector<GroupLinkPlan> between;
};
struct ClockPlan {
  Share drift;        // seconds a second, at most, either way
  Duration offset{};  // of the wall clock, at most, either way
};
struct HostPlan {
  Share slow;  // of the machines
  Duration slow_by{10'000'000};
  io_sim::Distribution compute = io_sim::Distribution::uniform(Duration{100'000}, Duration{5'000'000});
};

/// How tasks live, by "job" or "job/task"; the longer name wins. A "*" at the end of a name stands for all that begin
/// so.
struct TaskPlan {
  Place place;
  std::optional<Span> runs;
  std::int32_t exit_code = 0;
  std::vector<std::int32_t> exits;  // of its lives in turn, the last for all later ones
  Share fails;                      // of the lives that end by themselves: with exit code 1
  Span starts_in;
  Share fails_to_start;
  Span stops_in{Duration{5'000'000}, Duration{5'000'000}};
  bool ignores_signals = false;
};

// --- what happens ---
/// When, how often and whether an action is carried out in a run.
struct Entry {
  Place place;
  std::optional<Span> at;          // drawn once
  std::optional<Span> every;       // drawn anew each time
  std::optional<Happening> after;  // each time this happens
  Span from;                       // `every` and `after` begin here
  std::optional<Duration> to;      // ... and end here
  Span delay;                      // after what happened
  std::optional<Count> times;      // how many drawn moments, how many rounds; `after` alone: once
  Share chance{1, 1};              // that a seed has this entry at all
  std::optional<Span> lasts;       // afterwards it is undone: started again, resumed, healed
  Action action;
};

/// A fault that comes by chance, over and over.
struct Nemesis {
  Place place;
  Rate rate;
  std::optional<Happening> after;  // each time this happens it strikes with `odds`, in place of a rate
  Share odds{1, 1};
  Span delay;
  Count budget{1'000, 1'000};  // how often at most
  std::uint64_t at_once = 1;   // how many of its faults may last at a time
  bool keep_quorum = true;     // never so many servers down or apart that no quorum is left
  Span from;
  std::optional<Duration> to;
  Share chance{1, 1};
  std::optional<Span> lasts;
  Action action;
};

/// What each seed draws anew, beside what is written as a range.
struct Dial {
  Place place;
  std::string path;  // "cluster.servers"
  std::vector<yaml::Value> values;
};
using Dials = std::vector<Dial>;
struct Swarm {
  Share nemeses{1, 1};  // the chance of each to be there
  Share timeline{1, 1};
  std::optional<Count> faults;  // how many nemeses at most
  Dials draw;
};

/// Clients that write and read registers (workload/registers.hpp) while all else happens.
struct RegisterPlan {
  Count registers{3, 3};
  Count clients{4, 4};
  Span pause{Duration{100'000'000}, Duration{1'000'000'000}};  // of a client between an answer and its next wish
  Share reads{0.5, 0.5};                                       // of the wishes
  Share stale{0.1, 0.1};                                       // of the reads: any server may answer
  Share conditional{0.5, 0.5};                                 // of the writes: on the version that the client knows
  Duration patience{5'000'000'000};                            // then a wish is given up
  Duration from{3'000'000'000};
};

/// Liveness of a core: at the end a drawn majority of the servers is healed, and so many of the clients; what is wrong
/// with the others stays.
struct LivenessPlan {
  Place place;
  Share clients{0.5, 1};
};

// --- what is expected ---
struct AtTheEnd {
  Condition condition;
};
struct Always {
  Condition condition;
  Duration from{};
  std::optional<Duration> to;
};
struct Never {
  Condition condition;
  Duration from{};
  std::optional<Duration> to;
};
/// Within so long after each time something happened, or after `from`.
struct Eventually {
  Condition condition;
  Duration within{};
  Duration from{};
  std::optional<Happening> after;
};
struct CountOf {
  Happening happening;
  Count is;
  Duration from{};
  std::optional<Duration> to;
};
/// The short form of the usual.
struct JobAtTheEnd {
  std::string job;
  std::string region;  // empty: the first server's
  std::optional<std::uint64_t> running;
  std::optional<std::uint64_t> complete;
};
struct Expectation {
  Place place;
  std::variant<AtTheEnd, Always, Never, Eventually, CountOf, JobAtTheEnd> what;
};

/// A coverage point that a campaign must have reached.
struct Requirement {
  Place place;
  std::string point;
};

/// Other scenarios whose parts this one takes over: they are merged before anything is read.
struct Includes {
  std::vector<std::string> files;
};

struct Scenario {
  std::string file;
  Includes includes;
  std::string name;
  std::string about;
  ClusterPlan cluster;
  NetworkPlan network;
  DiskPlan disks;
  ClockPlan clocks;
  HostPlan hosts;
  std::map<std::string, Selectors> sets;
  std::map<std::string, TaskPlan> tasks;
  std::vector<Entry> timeline;
  std::vector<Nemesis> nemeses;
  std::optional<RegisterPlan> registers;
  std::optional<LivenessPlan> liveness;
  std::optional<Swarm> swarm;
  Duration until{};                  // when all faults end
  Duration settle{180'000'000'000};  // how long the cluster may then take until all is well
  bool converges = true;             // whether HEAL, VIEW and COUNT are asked for at the end
  std::vector<Expectation> expect;
  std::vector<Requirement> require;
  Files::Texts files;                // all it is made of: this file and those it names
  std::vector<std::string> sources;  // this file and those it includes, by Place::file

  /// "scenarios/a.yaml:3".
  std::string line_of(const Place& place) const;
};

/// Reads the file, and those it includes. The error is the whole line to print ("file:line:col: found ...").
std::expected<Scenario, std::string> load_scenario(const std::string& file);
/// The same, read from where `files` has its texts.
std::expected<Scenario, std::string> load_scenario(const std::string& file, Files& files);
/// The same from text; `file` names it and says where job files and included ones are looked for.
std::expected<Scenario, std::string> read_scenario(const std::string& file, std::string_view text);

}  // namespace simulator
