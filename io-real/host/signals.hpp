// Signals by the names that job files use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace io_real::host {

/// "SIGINT" to its number on this system.
std::optional<int> signal_number(std::string_view name);

/// All names, as the attribute `os.signals` has them: in alphabetical order, with commas between.
std::string signal_names();

}  // namespace io_real::host
