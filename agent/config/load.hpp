// Configuration files and directories.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/merge.hpp"

namespace agent::config {

/// Errors of configuration, each on a line of its own: `agent.hcl:3:5: unexpected keys datacentre: did you mean ...`.
struct ConfigError {
  std::vector<std::string> errors;
  std::string text() const;
};

/// What a text says: HCL, or JSON when it begins with '{'. `name` is the file's name for errors. Unknown keys and wrong
/// types are refused.
std::expected<Fragment, ConfigError> parse_config(std::string name, std::string text);

struct Loaded {
  Fragment fragment;
  std::vector<std::string> files;     // in the order they were read
  std::vector<std::string> warnings;  // "No configuration loaded from <path>"
};

/// Reads files, and the .hcl and .json files of directories in the order of their names, and merges them in order.
std::expected<Loaded, ConfigError> load_paths(std::span<const std::string> paths);

}  // namespace agent::config
