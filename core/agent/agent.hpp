// The pure agent: a server, a client or both, and the API in front of them. Events in, effects out; one
// deadline. Everything it decides comes from its configuration, its seed and the events it was given.
//
// Reading order: agent.cpp (what arrives where), requests.cpp (API requests until they are answered),
// joining.cpp (finding the others), streams.cpp (logs that are followed).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "core/client/client.hpp"
#include "core/server/server.hpp"
#include "core/world/machine.hpp"

namespace core::agent {

struct Config {
  std::string node_name;
  std::string region = "global";
  std::string datacenter = "dc1";
  std::string version;
  bool dev = false;
  std::optional<server::Config> server;
  std::optional<client::Config> client;
  bool leave_on_interrupt = false;
  bool leave_on_terminate = false;
  world::LogLevel log_level = world::LogLevel::info;
  /// Servers to join by gossip, "host[:port]". `start_join` is tried once, and failing it ends the agent;
  /// `retry_join` is tried until it succeeds, or `retry_max` times (0: for ever).
  std::vector<std::string> start_join;
  std::vector<std::string> retry_join;
  Duration retry_interval = 30s;
  std::uint32_t retry_max = 0;
  /// How long whoever connects to the RPC port has to say who it is; zero: as long as it likes.
  Duration rpc_handshake_timeout = 5s;
  /// The servers that a client talks to, "host[:port]".
  std::vector<std::string> client_servers;
  /// What /v1/agent/self shows as the configuration.
  boost::json::value shown;
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (node_name, region, datacenter, version, dev, server, client, leave_on_interrupt,
                       leave_on_terminate, log_level, start_join, retry_join, retry_interval, retry_max,
                       rpc_handshake_timeout, client_servers, shown))

class Agent final : public world::Machine {
 public:
  /// `seed` decides every draw this agent will ever make.
  Agent(Config config, std::uint64_t seed);
  ~Agent() override;

  void handle(Now now, const world::Event& event, world::Effects& effects) override;
  Instant deadline() const override;

  /// For reports and checkers; null where the agent has no such half.
  const server::Server* server() const;
  const client::Client* client() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace core::agent
