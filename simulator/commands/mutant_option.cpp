#include "simulator/commands/mutant_option.hpp"

#include <iterator>

#include <fmt/format.h>

#include "core/base/mutant.hpp"

namespace simulator::commands {

bool switch_mutant_on([[maybe_unused]] const std::string& name) {
#ifdef NOMAD_MUTANTS
  for (std::size_t place = 0; place < std::size(core::base::mutants); ++place)
    if (core::base::mutants[place].id == name) {
      core::base::active_mutant = place;
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
