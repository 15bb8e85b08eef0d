// How values are shown: the same choices for every formatter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/cli/columns.hpp"
#include "agent/cli/times.hpp"

namespace agent::cli {

struct Style {
  bool verbose = false;
  std::int64_t now = 0;  // nanoseconds since 1970
  Paint paint;

  std::string id(std::string_view whole) const { return limit(whole, verbose ? full_id_length : short_id_length); }
  /// A point in time: absolute when verbose, otherwise how long ago.
  std::string when(std::int64_t nanos) const { return verbose ? format_time(nanos) : ago(nanos, now); }
};

}  // namespace agent::cli
