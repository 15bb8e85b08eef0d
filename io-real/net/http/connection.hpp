// One HTTP connection: requests in, one at a time, answers out. Used by HttpServer only.
//
// Invariant: at most one request waits for its answer. While it does, bytes behind it are only kept
// (pipelining), and reading goes on to notice the peer hanging up.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "io-real/net/connection_limit.hpp"
#include "io-real/net/http/http_server.hpp"
#include "io-real/net/http/request_reader.hpp"
#include "io-real/net/outbox.hpp"

namespace io_real::net::http {

class Connection;

/// What the connections of one server share.
struct HttpShop {
  Report report;
  HttpLimits limits;
  core::world::RequestId last_request;
  std::map<core::world::RequestId, std::shared_ptr<Connection>> waiting;  // requests core has not answered in full
  std::map<Connection*, std::weak_ptr<Connection>> connections;
  bool stopping = false;
  std::array<char, 64 * 1024> buffer;  // one for all: an idle connection costs no memory
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<HttpShop> shop, boost::asio::ip::tcp::socket socket, ConnectionLimit::Place place);
  ~Connection();

  void begin();
  void answer(core::world::ApiAnswered answer);
  void stream(core::world::ApiStreamed streamed);
  /// Closes once the answers given so far are out.
  void stop();

 private:
  void wait_to_read();
  void read();
  /// Reads requests out of what has come, until one waits for its answer.
  void parse();
  void ask(HttpRequest request);
  void refuse(std::uint16_t status);
  void answered_in_full();
  void write(std::string bytes);
  void flush();
  void peer_sends_no_more();
  /// Tells core that nobody waits any more.
  void cancel_request();
  void end();
  void set_timer();
  void expire(std::optional<core::Duration> patience);
  void timed_out();

  std::shared_ptr<HttpShop> shop_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  ConnectionLimit::Place place_;
  std::string input_;  // not read by reader_ yet
  Outbox outbox_;
  std::unique_ptr<RequestReader> reader_;
  std::optional<core::world::RequestId> request_;  // the one that waits
  bool head_only_ = false;                         // of that request, and so below
  bool gzip_ = false;
  bool chunked_ = false;
  bool chunks_understood_ = true;
  bool close_after_ = false;  // nothing is read behind the request under way
  bool continued_ = false;
  bool begun_ = false;      // bytes of the next request have come
  bool served_ = false;     // a request has been answered
  bool reading_ = false;    // a wait for bytes is under way
  bool writing_ = false;    // a wait for room is under way
  bool peer_done_ = false;  // the peer has closed its half
  bool over_ = false;
};

}  // namespace io_real::net::http
