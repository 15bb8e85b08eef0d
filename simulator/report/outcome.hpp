// What a report is made of: how each seed of each scenario went. The commands fill it in; JUnit XML, JSON, GitHub's
// annotations and the summary are written from it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace simulator::report {

/// An invariant that fell, and when in the run.
struct Failure {
  std::string invariant;
  core::Duration at{};
  std::string what;
};

struct SeedOutcome {
  enum class How { held, fell, not_deterministic };
  std::string seed;  // "8", or "8+12": see text_of(Lineage); empty: of a replay file
  How how = How::held;
  std::uint64_t runs = 1;         // that went the same way; this is the first of them
  std::vector<Failure> failures;  // of one that fell
  std::string difference;         // of one that is not deterministic
  std::string cause;              // the last steps of its chain of causes, a line each; may be empty
  std::string replay;             // the command that does it again
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  std::size_t servers = 0;
  std::size_t clients = 0;
  core::Duration virtual_time{};
  double wall_seconds = 0;
};

/// A coverage point that was required and not reached, and where: "file:line:column".
struct NeverReached {
  std::string point;
  std::string place;
};

struct ScenarioOutcome {
  std::string name;
  std::string file;
  std::string about;
  std::string wrong;              // the scenario's own fault: nothing was run
  std::vector<SeedOutcome> kept;  // one of each way not to hold; a single run that held, too
  std::uint64_t held = 0;
  std::uint64_t fell = 0;
  std::uint64_t not_deterministic = 0;
  bool cut_short = false;  // fewer seeds were run than were asked for, or somebody interrupted it
  std::vector<NeverReached> coverage_missing;
  std::map<std::string, std::uint64_t> coverage;
  double wall_seconds = 0;
  double node_seconds = 0;  // virtual, of all nodes

  std::uint64_t seeds() const { return held + fell + not_deterministic; }
  bool passed() const {
    return wrong.empty() && fell == 0 && not_deterministic == 0 && coverage_missing.empty() && !cut_short;
  }
};

struct Report {
  std::string version;
  std::vector<ScenarioOutcome> scenarios;
};

}  // namespace simulator::report
