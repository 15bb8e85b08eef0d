// The loop: one thread that tells a machine what happens and carries out what it answers.
//
// Order: events of one source reach the machine in the order they were posted; effects are handed to their
// carriers in the order the machine gave them, before the next event is handled. Nothing recurses: a
// carrier's answer is queued, and handled later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/world/machine.hpp"
#include "io-real/loop/carrier.hpp"
#include "io-real/loop/log_sink.hpp"
#include "io-real/net/http/http_server.hpp"
#include "io-real/net/streams.hpp"

namespace io_real::loop {

struct LoopConfig {
  std::optional<core::Address> rpc;   // servers
  std::optional<core::Address> serf;  // servers: TCP and UDP on one port
  std::vector<core::Address> http;
  std::string data_dir;  // empty: in memory (dev mode)
  LogConfig log;
  net::StreamLimits stream_limits;
  net::http::HttpLimits http_limits;
  unsigned workers = 0;  // threads for Compute; 0: one a core
  /// Reads the configuration again after SIGHUP. What it gives is posted, behind Signalled, and changes the
  /// log's level when its turn comes. The error, when it is not fit for use, is a line for the operator.
  std::function<std::expected<core::world::Reloaded, std::string>()> reload;
};

/// How many events may wait for the machine before its peers have to: nothing is read from streams and datagrams until
/// half of them are handled. What disk, host and computations answer is bounded by what core asked them.
inline constexpr std::size_t max_waiting_events = 4096;

class Loop {
 public:
  /// Opens the log, the data directory and the ports. The error is a sentence for the operator:
  /// "listen tcp 127.0.0.1:4647: bind: address already in use".
  static std::expected<std::unique_ptr<Loop>, std::string> open(LoopConfig config);
  ~Loop();

  /// Where it listens, with real ports where 0 was asked for. Valid from open() on.
  std::optional<core::Address> rpc_address() const;
  std::optional<core::Address> serf_address() const;
  std::vector<core::Address> http_addresses() const;

  /// Queues an event for the machine. From any thread; events posted after the end are dropped.
  void post(core::world::Event event);
  /// Writes a log line of the shell's own. From any thread.
  void log(core::world::Logged logged);
  /// Writes a line as it stands to the standard output, between those of the log. From any thread.
  void say(std::string_view line);

  /// Drives `machine` until it exits: Woken first, then whatever happens. Returns the exit's code, when all
  /// earlier effects are carried out: writes are synced, answers and streams sent (for two seconds at most).
  /// Takes over SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE; from the exit on, SIGINT and SIGTERM end the process
  /// as they would without it, should a computation or a disk not come to an end. Call once. `host` and `observer` may
  /// be null; without a host, effects for it are dropped.
  std::int32_t run(core::world::Machine& machine, HostCarrier* host, Observer* observer);

 private:
  struct Impl;
  explicit Loop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io_real::loop
