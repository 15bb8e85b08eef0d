// Addresses in Asio's terms and back.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "core/base/address.hpp"

namespace io_real::net {

/// `address` must be set.
boost::asio::ip::tcp::endpoint tcp_endpoint(const core::Address& address);
boost::asio::ip::udp::endpoint udp_endpoint(const core::Address& address);

core::Address address_of(const boost::asio::ip::address& ip, std::uint16_t port);

/// Go's options for every TCP connection: no delay, and keep-alive probes that find dead peers.
void set_stream_options(boost::asio::ip::tcp::socket& socket);

}  // namespace io_real::net
