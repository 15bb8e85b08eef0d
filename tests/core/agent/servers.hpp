// Servers of one region in a world in memory, asked over HTTP.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/agent/agent.hpp"
#include "io-sim/world.hpp"

namespace core::agent {

class Servers : public testing::Test {
 protected:
  using NodeId = io_sim::NodeId;

  static io_sim::Timings timings() {
    io_sim::Timings out;
    out.disk_write = io_sim::Distribution::constant(100us);
    out.disk_sync = io_sim::Distribution::constant(1ms);
    out.compute = io_sim::Distribution::constant(1ms);
    return out;
  }

  /// Starts `count` servers at 10.0.0.1 and so on, and waits for one of them to lead.
  void start(int count, const io_sim::Timings& timings = Servers::timings()) {
    world_ = std::make_unique<io_sim::World>(7, timings);
    for (int i = 1; i <= count; ++i) {
      const std::string ip = "10.0.0." + std::to_string(i);
      Config config;
      config.node_name = "server-" + std::to_string(i);
      config.version = "1.6.5";
      config.server.emplace();
      config.server->node_name = config.node_name;
      config.server->version = config.version;
      config.server->bootstrap_expect = static_cast<std::uint32_t>(count);
      config.server->lan_gossip = true;
      config.server->log_segment_bytes = 256 << 10;
      config.server->rpc_advertise = *Address::parse(ip, io_sim::World::rpc_port);
      config.server->serf_advertise = *Address::parse(ip, io_sim::World::serf_port);
      if (i > 1) config.retry_join = {"10.0.0.1"};
      config.retry_interval = 1s;
      world_->start(world_->add_node(config.node_name, ip, {},
                                     [config](std::uint64_t seed) { return std::make_unique<Agent>(config, seed); }));
    }
    ASSERT_TRUE(wait_for([&] { return leader().has_value(); }));
    // Everybody knows of it, and has a connection to it.
    run(2s);
  }

  /// A client that knows this server.
  NodeId start_client(NodeId of, const std::string& region = "global") {
    Config config;
    config.region = region;
    config.node_name = "client";
    config.version = "1.6.5";
    config.client.emplace();
    config.client->node_name = config.node_name;
    config.client->region = region;
    config.client_servers = {"10.0.0." + std::to_string(of + 1)};
    const NodeId node =
        world_->add_node(config.node_name, "10.0.1." + std::to_string(world_->node_count()), {},
                         [config](std::uint64_t seed) { return std::make_unique<Agent>(config, seed); });
    world_->start(node);
    return node;
  }
  std::string node_id(NodeId client) { return static_cast<const Agent*>(world_->machine(client))->client()->node().id; }

  io_sim::World& world() { return *world_; }
  const server::Server& server(NodeId node) { return *static_cast<const Agent*>(world_->machine(node))->server(); }
  /// The one that leads and has taken everything up.
  std::optional<NodeId> leader() {
    for (NodeId node = 0; node < world_->node_count(); ++node)
      if (world_->is_up(node) && !world_->is_paused(node) && is_server(node) && server(node).is_established())
        return node;
    return std::nullopt;
  }
  bool is_server(NodeId node) { return static_cast<const Agent*>(world_->machine(node))->server() != nullptr; }
  NodeId follower() { return *leader() == 0 ? 1 : 0; }

  /// What it tells under this name (without "nomad."), of the peer when one is named; nothing counted when it tells
  /// none.
  base::Tally metric(NodeId node, const std::string& name, const std::string& peer = "") {
    for (const base::Metric& one : server(node).metrics({world_->now(), {}}))
      if (one.name == name && (peer.empty() || one.labels.at("peer_id") == peer)) return one.value;
    return {};
  }

  /// The same of all that it tells, the agent's own figures included.
  double told(NodeId node, const std::string& counter) {
    const auto body = boost::json::parse(answer(node, "GET", "/v1/metrics").body);
    for (const auto& one : body.at("Counters").as_array())
      if (one.at("Name").as_string() == "nomad." + counter) return one.at("Sum").to_number<double>();
    return -1;
  }

  void run(Duration time) { world_->run_until(world_->now() + time); }
  bool wait_for(const std::function<bool()>& what, Duration patience = 60s) {
    const auto until = world_->now() + patience;
    while (!what()) {
      if (world_->now() >= until) return false;
      run(10ms);
    }
    return true;
  }

  struct Reply {
    bool over = false;
    std::uint16_t status = 0;  // 0: the agent ended
    std::string body;
    std::map<std::string, std::string> headers;
  };
  /// Asks, and does not wait.
  std::shared_ptr<Reply> ask(NodeId node, std::string method, std::string target, std::string body = "") {
    auto reply = std::make_shared<Reply>();
    world_->ask(node, {{}, std::move(method), std::move(target), {}, std::move(body)},
                [reply](std::optional<world::ApiAnswered> answer) {
                  reply->over = true;
                  if (!answer) return;
                  reply->status = answer->status;
                  reply->body = std::move(answer->body);
                  reply->headers = std::move(answer->headers);
                });
    return reply;
  }
  /// Asks, and waits for the answer.
  Reply answer(NodeId node, std::string method, std::string target, std::string body = "", Duration patience = 60s) {
    const auto reply = ask(node, std::move(method), std::move(target), std::move(body));
    EXPECT_TRUE(wait_for([&] { return reply->over; }, patience)) << "no answer";
    return *reply;
  }
  /// A request for a job that places nothing, and weighs as much as it is told to.
  static std::string job_of(const std::string& id, std::size_t bytes) {
    return R"({"Job":{"ID":")" + id + R"(","Name":"x","Type":"batch","Datacenters":["dc1"],"Meta":{"k":")" +
           std::string(bytes, 'x') +
           R"("},"TaskGroups":[{"Name":"g","Count":0,"Tasks":[{"Name":"t","Driver":"raw_exec",)"
           R"("Config":{"command":"/bin/true"}}]}]}})";
  }
  void register_job(const std::string& id, std::size_t bytes) {
    const Reply done = answer(*leader(), "PUT", "/v1/jobs", job_of(id, bytes));
    ASSERT_EQ(done.status, 200) << done.body;
  }

 private:
  std::unique_ptr<io_sim::World> world_;
};

}  // namespace core::agent
