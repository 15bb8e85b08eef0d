// TCP streams: accepted on the RPC and Serf ports, and opened for core.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "core/base/time.hpp"
#include "io-real/net/intake.hpp"
#include "io-real/net/report.hpp"

namespace io_real::net {

/// What an agent allows its peers (agent-config.md §7, `limits`).
struct StreamLimits {
  std::size_t connections_per_ip = 100;             // on the RPC port; 0: any number
  std::size_t connections = 16384;                  // accepted, together
  std::size_t send_queue_bytes = 64 * 1024 * 1024;  // unsent bytes of one stream; past it the stream is closed
  core::Duration connect_timeout = std::chrono::seconds(10);
};

/// The most that one StreamReceived carries.
inline constexpr std::size_t max_read_bytes = 64 * 1024;

/// Runs on the loop's thread; the streams of one loop share it.
class Streams {
 public:
  struct Config {
    std::optional<core::Address> rpc;  // port 0: any free one
    std::optional<core::Address> serf;
    StreamLimits limits;
  };

  /// Binds the ports. The error is Go's: "listen tcp 127.0.0.1:4647: bind: address already in use".
  /// Bytes are read while `intake` is open.
  static std::expected<std::unique_ptr<Streams>, std::string> open(boost::asio::io_context& context, Config config,
                                                                   Report report, std::shared_ptr<Intake> intake);
  ~Streams();

  /// Where it listens, with the real port.
  std::optional<core::Address> address(core::world::Listener listener) const;
  /// Accepts from now on.
  void start();

  void carry_out(const core::world::OpenStream& open);
  void carry_out(core::world::SendStream send);
  void carry_out(const core::world::CloseStream& close);

  /// Accepts no more, and closes every stream once what was sent on it is out. Reports nothing any more.
  void stop();

 private:
  struct Impl;
  explicit Streams(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io_real::net
