// What committed commands did, told of each thing that a violation may name: a job, an evaluation, a client, an
// allocation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/state/command.hpp"
#include "core/state/state.hpp"
#include "simulator/report/sampling.hpp"
#include "simulator/report/timeline.hpp"

namespace simulator::report {

struct Deed {
  std::string subject;  // as violations call it: "job web", "evaluation 1f2e3d4c", "client-3", "web.cache[0]"
  std::string what;     // "job web is registered: 3 allocations wanted"
};

/// What the command did. `after`: a state that has applied it.
std::vector<Deed> deeds_of(const core::state::Command& command, const core::state::State& after);

/// Whether the text has the name as a whole: "server-1" is not named by "server-12".
bool is_named(std::string_view name, std::string_view text);

/// The deeds of a run, with the events at which they were first seen committed.
class Deeds {
 public:
  /// The latest are remembered.
  static constexpr std::size_t most = 200'000;

  struct Done {
    Deed deed;
    std::uint64_t event = 0;
    TrueTime at;
    NodeId node = 0;
    std::string region;  // of that node
  };
  void add(Done done) { done_.add(std::move(done)); }

  /// Of each subject that the text names, in each region: its deeds, the oldest first. In the order of the alphabet.
  std::vector<std::vector<Done>> named_in(std::string_view text) const;

 private:
  Ring<Done> done_{most};
};

}  // namespace simulator::report
