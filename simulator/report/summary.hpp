// What a person reads at the end of a campaign.
#pragma once

#include <string>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

/// A line a scenario, and below it what fell, grouped by invariant, each with the command that shows it again.
/// `colours`: for a terminal.
std::string summary_text(const Report& report, bool colours);

}  // namespace simulator::report
