// --mutant: switches a known bug on, in the builds that have them (the preset `mutants`).
#pragma once

#include <string>

#include "simulator/options.hpp"

namespace simulator::commands {

/// False when this build has no such bug.
bool switch_mutant_on(const std::string& name);

/// Declares the option; a mutant that is named is switched on as the option is read.
void add_mutant_option(Options& options, std::string& name);

}  // namespace simulator::commands
