// What GitHub shows of a run: annotations at the scenario's line, and a page of Markdown for the job's summary.
#pragma once

#include <string>

#include "simulator/report/outcome.hpp"

namespace simulator::report {

/// Workflow commands ("::error file=...::..."), a line each. GitHub shows ten a step: the most telling come first.
std::string github_annotations(const Report& report);
/// For $GITHUB_STEP_SUMMARY.
std::string github_summary(const Report& report);

}  // namespace simulator::report
