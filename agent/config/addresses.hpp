// Where an agent listens, and what it tells others (agent-config.md §4).
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "agent/config/config.hpp"
#include "core/base/address.hpp"

namespace agent::config {

/// One address of an interface of the host; its port is 0.
struct InterfaceAddress {
  std::string interface;
  core::Address address;
};

struct Addresses {
  std::vector<core::Address> bind_http;  // one at least
  core::Address bind_rpc;
  core::Address bind_serf;
  core::Address advertise_http;
  core::Address advertise_rpc;
  core::Address advertise_serf;
};

/// Pure: the host's addresses are an argument. An unspecified bind address advertises the first private one of them.
/// Names in `advertise` are not looked up: they are refused.
std::expected<Addresses, std::string> resolve_addresses(const AgentConfig& config,
                                                        std::span<const InterfaceAddress> host);

/// 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7.
bool is_private(const core::Address& address);

}  // namespace agent::config
