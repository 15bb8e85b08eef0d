// What the API may read of the agent, gathered from its parts.
#include <fmt/format.h>

#include "core/agent/impl.hpp"
#include "core/describe/text.hpp"
#include "core/server/membership.hpp"

namespace core::agent {
namespace {

using Section = std::map<std::string, std::string>;

std::string role_name(raft::Role role) {
  switch (role) {
    case raft::Role::leader:
      return "Leader";
    case raft::Role::candidate:
    case raft::Role::pre_candidate:
      return "Candidate";
    case raft::Role::follower:
      return "Follower";
  }
  return "Follower";
}

Section raft_section(const server::Server& server, Now now) {
  const raft::Raft& raft = *server.raft();
  Section out;
  out["state"] = role_name(raft.role());
  out["term"] = std::to_string(raft.term().value);
  out["last_log_index"] = std::to_string(raft.last_index().value);
  out["last_log_term"] = std::to_string(raft.log().term_at(raft.last_index()).value_or(raft::Term{}).value);
  out["commit_index"] = std::to_string(raft.known_committed().value);
  out["applied_index"] = std::to_string(raft.commit_index().value);  // Raft's is what it has handed out to be applied
  out["fsm_pending"] = std::to_string(raft.commit_backlog());
  out["last_snapshot_index"] = std::to_string(server.snapshots().last_index);
  out["last_snapshot_term"] = std::to_string(server.snapshots().last_term);
  out["protocol_version"] = "3";
  out["protocol_version_min"] = "3";
  out["protocol_version_max"] = "3";
  const auto& peers = raft.configuration().servers;
  out["num_peers"] = std::to_string(peers.empty() ? 0 : peers.size() - 1);
  out["latest_configuration_index"] = std::to_string(raft.configuration_index().value);
  out["latest_configuration"] = raft.configuration().text();
  const Duration contact = server.last_contact(now);
  out["last_contact"] = server.is_leader()           ? "0"
                        : contact == Duration::max() ? "never"
                                                     : describe::duration_text(contact);
  return out;
}

api::Metric::Kind kind_of(base::Metric::Kind kind) {
  switch (kind) {
    case base::Metric::Kind::gauge:
      return api::Metric::Kind::gauge;
    case base::Metric::Kind::counter:
      return api::Metric::Kind::counter;
    case base::Metric::Kind::sample:
      break;
  }
  return api::Metric::Kind::sample;
}

void add(std::vector<api::Metric>& out, std::vector<base::Metric> metrics) {
  for (base::Metric& metric : metrics)
    out.push_back({kind_of(metric.kind), std::move(metric.name), std::move(metric.labels), metric.value.count,
                   metric.value.sum, metric.value.least, metric.value.most, metric.value.squares});
}

class AgentView final : public api::View {
 public:
  AgentView(const Config& config, const server::Server* server, const client::Client* client,
            std::function<std::vector<base::Metric>()> metrics, Now now, Duration age)
      : config_(config), server_(server), client_(client), metrics_(std::move(metrics)), now_(now), age_(age) {}

  bool is_server() const override { return server_ != nullptr; }
  bool is_client() const override { return client_ != nullptr; }
  std::string region() const override { return config_.region; }
  std::string datacenter() const override { return config_.datacenter; }
  std::string node_name() const override { return config_.node_name; }
  boost::json::value config() const override { return config_.shown; }

  std::map<std::string, Section> stats() const override {
    std::map<std::string, Section> out;
    out["runtime"] = {{"arch", attribute("cpu.arch", "amd64")},
                      {"kernel.name", attribute("kernel.name", "linux")},
                      {"version", "nomad-cpp " + config_.version}};
    if (client_ != nullptr) out["client"] = client_section();
    if (server_ == nullptr || server_->raft() == nullptr) return out;
    const auto leader = server_->leader_address();
    out["nomad"] = {{"server", "true"},
                    {"leader", server_->is_leader() ? "true" : "false"},
                    {"leader_addr", leader ? leader->text() : ""},
                    {"bootstrap", config_.server->bootstrap_expect == 1 ? "true" : "false"},
                    {"known_regions", std::to_string(regions().size())}};
    out["raft"] = raft_section(*server_, now_);
    const server::Server::Stats stats = server_->stats();
    out["broker"] = {
        {"ready", std::to_string(stats.broker_ready)},     {"waiting", std::to_string(stats.broker_waiting)},
        {"unacked", std::to_string(stats.broker_unacked)}, {"blocked", std::to_string(stats.blocked)},
        {"plan_queue", std::to_string(stats.plan_queue)},  {"heartbeats", std::to_string(stats.heartbeats)}};
    out["serf"] = server_->gossip()->stats();
    out["vault"] = {{"token_expire_time", ""}, {"token_last_renewal_time", ""}, {"tracked_for_revoked", "0"}};
    return out;
  }

  Duration age() const override { return age_; }
  std::vector<api::Metric> metrics() const override {
    std::vector<api::Metric> out;
    add(out, metrics_());
    if (server_ == nullptr) return out;
    add(out, server_->metrics(now_));
    if (server_->gossip() != nullptr) add(out, server_->gossip()->metrics());
    return out;
  }

  const state::State* state() const override { return server_ != nullptr ? &server_->state() : nullptr; }
  // A leader that has not caught up with its own term must not answer for the cluster yet.
  bool is_leader() const override { return server_ != nullptr && server_->is_established(); }
  bool holds_office() const override { return server_ != nullptr && server_->is_leader(); }
  bool holds_lease() const override { return server_ != nullptr && server_->holds_lease(now_); }
  std::string leader_address() const override {
    const auto leader = server_ != nullptr ? server_->leader_address() : std::nullopt;
    return leader ? leader->text() : "";
  }
  Duration last_contact() const override { return server_ != nullptr ? server_->last_contact(now_) : Duration{}; }

  std::vector<api::Member> members() const override {
    std::vector<api::Member> out;
    if (server_ == nullptr || server_->gossip() == nullptr) return out;
    for (const gossip::Member& member : server_->gossip()->members()) {
      const gossip::ProtocolVersions& versions = member.versions();
      out.push_back({member.name(), member.address().ip_text(), member.address().port, member.tags(),
                     gossip::to_string(member.status), versions.protocol_min, versions.protocol_max,
                     versions.protocol_cur, versions.delegate_min, versions.delegate_max, versions.delegate_cur});
    }
    return out;
  }

  std::vector<api::RaftPeer> raft_peers() const override {
    std::vector<api::RaftPeer> out;
    if (server_ == nullptr || server_->raft() == nullptr) return out;
    for (const raft::Server& peer : server_->raft()->configuration().servers) {
      api::RaftPeer row{peer.id, "(unknown)", peer.address, server_->raft()->leader() == peer.id,
                        peer.suffrage == raft::Suffrage::voter};
      for (const gossip::Member& member : server_->gossip()->members())
        if (const auto server = server::server_of(member); server && server->id == peer.id) row.node = member.name();
      out.push_back(std::move(row));
    }
    return out;
  }
  std::uint64_t raft_configuration_index() const override {
    return server_ != nullptr && server_->raft() != nullptr ? server_->raft()->configuration_index().value : 0;
  }

  model::AutopilotConfig autopilot_config() const override {
    return server_ != nullptr ? server_->autopilot_config() : model::AutopilotConfig{};
  }
  api::AutopilotHealth autopilot_health() const override {
    api::AutopilotHealth out;
    if (server_ == nullptr) return out;
    const server::Autopilot& autopilot = server_->autopilot();
    out.healthy = autopilot.healthy();
    out.failure_tolerance = autopilot.failure_tolerance();
    for (const server::ServerHealth& server : autopilot.servers()) {
      const server::ServerFacts& facts = server.facts;
      out.servers.push_back({facts.id, facts.name, facts.address, gossip::to_string(facts.serf), facts.version,
                             facts.leader, facts.voter, server.healthy, facts.last_contact, facts.last_term,
                             facts.last_index, server.stable_since});
    }
    return out;
  }

  std::vector<std::string> regions() const override {
    std::set<std::string> out{config_.region};
    for (const api::Member& member : members())
      if (const auto found = member.tags.find("region"); found != member.tags.end()) out.insert(found->second);
    return {out.begin(), out.end()};
  }

  const model::Node* node() const override { return client_ != nullptr ? &client_->node() : nullptr; }
  std::vector<std::string> known_servers() const override {
    if (client_ != nullptr && server_ == nullptr) return client_->status().servers;
    return server_ != nullptr ? server_->server_addresses() : std::vector<std::string>{};
  }

 private:
  // What the client has found out of this host; a server alone has not looked.
  std::string attribute(const std::string& name, const char* otherwise) const {
    if (client_ == nullptr) return otherwise;
    const auto found = client_->node().attributes.find(name);
    return found == client_->node().attributes.end() ? otherwise : found->second;
  }

  Section client_section() const {
    const client::Status status = client_->status();
    std::string servers;
    for (const std::string& server : known_servers()) servers += (servers.empty() ? "" : ",") + server;
    return {
        {"node_id", status.node_id},
        {"known_servers", servers},
        {"num_allocations", std::to_string(status.allocations)},
        {"last_heartbeat", status.registered ? describe::duration_text(now_.instant - status.last_heartbeat) : "never"},
        {"heartbeat_ttl", describe::duration_text(status.heartbeat_ttl)}};
  }

  const Config& config_;
  const server::Server* server_;
  const client::Client* client_;
  std::function<std::vector<base::Metric>()> metrics_;
  Now now_;
  Duration age_;
};

}  // namespace

std::unique_ptr<api::View> view_of(const Config& config, const server::Server* server, const client::Client* client,
                                   std::function<std::vector<base::Metric>()> metrics, Now now, Duration age) {
  return std::make_unique<AgentView>(config, server, client, std::move(metrics), now, age);
}

}  // namespace core::agent
