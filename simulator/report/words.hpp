// The sentences that all reports share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

/// Seeds whose runs fell by the same invariant first.
struct FallenTogether {
  std::string invariant;
  std::vector<const SeedOutcome*> seeds;
};

/// "ELECT", or "?" when nothing is known.
std::string first_invariant(const SeedOutcome& seed);
/// "server-2 leads in term 5, in which server-1 was elected (at 0m12.345s)".
std::string first_line(const SeedOutcome& seed);
/// All that fell, the chain of causes, and how to run it again.
std::string details(const SeedOutcome& seed);
/// The file and the line that a text begins with, as "a.yaml:3: ..." and "a.yaml:3:7: ..." do.
struct Spot {
  std::string file;
  std::string line;
};
std::optional<Spot> spot_of(std::string_view text);
/// "seeds 3, 7, 12 and 40 more runs".
std::string seeds_text(const std::vector<const SeedOutcome*>& seeds);
/// "1,234,567".
std::string with_commas(std::uint64_t number);
/// By the invariant that fell first, the most frequent group first.
std::vector<FallenTogether> by_invariant(const ScenarioOutcome& scenario);

}  // namespace simulator::report
