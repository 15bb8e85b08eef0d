#include "agent/config/addresses.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace agent::config {
namespace {

using core::Address;
using Resolved = std::expected<Address, std::string>;

std::expected<void, std::string> no_template(std::string_view key, std::string_view text) {
  if (!text.contains("{{")) return {};
  return std::unexpected(fmt::format("{}: go-sockaddr templates are not supported by this version: {}", key, text));
}

// An IP without brackets is one however many colons it has.
std::string bracketed(const std::string& text) {
  return !text.starts_with('[') && std::ranges::count(text, ':') > 1 ? "[" + text + "]" : text;
}

Resolved bind_address(std::string_view key, const std::string& text, std::int32_t port) {
  if (auto plain = no_template(key, text); !plain) return std::unexpected(plain.error());
  const auto parsed = Address::parse(bracketed(text), static_cast<std::uint16_t>(port));
  if (!parsed) return std::unexpected(fmt::format("{}: not an IP address: {}", key, text));
  return *parsed;
}

bool is_loopback_or_unspecified(const Address& address) { return address.is_loopback() || address.is_unspecified(); }

Resolved advertise_address(std::string_view key, const std::string& given, const Address& bound, std::int32_t port,
                           bool dev, std::span<const InterfaceAddress> host) {
  if (!given.empty()) {
    if (auto plain = no_template(key, given); !plain) return std::unexpected(plain.error());
    const auto parsed = Address::parse(bracketed(given), static_cast<std::uint16_t>(port));
    if (!parsed) return std::unexpected(fmt::format("{}: not an IP address: {}", key, given));
    return *parsed;
  }
  if (!is_loopback_or_unspecified(bound)) return bound;
  if (bound.is_loopback()) {
    if (dev) return bound;
    return std::unexpected("Defaulting advertise to localhost is unsafe, please set advertise manually");
  }
  for (const InterfaceAddress& candidate : host) {
    if (!is_private(candidate.address)) continue;
    Address found = candidate.address;
    found.port = static_cast<std::uint16_t>(port);
    return found;
  }
  return std::unexpected(
      fmt::format("{}: no private address was found on this host, please set advertise manually", key));
}

std::expected<std::vector<Address>, std::string> http_addresses(const AgentConfig& config) {
  std::vector<Address> out;
  std::string_view rest = config.addresses.http.empty() ? config.bind_addr : config.addresses.http;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (end > 0) {
      auto one = bind_address("addresses.http", std::string(rest.substr(0, end)), config.ports.http);
      if (!one) return std::unexpected(one.error());
      out.push_back(*one);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (out.empty()) return std::unexpected("addresses.http: no address is given");
  return out;
}

}  // namespace

bool is_private(const Address& address) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(address.ip[i]); };
  if (address.ip.size() == 16) return (byte(0) & 0xfe) == 0xfc;
  if (address.ip.size() != 4) return false;
  return byte(0) == 10 || (byte(0) == 172 && (byte(1) & 0xf0) == 16) || (byte(0) == 192 && byte(1) == 168) ||
         (byte(0) == 100 && (byte(1) & 0xc0) == 64);
}

std::expected<Addresses, std::string> resolve_addresses(const AgentConfig& config,
                                                        std::span<const InterfaceAddress> host) {
  Addresses out;
  auto http = http_addresses(config);
  if (!http) return std::unexpected(http.error());
  out.bind_http = std::move(*http);

  struct Service {
    const char* name;
    const std::string& bind;
    const std::string& advertise;
    std::int32_t port;
    Address* bind_to;
    Address* advertise_to;
  };
  const auto or_default = [&](const std::string& text) -> const std::string& {
    return text.empty() ? config.bind_addr : text;
  };
  const Service services[] = {
      {"advertise.http", config.bind_addr, config.advertise.http, config.ports.http, nullptr, &out.advertise_http},
      {"advertise.rpc", or_default(config.addresses.rpc), config.advertise.rpc, config.ports.rpc, &out.bind_rpc,
       &out.advertise_rpc},
      {"advertise.serf", or_default(config.addresses.serf), config.advertise.serf, config.ports.serf, &out.bind_serf,
       &out.advertise_serf},
  };
  for (const Service& service : services) {
    Address bound = out.bind_http.front();
    if (service.bind_to) {
      auto resolved = bind_address(service.name, service.bind, service.port);
      if (!resolved) return std::unexpected(resolved.error());
      *service.bind_to = bound = *resolved;
      // Only servers speak RPC and Serf to others; a client has nothing to advertise there.
      if (!config.server.enabled) continue;
    }
    auto told = advertise_address(service.name, service.advertise, bound, service.port, config.dev_mode, host);
    if (!told) return std::unexpected(told.error());
    *service.advertise_to = *told;
  }
  if (config.server.enabled && out.advertise_rpc.is_unspecified())
    return std::unexpected("advertise.rpc: an unspecified address cannot be reached by others");
  return out;
}

}  // namespace agent::config
