// What a timeline or a nemesis does: one struct an action. simulator/faults carries them out, a file a family.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "simulator/scenario/selector.hpp"
#include "simulator/scenario/settings.hpp"
#include "simulator/scenario/values.hpp"

namespace simulator {

// --- jobs and operators ---
struct RunJob {
  Place place;
  std::string file;  // beside the scenario, resolved
  std::optional<Count> count;
  std::string id;  // in place of the file's; may end in "*": a number takes its place, a new one each time
  std::optional<Count> memory_mb;
  std::string region;  // empty: the cluster's first
};
struct StopJob {
  Place place;
  std::string id;
  bool purge = false;
  std::string region;  // empty: the cluster's first
};
/// A command of the real CLI, by its real words, asked of a server.
struct OperatorCommand {
  Place place;
  std::string words;
  std::string folder;         // where its job files are looked for
  Selectors on;               // empty: some server of the first region that is up
  std::optional<Count> exit;  // what it must exit with
};

// --- processes and machines ---
struct Crash {
  Selectors who;
};
struct PowerLoss {
  Selectors who;
};
struct Start {
  Selectors who;
};
/// The process is killed and starts again.
struct Restart {
  Selectors who;
};
/// Power is lost, the disk is wiped, and the machine starts again under its old name.
struct Reformat {
  Selectors who;
};
/// The machine is gone for good, and a spare joins in its stead.
struct Replace {
  Selectors who;
};
struct Pause {
  Selectors who;
};
struct Resume {
  Selectors who;
};
/// Everything these machines do takes longer.
struct Slow {
  Selectors who;
  Span by;
};
/// The process is stopped and starts again with other settings, one node after the other.
struct Upgrade {
  Selectors who;
  Settings config;
  Span each{Duration{5'000'000'000}, Duration{5'000'000'000}};
};

// --- membership ---
struct Leave {
  Selectors who;
};
struct ForceLeave {
  Selectors who;
};
struct Join {
  Selectors who;
};

// --- the network ---
struct Partition {
  Sides sides;
};
struct Heal {
  std::string what;
};
struct Loss {
  Share share;
};
/// Links that are worse than the others, both ways.
struct Flaky {
  Sides sides;
  std::optional<Share> loss;
  std::optional<Share> duplication;
  std::optional<Share> reordering;
  std::optional<io_sim::Distribution> latency;
  std::optional<Bandwidth> bandwidth;
  std::optional<std::uint32_t> mtu;
};

// --- clocks ---
struct ClockChange {
  Selectors who;
  std::optional<Shift> step;    // the wall clock jumps by this
  std::optional<Shift> offset;  // the wall clock is off by this from now on, whatever it was before
  std::optional<Drift> drift;   // both clocks gain this from now on
};

// --- disks ---
struct DiskFull {
  Selectors who;
};
struct DiskSlow {
  Selectors who;
  Span by;
};
/// Bits turn in what lies on the disk.
struct DiskCorrupt {
  Selectors who;
  Count sectors{1, 1};
};
/// The power goes while a write is half done.
struct DiskTorn {
  Selectors who;
};
/// Each sync fails.
struct SyncError {
  Selectors who;
};

using Action = std::variant<RunJob, StopJob, OperatorCommand, Crash, PowerLoss, Start, Restart, Reformat, Replace,
                            Pause, Resume, Slow, Upgrade, Leave, ForceLeave, Join, Partition, Heal, Loss, Flaky,
                            ClockChange, DiskFull, DiskSlow, DiskCorrupt, DiskTorn, SyncError>;

/// Calls `each(Selector&)` with everyone the action names.
template <class Act, class Each>
void each_selector(Act& action, Each each) {
  std::visit(
      [&](auto& one) {
        if constexpr (requires { one.who; })
          for (auto& selector : one.who) each(selector);
        if constexpr (requires { one.on; })
          for (auto& selector : one.on) each(selector);
        if constexpr (requires { one.sides; })
          for (auto& side : one.sides.sides)
            for (auto& selector : side) each(selector);
      },
      action);
}

}  // namespace simulator
