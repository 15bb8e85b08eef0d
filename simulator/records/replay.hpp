// Recordings of real agents (`nomad agent -record FILE`), lived again: each agent must do the same, and together their
// servers must keep what Raft promises.
#pragma once

#include <string>
#include <vector>

namespace simulator::records {

/// Prints what came of each, and of the checkers over all. The exit code: 0 the same, and nothing fell; 1 an invariant
/// fell, or an agent broke its own checks; 2 not a recording, or a damaged one; 3 an agent did something else.
int replay(const std::vector<std::string>& files);

}  // namespace simulator::records
