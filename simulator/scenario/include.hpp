// Scenarios that take over parts of others.
#pragma once

#include "simulator/scenario/reading.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {

inline constexpr std::size_t max_include_depth = 8;
inline constexpr std::size_t max_files = 32;

/// Merges what `root` includes into it. Mappings are merged key by key, lists grow (what is included comes first), and
/// else what `root` says itself stays.
void resolve_includes(yaml::Value& root, Reading& reading);

}  // namespace simulator
