// Gossip's news, the first bootstrap, the peer set kept equal to the members, and a server's own leave
// (server-internals.md §3 to §5).
#include <algorithm>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/server/impl.hpp"

namespace core::server {
namespace {

constexpr Duration ask_peers_interval = 1s;  // doubled each time
constexpr std::uint32_t max_peer_attempts = 6;

}  // namespace

void Server::Impl::gossip_event(Now now, const gossip::Event& event, Effects& effects) {
  Membership::News news;
  membership_->handle(now, event, effects.world, news);
  for (const gossip::JoinFinished& join : news.joins) {
    const auto found = joins_.find(join.request);
    if (found == joins_.end()) continue;
    std::string error;
    for (const std::string& one : join.errors) error += (error.empty() ? "" : "; ") + one;
    effects.outputs.push_back(Joined{found->second, static_cast<int>(join.joined), error});
    joins_.erase(found);
  }
  for (gossip::KeysFinished& keys : news.keys) {
    const auto found = key_requests_.find(keys.request);
    if (found == key_requests_.end()) continue;
    effects.outputs.push_back(KeysDone{found->second, std::move(keys.tally), std::move(keys.error)});
    key_requests_.erase(found);
  }
  for (Membership::News::Write& write : news.writes) write_gossip_file(std::move(write), effects);
  if (news.left && leave_ == Leave::leaving_gossip) {
    leave_ = Leave::waiting_for_removal;
    leave_step_ends_ = now.instant + leave_patience;
  }
  for (const std::string& id : news.reaped_ids)
    if (consensus_->raft()->configuration().contains(id)) reaped_.insert(id);
  if (news.members_changed) {
    try_bootstrap(now, effects);
    if (established_) reconcile(now, effects);
    release_held(now, effects);
  }
  continue_leave(now, effects);
}

void Server::Impl::write_gossip_file(Membership::News::Write write, Effects& effects) {
  const world::DiskToken token{2 * ++last_disk_token_};
  gossip_writes_.emplace(token, write.of);
  effects.world.push_back(world::DiskBatch{token, std::move(write.ops)});
}

void Server::Impl::gossip_file_written(Now now, Membership::News::Write::Of of, const std::string& error,
                                       Effects& effects) {
  using Of = Membership::News::Write::Of;
  // A snapshot only helps to find the pool again; without its keyring this server is locked out of it.
  if (!error.empty() && of == Of::snapshot)
    log(effects, world::LogLevel::warn, "nomad", "failed to write the serf snapshot", {{"error", error}});
  else if (!error.empty())
    log(effects, world::LogLevel::error, "nomad", "failed to write the gossip keyring", {{"error", error}});
  if (of == Of::keyring)
    gossip_event(now, gossip::KeyringWritten{error.empty() ? "" : "Error writing keyring file: " + error}, effects);
}

void Server::Impl::try_bootstrap(Now now, Effects& effects) {
  if (bootstrapped_ || config_.bootstrap_expect == 0) return;
  if (consensus_->raft()->last_index().value != 0) {
    bootstrapped_ = true;
    return;
  }
  raft::Configuration configuration;
  for (const auto& [id, server] : membership_->region_servers()) {
    if (!server.alive()) continue;
    if (server.expect != 0 && server.expect != config_.bootstrap_expect) {
      log(effects, world::LogLevel::error, "nomad",
          "peer has a conflicting expect value. All nodes should expect the same number",
          {{"member", server.name}, {"member_expect", std::to_string(server.expect)}});
      candidates_.clear();
      return;
    }
    configuration.servers.push_back({id, server.rpc.text(), raft::Suffrage::voter});
  }
  if (configuration.servers.size() < config_.bootstrap_expect) {
    candidates_.clear();
    return;
  }
  std::vector<std::string> candidates;
  for (const raft::Server& server : configuration.servers) candidates.push_back(server.id);
  if (candidates != candidates_) {
    // An answer of before says nothing: who had no peers may have begun a cluster with others since.
    candidates_ = std::move(candidates);
    peer_attempts_ = 0;
    ++peers_round_;
    asked_for_peers_.clear();
    without_peers_.clear();
  }
  // Somebody may have been bootstrapped already: then we are to be added, not to start a second cluster.
  bool all_answered = true;
  for (const raft::Server& server : configuration.servers) {
    if (server.id == id_ || without_peers_.contains(server.id)) continue;
    all_answered = false;
    if (!asked_for_peers_.insert(server.id).second) continue;
    const wire::rpc::CallId call{++last_call_};
    calls_.emplace(call, AskedPeers{server.id, peers_round_});
    effects.outputs.push_back(Call{call, membership_->find(server.id)->rpc, wire::rpc::RaftPeersWanted{}, Duration{}});
  }
  if (!all_answered) return;
  bootstrapped_ = true;
  log(effects, world::LogLevel::info, "nomad", "found expected number of peers, attempting to bootstrap cluster...",
      {{"peers", std::to_string(configuration.servers.size())}});
  std::vector<Consensus::Output> outputs;
  consensus_->bootstrap(now, std::move(configuration), outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

void Server::Impl::peers_answered(Now now, const AskedPeers& asked, const wire::rpc::Body& body, Effects& effects) {
  const std::string& server_id = asked.server_id;
  const bool late = asked.round != peers_round_;
  if (!late) asked_for_peers_.erase(server_id);
  const auto* peers = std::get_if<wire::rpc::RaftPeers>(&body);
  if (peers != nullptr && !peers->server_ids.empty()) {
    bootstrapped_ = true;
    log(effects, world::LogLevel::info, "nomad", "Existing Raft peers reported, disabling bootstrap mode",
        {{"server", server_id}});
    return;
  }
  if (late) return;
  // Who would begin with others than we, or knows too few yet, is asked again, until gossip has told both of us of all:
  // each beginning by itself, the two could come to two clusters, of which neither knows the other's majority. Who
  // begins nothing, whatever it knows, agrees.
  const ServerMember* const member = membership_->find(server_id);
  const bool begins_nothing = peers != nullptr && peers->candidates.empty() && member != nullptr && member->expect == 0;
  const bool agrees = peers != nullptr && (begins_nothing || peers->candidates == candidates_);
  if (agrees || (peers != nullptr && base::mutant("M25"))) {
    without_peers_.insert(server_id);
    return try_bootstrap(now, effects);
  }
  // That, or it did not answer: ask again, ever more slowly.
  if (ask_peers_again_ != Instant::never()) return;
  peer_attempts_ = std::min(peer_attempts_ + 1, max_peer_attempts);
  ask_peers_again_ = now.instant + ask_peers_interval * (1 << (peer_attempts_ - 1));
}

void Server::Impl::reconcile(Now now, Effects& effects) {
  if (!established_ || changing_peers_ || leave_ != Leave::no) return;
  const raft::Configuration& peers = consensus_->raft()->configuration();
  std::erase_if(at_taken_address_, [&](const std::string& id) {
    const ServerMember* member = membership_->find(id);
    return member == nullptr || !member->alive();
  });
  std::optional<raft::ConfigurationChange> change;
  std::optional<raft::ConfigurationChange> swapped;  // of two that live, each is where the other was: one goes first
  for (const auto& [id, member] : membership_->region_servers()) {
    const auto peer =
        std::find_if(peers.servers.begin(), peers.servers.end(), [&](const auto& p) { return p.id == id; });
    const bool present = peer != peers.servers.end();
    // Our own entry, too: alone after a move, nobody else can correct it.
    const bool wrong = present ? peer->address != member.rpc.text() : id != id_;
    const auto removed = removed_by_hand_.find(id);
    const bool stays_out = !present && removed != removed_by_hand_.end() && now.instant < removed->second;
    if (member.alive() && wrong && !stays_out) {
      // The same address under another id is a server that lost its disk: the old one goes first.
      const auto stale = std::find_if(peers.servers.begin(), peers.servers.end(),
                                      [&](const auto& p) { return p.address == member.rpc.text() && p.id != id; });
      if (stale != peers.servers.end() && is_taken(stale->id, member, effects)) {
        if (stale->id != id_ && membership_->find(stale->id)->rpc != member.rpc)
          swapped = raft::RemoveServer{stale->id};
        continue;
      }
      // Who comes new has no vote until autopilot has found it well for a while.
      if (stale != peers.servers.end())
        change = raft::RemoveServer{stale->id};
      else if (present && peer->suffrage == raft::Suffrage::voter)
        change = raft::AddVoter{id, member.rpc.text()};
      else
        change = raft::AddNonvoter{id, member.rpc.text()};
      break;
    }
    if (member.gone() && present && id != id_) {
      change = raft::RemoveServer{id};
      break;
    }
  }
  if (!change) change = next_reaped();
  if (!change) change = swapped;
  if (!change) return;
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (requires { what.address; })
          log(effects, world::LogLevel::info, "nomad", "adding raft peer",
              {{"peer_id", what.id}, {"peer_address", what.address}});
        else
          log(effects, world::LogLevel::info, "nomad", "removing server by ID", {{"id", what.id}});
      },
      *change);
  std::vector<Consensus::Output> outputs;
  changing_peers_ = consensus_->change(now, *change, outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

// Whether the address of `member` is that of another one that lives: a copied configuration. One that lost its disk is
// alive under its new id alone; one that moved is first told of at its new address.
bool Server::Impl::is_taken(const std::string& by_id, const ServerMember& member, Effects& effects) {
  const ServerMember* const by = membership_->find(by_id);
  if (by == nullptr || !by->alive()) return false;
  if (by->rpc == member.rpc && at_taken_address_.insert(member.id).second) {
    ++duplicate_addresses_;
    log(effects, world::LogLevel::error, "nomad",
        "two servers advertise one RPC address: a configuration was copied. The one that was here first stays; give "
        "the other one an address of its own (advertise.rpc)",
        {{"address", member.rpc.text()}, {"stays", by->name}, {"ignored", member.name}});
  }
  return true;
}

// Whom gossip has forgotten for good, pruned or reaped, is no peer any more.
std::optional<raft::ConfigurationChange> Server::Impl::next_reaped() {
  const raft::Configuration& peers = consensus_->raft()->configuration();
  std::erase_if(reaped_, [&](const std::string& id) {
    return !peers.contains(id) || id == id_ || membership_->find(id) != nullptr;
  });
  if (reaped_.empty()) return std::nullopt;
  return raft::RemoveServer{*reaped_.begin()};
}

// What the leader knows of the servers of its region: what gossip says, and what they last told Raft.
Autopilot::Sight Server::Impl::sight_of_servers(Now now) const {
  const raft::Raft& raft = *consensus_->raft();
  Autopilot::Sight sight;
  // A heartbeat and its answer every tenth of the timeout: with a large raft_multiplier, later than any threshold.
  sight.least_contact = raft.config().heartbeat_timeout / 5;
  sight.answer_patience = raft.config().election_timeout;
  for (const raft::Server& peer : raft.configuration().servers) {
    ServerFacts facts{.id = peer.id, .name = {}, .address = peer.address, .version = {}};
    facts.voter = peer.suffrage == raft::Suffrage::voter;
    if (const ServerMember* member = membership_->find(peer.id)) {
      facts.name = member->name;
      facts.version = member->build;
      facts.serf = member->status;
    }
    if (peer.id == id_) {
      facts.leader = true;
      facts.serf = gossip::MemberStatus::alive;
      facts.last_index = raft.last_index().value;
      facts.last_term = raft.log().last_term().value;
    }
    for (const raft::Progress& progress : raft.progress()) {
      if (progress.id != peer.id) continue;
      facts.last_contact = now.instant - progress.heard;
      facts.last_index = progress.match().value;
      facts.last_term = raft.log().term_at(progress.match()).value_or(raft::Term{}).value;
    }
    sight.servers.push_back(std::move(facts));
  }
  return sight;
}

void Server::Impl::look_at_servers(Now now, Effects& effects) {
  const model::AutopilotConfig config = autopilot_config();
  Autopilot::Sight sight = sight_of_servers(now);
  // A new leader knows nothing of the others until they answer, which takes them a heartbeat.
  const bool unheard = std::ranges::any_of(sight.servers, [](const ServerFacts& one) { return one.last_index == 0; });
  const bool soon = unheard && now.instant < established_at_ + autopilot_interval;
  look_at_servers_ = now.instant + (soon ? consensus_->raft()->config().heartbeat_timeout / 10 : autopilot_interval);
  autopilot_.look(now, config, std::move(sight));
  if (changing_peers_ || leave_ != Leave::no) return;
  const auto change = autopilot_.next_change(now.instant, config);
  if (!change) return;
  const auto* promoted = std::get_if<raft::AddVoter>(&*change);
  const std::string& id = promoted != nullptr ? promoted->id : std::get<raft::RemoveServer>(*change).id;
  const raft::Server* peer = consensus_->raft()->configuration().find(id);
  log(effects, world::LogLevel::info, "nomad.autopilot",
      promoted != nullptr ? "Promoting server" : "removing a server that is dead",
      {{"id", id}, {"address", peer != nullptr ? peer->address : ""}});
  std::vector<Consensus::Output> outputs;
  changing_peers_ = consensus_->change(now, *change, outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

model::AutopilotConfig Server::Impl::autopilot_config() const {
  const auto stored = consensus_ ? consensus_->state().autopilot() : nullptr;
  return stored != nullptr ? *stored : config_.autopilot;
}

void Server::Impl::begin_leave(Now now, Effects& effects) {
  if (leave_ != Leave::no) return;
  log(effects, world::LogLevel::info, "nomad", "server starting leave");
  leave_ = Leave::handing_over;
  leave_step_ends_ = now.instant + leave_patience;
  std::vector<Consensus::Output> outputs;
  if (consensus_->is_leader() && consensus_->raft()->configuration().voters() > 1)
    consensus_->transfer(now, {}, outputs, effects.world);
  digest(now, std::move(outputs), effects);
  continue_leave(now, effects);
}

// Leadership is handed over first, so that a leader without this server removes it, as it does for any member
// that left. Each step has its patience: a leave ends, even when the others cannot be reached.
void Server::Impl::continue_leave(Now now, Effects& effects) {
  if (leave_ == Leave::no || leave_ == Leave::done) return;
  const bool step_over = leave_step_ends_ <= now.instant;
  const raft::Configuration& peers = consensus_->raft()->configuration();
  const bool alone = peers.servers.empty() || (peers.servers.size() == 1 && peers.contains(id_));
  if (leave_ == Leave::handing_over && (alone || !consensus_->is_leader() || step_over)) {
    leave_ = Leave::leaving_gossip;
    leave_step_ends_ = now.instant + 2 * leave_patience;
    return gossip_event(now, gossip::LeaveRequested{}, effects);
  }
  if (leave_ == Leave::leaving_gossip && step_over) {
    leave_ = Leave::waiting_for_removal;
    leave_step_ends_ = now.instant + leave_patience;
  }
  if (leave_ != Leave::waiting_for_removal) return;
  // A leader that takes itself out stays until that is committed: without it nobody would see to it.
  const bool leads = consensus_->is_leader();
  const bool removed = !(leads ? consensus_->raft()->committed_configuration() : peers).contains(id_);
  // Its heir may have died, and this server leads once more: then it takes itself out, or nobody would.
  if (!removed && !alone && leads && !changing_peers_ && leave_step_ends_ > now.instant && !base::mutant("M20")) {
    std::vector<Consensus::Output> outputs;
    changing_peers_ = consensus_->change(now, raft::RemoveServer{id_}, outputs, effects.world);
    return digest(now, std::move(outputs), effects);
  }
  if (!removed && !alone && leave_step_ends_ > now.instant) return;
  if (!removed && !alone)
    log(effects, world::LogLevel::warn, "nomad", "failed to leave raft configuration gracefully, timeout");
  leave_ = Leave::done;
  effects.outputs.push_back(Left{});
}

}  // namespace core::server
