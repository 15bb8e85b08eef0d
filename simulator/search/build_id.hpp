// Which build this is: its version and a hash of the sources that decide a run. Compilers and flags do not count, for
// they change nothing.
#pragma once

#include <string>

namespace simulator::search {

/// "0.1.0-5c1f0a9be2d1".
std::string build_id();

}  // namespace simulator::search
