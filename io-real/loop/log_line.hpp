// Log lines as HashiCorp's hclog writes them: people and scripts read Nomad's.
#pragma once

#include <string>

#include "core/base/time.hpp"
#include "core/world/process.hpp"

namespace io_real::loop {

/// "2026-11-22T21:00:00.000Z [INFO]  nomad.raft: entering leader state: leader=n1 term=2", in local time,
/// without the line's end. Values with spaces are quoted; those with line breaks go below, indented.
std::string text_line(core::WallTime at, const core::world::Logged& logged);

/// {"@level":"info","@message":"...","@module":"nomad.raft","@timestamp":"2026-11-22T21:00:00.000000Z","term":"2"}
/// with the keys sorted, as Go does.
std::string json_line(core::WallTime at, const core::world::Logged& logged);

}  // namespace io_real::loop
