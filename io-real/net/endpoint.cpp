#include "io-real/net/endpoint.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "core/base/check.hpp"

namespace io_real::net {
namespace {

namespace asio = boost::asio;

constexpr int keep_alive_seconds = 15;  // Go's default, for the first probe and between probes

asio::ip::address ip_of(const core::Address& address) {
  if (address.ip.size() == 4) {
    asio::ip::address_v4::bytes_type bytes;
    std::ranges::copy(address.ip, bytes.begin());
    return asio::ip::address_v4(bytes);
  }
  core::check(address.ip.size() == 16, "an address that is used has 4 or 16 bytes");
  asio::ip::address_v6::bytes_type bytes;
  std::ranges::copy(address.ip, bytes.begin());
  return asio::ip::address_v6(bytes);
}

}  // namespace

asio::ip::tcp::endpoint tcp_endpoint(const core::Address& address) { return {ip_of(address), address.port}; }

asio::ip::udp::endpoint udp_endpoint(const core::Address& address) { return {ip_of(address), address.port}; }

core::Address address_of(const asio::ip::address& ip, std::uint16_t port) {
  std::string bytes;
  if (ip.is_v4()) {
    for (const auto byte : ip.to_v4().to_bytes()) bytes += static_cast<char>(byte);
  } else {
    for (const auto byte : ip.to_v6().to_bytes()) bytes += static_cast<char>(byte);
  }
  return core::Address::from_bytes(bytes, port).value_or(core::Address{});
}

void set_stream_options(asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;  // a peer that is gone already shows at the first read
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int seconds = keep_alive_seconds;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

}  // namespace io_real::net
