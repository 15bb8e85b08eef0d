// Whom a query is meant for (reference/gossip-wire.md, section 21).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/wire/serf/decode_error.hpp"

namespace core::wire::serf {

/// Members of these names.
struct NodeFilter {
  std::vector<std::string> nodes;
};
/// Members with a tag whose value the expression finds something in; a tag that is not there has an empty value.
struct TagFilter {
  std::string tag;
  std::string expression;
};
using Filter = std::variant<NodeFilter, TagFilter>;

std::string encode(const NodeFilter& filter);
std::string encode(const TagFilter& filter);
Decoded<Filter> decode_filter(std::string_view bytes);

}  // namespace core::wire::serf
