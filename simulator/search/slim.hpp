// The scenario of a minimised run without what the run does not use: entries of the timeline that carry nothing out any
// more, comments, the `about`.
#pragma once

#include <optional>

#include "simulator/search/case.hpp"

namespace simulator::search {

struct Slim {
  Scenario scenario;  // with its texts in `files`
  Case played;        // its operations and streams called as they are called there
};

/// Nothing when the scenario's text cannot be made smaller in this way. Whether the run still falls is for the caller
/// to see.
std::optional<Slim> slim(const Scenario& scenario, const Case& played);

}  // namespace simulator::search
