// What a run carries out, one by one: an entry of the timeline, and which time it was. A run can leave single ones out.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace simulator {

struct Operation {
  std::uint32_t entry = 0;       // of the timeline, from 0
  std::uint32_t occurrence = 0;  // from 0
  friend auto operator<=>(const Operation&, const Operation&) = default;
};
using Operations = std::set<Operation>;

/// "3.0".
std::string text_of(const Operation& operation);
std::optional<Operation> parse_operation(std::string_view text);

}  // namespace simulator
