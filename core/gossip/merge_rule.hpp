// What another member says of itself or of a third, checked before it is believed.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/gossip/config.hpp"
#include "core/gossip/node_table.hpp"
#include "core/wire/serf/message.hpp"

namespace core::gossip {

/// An alive claim in sound values.
struct Claim {
  std::string name;
  Address address;
  std::string meta;
  ProtocolVersions versions;
};

/// The claim of `alive`, or why it is not taken: no name, an address of odd length, too much metadata, versions that
/// we do not speak, or a member the pool's rule keeps out. Port 0 stands for our own port, as with memberlist.
std::expected<Claim, std::string> check_claim(const Config& config, const wire::serf::Alive& alive);

/// Nomad's merge delegate: why a member with this metadata may not join, if so.
std::optional<std::string> refused_by_rule(MergeRule rule, const std::string& name, const std::string& meta);

/// memberlist's version check before a push/pull is merged: why all of it is refused, if so.
std::optional<std::string> incompatible(const NodeTable& table, const std::vector<wire::serf::NodeState>& remote);

/// What we are, as claimed to others.
ProtocolVersions own_versions(const Config& config);

}  // namespace core::gossip
