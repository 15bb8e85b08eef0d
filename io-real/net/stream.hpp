// One TCP stream: connecting, reading, writing, closing. Used by Streams only.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "io-real/net/connection_limit.hpp"
#include "io-real/net/intake.hpp"
#include "io-real/net/outbox.hpp"
#include "io-real/net/streams.hpp"

namespace io_real::net {

/// What the streams of one loop share.
struct StreamShop {
  Report report;
  std::shared_ptr<Intake> intake;
  StreamLimits limits;
  std::function<void(core::world::StreamId)> forget;  // takes the stream out of the table
  bool silent = false;                                // the loop is stopping: nothing is reported
  // One buffer for all: a stream reads when there is something to read, so an idle one costs no memory.
  std::array<char, max_read_bytes> buffer;
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<StreamShop> shop, core::world::StreamId id, boost::asio::ip::tcp::socket socket,
         ConnectionLimit::Place place);

  /// Connects; reports StreamConnected or StreamClosed.
  void connect(const core::Address& to);
  /// Reads from a connected socket from now on.
  void begin();
  void send(std::string bytes);
  /// Closes once everything sent is out, and reports nothing any more.
  void close();

 private:
  void connected(boost::system::error_code error);
  void wait_to_read();
  void read();
  void schedule_flush();
  void flush();
  void expire_after(core::Duration patience);
  void fail(std::string reason);
  void finish();

  std::shared_ptr<StreamShop> shop_;
  core::world::StreamId id_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;  // of connecting, or of closing
  ConnectionLimit::Place place_;
  Outbox outbox_;
  bool connected_ = false;
  bool flushing_ = false;  // a flush is on its way, or waits for room in the socket
  bool closing_ = false;   // core has closed it; what was sent goes out still
  bool over_ = false;
};

}  // namespace io_real::net
