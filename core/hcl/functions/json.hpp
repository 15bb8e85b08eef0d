// JSON text of values, and back.
#pragma once

#include "core/hcl/function.hpp"

namespace core::hcl {

/// As Go's encoding/json: no blanks, keys sorted, and <, >, & as escapes.
std::string to_json(const Value& value);
CallResult from_json(const std::string& text);

}  // namespace core::hcl
