// The flags of `nomad agent` (agent-config.md §1): each is a key of the configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/config/flags.hpp"
#include "agent/config/load.hpp"

namespace agent::config {

/// -record FILE: journal the agent's events.
struct Recording {
  std::string file;  // empty: none
  std::int32_t most_mb = 1024;
  std::int32_t minutes = 0;  // 0: as long as there is room
};

struct AgentFlags {
  std::vector<std::string> config_paths;
  bool dev = false;
  Recording record;
  bool bounds_record = false;  // -record-size or -record-minutes is given
  Fragment fragment;           // what the other flags say
};

/// The flags bound to `into`, which must outlive them: to parse with, or to print the usage of.
Flags agent_flags(AgentFlags& into);

std::expected<AgentFlags, FlagError> parse_agent_flags(std::span<const std::string> arguments);

/// Everything in order: defaults or dev defaults, files, flags.
struct AgentSetup {
  AgentConfig config;
  std::vector<std::string> files;
  std::vector<std::string> warnings;
  Recording record;
};
std::expected<AgentSetup, ConfigError> load_agent(const AgentFlags& flags);

}  // namespace agent::config
