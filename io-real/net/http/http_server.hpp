// The HTTP server under the agent's API: requests become ApiRequested, ApiAnswered and ApiStreamed go back.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "io-real/net/http/request_reader.hpp"
#include "io-real/net/report.hpp"

namespace io_real::net::http {

struct HttpLimits {
  std::size_t connections_per_ip = 100;                     // limits.http_max_conns_per_client; 0: any number
  std::size_t connections = 16384;                          // together
  std::size_t header_bytes = 64 * 1024;                     // request line and headers
  std::size_t body_bytes = 32 * 1024 * 1024;                // of a request
  LargeBody large_body;                                     // of those for one path
  std::size_t ahead_bytes = 64 * 1024;                      // taken in behind a request that is not answered yet
  std::size_t send_queue_bytes = 64 * 1024 * 1024;          // unsent bytes of streams; past it the connection is closed
  std::size_t gzip_from_bytes = 1024;                       // smaller answers are not worth compressing
  core::Duration header_timeout = std::chrono::seconds(5);  // for the first request's head, or a begun one
  core::Duration idle_timeout = std::chrono::seconds(120);  // between requests; Go's client keeps one 90 s
  core::Duration progress_timeout = std::chrono::seconds(30);  // a body or an answer that does not move
  core::Duration half_closed_grace = std::chrono::seconds(1);  // a peer that sends no more may wait this long
};

/// Runs on the loop's thread. A request that waits for its answer (a long poll) has no timeout here.
class HttpServer {
 public:
  struct Config {
    std::vector<core::Address> addresses;  // port 0: any free one
    HttpLimits limits;
  };

  /// Binds. The error is Go's: "listen tcp 127.0.0.1:4646: bind: address already in use".
  static std::expected<std::unique_ptr<HttpServer>, std::string> open(boost::asio::io_context& context, Config config,
                                                                      Report report);
  ~HttpServer();

  /// Where it listens, in the order of the configuration, with the real ports.
  std::vector<core::Address> addresses() const;
  /// Accepts from now on.
  void start();

  /// Answers. Nothing happens when whoever asked has gone.
  void carry_out(core::world::ApiAnswered answer);
  void carry_out(core::world::ApiStreamed streamed);

  /// Accepts no more, and closes every connection once its answers are out. Reports nothing any more.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io_real::net::http
