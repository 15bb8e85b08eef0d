// What decides a run beside its scenario: explicit choices, which operations are carried out, how many nodes there are.
// It is what minimising makes smaller and a replay file keeps.
#pragma once

#include <optional>

#include "simulator/run/run.hpp"

namespace simulator::search {

struct Case {
  io_sim::Script choices;
  std::optional<Operations> only;  // nothing: all operations of the scenario
  NodeLimit limit;
  friend bool operator==(const Case&, const Case&) = default;
};

/// Options that run the case, which must outlive them.
inline RunOptions options_for(const Case& of) {
  return {.script = &of.choices, .only = of.only ? &*of.only : nullptr, .limit = of.limit};
}

/// The case that a recorded run was.
inline Case case_of(const RunResult& recorded) {
  return {recorded.choices,
          Operations(recorded.operations.begin(), recorded.operations.end()),
          {recorded.servers, recorded.clients}};
}

}  // namespace simulator::search
