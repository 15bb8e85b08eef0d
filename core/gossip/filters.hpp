// Whether a query is meant for us (reference/gossip-wire.md, sections 21 and 24).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace core::gossip {

/// All filters have to match; one that cannot be read matches nobody. Expressions are Go's, unanchored.
bool filters_match(const std::vector<std::string>& filters, const std::string& name,
                   const std::map<std::string, std::string>& tags);

}  // namespace core::gossip
