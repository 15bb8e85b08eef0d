// Invariants, checked in every build.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace core::base {

/// What we got wrong. The daemon never catches it, so it ends the process with its text; the simulator
/// catches it and reports the seed.
class CheckFailed final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* invariant, std::source_location where);

/// Stops when `holds` is false. `invariant` is the sentence that should have been true.
inline void check(bool holds, const char* invariant, std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    check_failed(invariant, where);
}

}  // namespace core::base

namespace core {
using base::check;
}  // namespace core
