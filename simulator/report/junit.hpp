// JUnit XML, as GitHub, GitLab and Jenkins read it: a testsuite a scenario, a testcase a seed.
#pragma once

#include <string>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

/// Seeds that held beyond the first ones are one testcase together. What fell is a <failure>; a scenario that is
/// wrong, and a run that is not deterministic, are an <error>: they say nothing of the agent.
std::string junit_xml(const Report& report);

}  // namespace simulator::report
