#include "simulator/commands/mutant_option.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/base/mutant.hpp"

namespace simulator::commands {

bool switch_mutant_on([[maybe_unused]] const std::string& name) {
#ifdef NOMAD_MUTANTS
  using core::base::Mutant;
  const std::pair<const char*, Mutant> known[] = {
      {"K03", Mutant::K03_vote_twice},         {"K04", Mutant::K04_vote_for_stale_log},
      {"K06", Mutant::K06_half_is_a_majority}, {"K16", Mutant::K16_unclamped_commit},
      {"K22", Mutant::K22_ack_before_sync},    {"K43", Mutant::K43_trusting_plan_applier}};
  for (const auto& [mutant_name, mutant] : known)
    if (name == mutant_name) {
      core::base::active_mutant = mutant;
      return true;
    }
#endif
  return false;
}

void add_mutant_option(Options& options, std::string& name) {
  options.custom("--mutant", "K", "with this known bug (only in the preset `mutants`)",
                 [&name](const std::string& text) {
                   name = text;
                   return switch_mutant_on(text) ? "" : fmt::format("names no known bug of this build: \"{}\"", text);
                 });
}

}  // namespace simulator::commands
