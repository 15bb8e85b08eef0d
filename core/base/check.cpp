#include "core/base/check.hpp"

namespace core::base {

void check_failed(const char* invariant, std::source_location where) {
  throw CheckFailed(std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": broken: " + invariant);
}

}  // namespace core::base
