// Raft's effects as lines of a script, and a script's commands as Raft's events.
#pragma once

#include <string>

#include "core/raft/raft.hpp"
#include "tests/support/script.hpp"

namespace tests {

/// One line an effect; log notes are left out unless `notes`.
std::string describe(const core::raft::Effects& effects, const core::raft::Raft& raft, bool notes);

/// "9/2 configuration=5:{n1,n2}"
std::string describe(const core::raft::SnapshotMeta& meta);

/// The event a command names; throws std::invalid_argument for one it does not know.
core::raft::Event to_event(const Command& command);

/// The parameters `last=3/2 configuration=1:{n1,n2}` of a command: what a snapshot stands for.
core::raft::SnapshotMeta parse_meta(const Command& command);

}  // namespace tests
