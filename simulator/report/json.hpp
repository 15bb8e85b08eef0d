// A report for programs: one JSON object (README.md, "The JSON report").
#pragma once

#include <string>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

std::string json_text(const Report& report);

}  // namespace simulator::report
