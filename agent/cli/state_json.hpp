// A state, or an entry of the log, as the JSON of `operator raft state`, `operator raft logs` and `operator snapshot
// state`. Objects have the fields of the HTTP API.
#pragma once

#include "agent/cli/json.hpp"
#include "core/raft/types.hpp"
#include "core/state/state.hpp"

namespace agent::cli {

Json state_json(const core::state::State& state);
Json entry_json(const core::raft::Entry& entry);

}  // namespace agent::cli
