// Gossip's effects as lines of a script.
#pragma once

#include <string>
#include <vector>

#include "core/gossip/events.hpp"

namespace tests {

/// One effect a line, packets and streams taken apart. Without a trailing newline.
std::string describe(const core::gossip::Effect& effect);

}  // namespace tests
