// The network as core sees it: datagrams, byte streams, names.
//
// A stream's id is chosen by whoever makes it: core for those it opens (even numbers), the shell for those
// it accepts (odd numbers). An id is never used twice. After StreamClosed, or once CloseStream was sent,
// nothing more is said of that stream by either side; what was sent before CloseStream is still delivered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/address.hpp"
#include "core/base/strong.hpp"

namespace core::world {

using StreamId = base::Strong<struct StreamIdTag>;
using ResolveToken = base::Strong<struct ResolveTokenTag>;

enum class Listener { rpc, serf, http };
BOOST_DESCRIBE_ENUM(Listener, rpc, serf, http)

/// Event: a datagram reached the Serf port.
struct DatagramReceived {
  Address from;
  std::string bytes;
};
/// Effect: sent from the Serf port. May be lost, without a word.
struct SendDatagram {
  Address to;
  std::string bytes;
};
/// Event: somebody connected to one of our ports.
struct StreamAccepted {
  StreamId stream;
  Listener listener = Listener::rpc;
  Address peer;
};
/// Event: somebody would connect to one of our ports and could not. `peer` is set where that is known: not when the
/// system has no descriptor left for the connection.
struct ConnectionRefused {
  Listener listener = Listener::rpc;
  Address peer;
  std::string reason;
};
/// Effect: connect. Answered by StreamConnected or by StreamClosed.
struct OpenStream {
  StreamId stream;
  Address to;
};
struct StreamConnected {
  StreamId stream;
};
struct StreamReceived {
  StreamId stream;
  std::string bytes;
};
/// Event: the stream could not be opened, or ended. `reason` is the system's text
/// ("connect: connection refused"), or "EOF" when the peer closed in order.
struct StreamClosed {
  StreamId stream;
  std::string reason;
};
struct SendStream {
  StreamId stream;
  std::string bytes;
};
struct CloseStream {
  StreamId stream;
};
/// Effect: look a host name up. `name` has no port.
struct ResolveName {
  ResolveToken token;
  std::string name;
};
/// Event: its addresses (port 0), or why there are none.
struct NameResolved {
  ResolveToken token;
  std::vector<Address> addresses;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(DatagramReceived, (), (from, bytes))
BOOST_DESCRIBE_STRUCT(SendDatagram, (), (to, bytes))
BOOST_DESCRIBE_STRUCT(StreamAccepted, (), (stream, listener, peer))
BOOST_DESCRIBE_STRUCT(ConnectionRefused, (), (listener, peer, reason))
BOOST_DESCRIBE_STRUCT(OpenStream, (), (stream, to))
BOOST_DESCRIBE_STRUCT(StreamConnected, (), (stream))
BOOST_DESCRIBE_STRUCT(StreamReceived, (), (stream, bytes))
BOOST_DESCRIBE_STRUCT(StreamClosed, (), (stream, reason))
BOOST_DESCRIBE_STRUCT(SendStream, (), (stream, bytes))
BOOST_DESCRIBE_STRUCT(CloseStream, (), (stream))
BOOST_DESCRIBE_STRUCT(ResolveName, (), (token, name))
BOOST_DESCRIBE_STRUCT(NameResolved, (), (token, addresses, error))

}  // namespace core::world
