// Closing a connection without losing what was sent last.
#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace io_real::net {

/// Says that we send no more, then waits a little for the peer to close, throwing away what it still sends.
/// Closing at once would reset the connection when bytes of the peer lie unread, and a reset makes the
/// peer's system discard what it has not read yet of ours (RFC 1122 §4.2.2.13).
void say_farewell(boost::asio::ip::tcp::socket socket);

}  // namespace io_real::net
