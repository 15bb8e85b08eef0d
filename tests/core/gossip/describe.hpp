// Gossip's effects as lines of a script.
#pragma once

#include <string>
#include <vector>

#include "core/gossip/events.hpp"
#include "core/wire/serf/security.hpp"

namespace tests {

/// One effect a line, packets and streams taken apart. Without a trailing newline.
/// `security`: of the pool, or sealed bytes cannot be read.
std::string describe(const core::gossip::Effect& effect, const core::wire::serf::Security& security = {});

}  // namespace tests
