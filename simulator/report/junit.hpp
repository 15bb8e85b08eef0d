// JUnit XML, as GitHub, GitLab and Jenkins read it: a testsuite a scenario, a testcase a seed
// that was looked at, and one for all that held.
#pragma once

#include <string>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

/// What fell is a <failure>; a scenario that is
/// wrong, and a run that is not deterministic, are an <error>: they say nothing of the agent.
std::string junit_xml(const Report& report);

}  // namespace simulator::report
