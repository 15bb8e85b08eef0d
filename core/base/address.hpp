// Where a datagram or a stream goes: an IP address and a port.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

namespace core::base {

/// An IPv4 or IPv6 endpoint. `ip` holds raw bytes, 4 or 16 of them (empty: no address); IPv4-mapped
/// IPv6 addresses are kept as IPv4, so that equal endpoints are equal bytes.
struct Address {
  std::string ip;
  std::uint16_t port = 0;

  /// From 4 or 16 raw bytes; any other length gives nothing.
  static std::optional<Address> from_bytes(std::string_view ip, std::uint16_t port);
  /// From "127.0.0.1:4648", "[::1]:4648", or without a port when `default_port` is given.
  /// Names are not looked up here: they give nothing.
  static std::optional<Address> parse(std::string_view text, std::optional<std::uint16_t> default_port = {});

  bool is_set() const { return !ip.empty(); }
  bool is_loopback() const;
  bool is_unspecified() const;
  /// "127.0.0.1" or "::1".
  std::string ip_text() const;
  /// "127.0.0.1:4648" or "[::1]:4648".
  std::string text() const;

  friend auto operator<=>(const Address&, const Address&) = default;
};
BOOST_DESCRIBE_STRUCT(Address, (), (ip, port))

}  // namespace core::base

namespace core {
using base::Address;
}  // namespace core
