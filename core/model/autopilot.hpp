// How the leader keeps the set of servers (server-internals.md §6): part of the replicated state, set from the agent's
// configuration by the first leader and by operators from then on.
#pragma once

#include <cstdint>

#include <boost/describe/class.hpp>

#include "core/describe/type.hpp"

namespace core::model {

struct AutopilotConfig {
  bool cleanup_dead_servers = true;
  Duration last_contact_threshold = 200ms;   // a healthy server has answered the leader within it
  std::uint64_t max_trailing_logs = 250;     // and lacks no more entries than that
  std::uint64_t min_quorum = 0;              // so many voters stay whatever becomes of them
  Duration server_stabilization_time = 10s;  // how long a new server is healthy before it votes
  bool enable_redundancy_zones = false;      // the last three: kept and shown, and without effect, as in the
  bool disable_upgrade_migration = false;    // editions of Nomad that do not sell them
  bool enable_custom_upgrades = false;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  friend bool operator==(const AutopilotConfig&, const AutopilotConfig&) = default;
};
BOOST_DESCRIBE_STRUCT(AutopilotConfig, (),
                      (cleanup_dead_servers, last_contact_threshold, max_trailing_logs, min_quorum,
                       server_stabilization_time, enable_redundancy_zones, disable_upgrade_migration,
                       enable_custom_upgrades, create_index, modify_index))

}  // namespace core::model

// Its table is made once, in tables.cpp.
namespace core::describe {
extern template const Type& type_of<model::AutopilotConfig>();
}  // namespace core::describe
