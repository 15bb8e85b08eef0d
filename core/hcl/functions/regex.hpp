// Go's regular expressions, which are RE2's.
#pragma once

#include "core/hcl/function.hpp"

namespace core::hcl {

/// Each match of `pattern` replaced; `$1`, `${name}` in `with` are the submatches, `$$` a dollar, as in Go.
CallResult regex_replace(const std::string& text, const std::string& pattern, const std::string& with, Budget& budget);

}  // namespace core::hcl
