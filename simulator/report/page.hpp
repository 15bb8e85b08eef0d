// A run as one HTML page that needs nothing else: no network, no other file.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulator/report/outcome.hpp"
#include "simulator/report/timeline.hpp"

namespace simulator::report {

/// The page of one seed's run. `scenario` names it and tells what it is about.
std::string html_page(const Timeline& timeline, const ScenarioOutcome& scenario, const SeedOutcome& seed);

}  // namespace simulator::report
