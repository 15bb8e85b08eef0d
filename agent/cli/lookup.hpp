// From what was typed to the one object it means: ids by prefix, with Nomad's words for none and for many.
#pragma once

#include <expected>
#include <string>

#include "agent/cli/call.hpp"

namespace agent::cli {

/// The whole id, or the exit code after the reason has been told. `doing` is for errors: "querying job".
std::expected<std::string, int> find_job(Call& call, const std::string& prefix, const std::string& doing);
std::expected<std::string, int> find_node(Call& call, const std::string& prefix);
std::expected<std::string, int> find_alloc(Call& call, const std::string& prefix);
std::expected<std::string, int> find_eval(Call& call, const std::string& prefix, bool verbose);

}  // namespace agent::cli
