#include "core/server/server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/server/impl.hpp"

namespace core::server {

Server::Server(Config config, Rng rng) : impl_(std::make_unique<Impl>(std::move(config), rng)) {}
Server::~Server() = default;
Server::Server(Server&&) noexcept = default;
void Server::handle(Now now, const Event& event, Effects& effects) { impl_->handle(now, event, effects); }
Instant Server::deadline() const { return impl_->deadline(); }

const state::State& Server::state() const {
  static const state::State empty;
  return impl_->consensus_ ? impl_->consensus_->state() : empty;
}
const raft::Raft* Server::raft() const { return impl_->consensus_ ? impl_->consensus_->raft() : nullptr; }
const Snapshotting::Stats& Server::snapshots() const {
  static const Snapshotting::Stats none;
  return impl_->consensus_ ? impl_->consensus_->snapshot_stats() : none;
}
const gossip::Gossip* Server::gossip() const { return impl_->membership_ ? &impl_->membership_->gossip() : nullptr; }
const std::string& Server::id() const { return impl_->id_; }
bool Server::is_leader() const { return impl_->consensus_ && impl_->consensus_->is_leader(); }
bool Server::is_established() const { return impl_->established_; }
bool Server::holds_lease(Now now) const { return raft() != nullptr && raft()->lease_valid(now.instant); }
std::optional<Address> Server::leader_address() const { return impl_->leader_address(); }

Duration Server::last_contact(Now now) const {
  if (raft() == nullptr || is_leader()) return Duration{};
  const auto heard = raft()->last_contact(now.instant);
  return heard ? now.instant - *heard : Duration::max();
}

std::vector<std::string> Server::server_addresses() const {
  std::vector<std::string> out;
  if (!impl_->membership_) return out;
  for (const auto& [id, server] : impl_->membership_->region_servers())
    if (server.alive()) out.push_back(server.rpc.text());
  return out;
}

std::vector<base::Metric> Server::metrics(Now now) const {
  if (!impl_->consensus_) return {};
  std::vector<base::Metric> out = impl_->consensus_->metrics(now.instant);
  out.push_back(base::Metric::counter_of("nomad.plan.node_rejected", impl_->node_rejected_));
  out.push_back(base::Metric::counter_of("nomad.raft.misdirected", impl_->misdirected_));
  out.push_back(base::Metric::counter_of("nomad.member.duplicate_id", impl_->membership_->duplicate_ids()));
  out.push_back(base::Metric::counter_of("nomad.member.duplicate_address", impl_->duplicate_addresses_));
  return out;
}

const Autopilot& Server::autopilot() const { return impl_->autopilot_; }
model::AutopilotConfig Server::autopilot_config() const { return impl_->autopilot_config(); }

Server::Stats Server::stats() const {
  const EvalBroker::Stats broker = impl_->broker_.stats();
  return {broker.ready,
          broker.waiting,
          broker.outstanding,
          impl_->blocked_.size(),
          impl_->plan_queue_.size(),
          impl_->heartbeats_.size()};
}

Server::Impl::Impl(Config config, Rng rng)
    : config_(std::move(config)), rng_(rng), heartbeats_(config_.heartbeats, rng_.fork()), broker_({}) {}

void Server::Impl::log(Effects& effects, world::LogLevel level, std::string module, std::string message,
                       std::vector<world::LogField> fields) {
  effects.world.push_back(world::Logged{level, std::move(module), std::move(message), std::move(fields)});
}

std::optional<Address> Server::Impl::leader_address() const {
  if (!consensus_ || consensus_->raft() == nullptr) return std::nullopt;
  const auto& leader = consensus_->raft()->leader();
  if (!leader) return std::nullopt;
  if (*leader == id_) return config_.rpc_advertise;
  if (const auto* member = membership_->find(*leader)) return member->rpc;
  const raft::Server* peer = consensus_->raft()->configuration().find(*leader);
  return peer != nullptr ? Address::parse(peer->address) : std::nullopt;
}

void Server::Impl::handle(Now now, const Event& event, Effects& effects) {
  if (broken_) return;
  std::visit(
      [&]<class T>(const T& what) {
        constexpr bool of_the_start = std::same_as<T, world::Woken> || std::same_as<T, world::DirectoryRead> ||
                                      std::same_as<T, world::DiskBatchDone>;
        if (running_ || of_the_start)
          on(now, what, effects);
        else if (early_.size() < max_early_events)
          early_.push_back(what);
      },
      event);
}

void Server::Impl::on(Now now, const world::Woken&, Effects& effects) {
  running_ ? wake(now, effects) : start(effects);
}

void Server::Impl::on(Now now, const world::DirectoryRead& read, Effects& effects) {
  directory_read(now, read, effects);
}

void Server::Impl::on(Now now, const world::DiskBatchDone& done, Effects& effects) {
  if (Consensus::owns(done.token) && consensus_) {
    std::vector<Consensus::Output> outputs;
    consensus_->disk_done(now, done, outputs, effects.world);
    digest(now, std::move(outputs), effects);
  } else if (const auto write = gossip_writes_.find(done.token); write != gossip_writes_.end()) {
    const auto of = write->second;
    gossip_writes_.erase(write);
    gossip_file_written(now, of, done.error, effects);
  } else {
    start_written(now, done, effects);
  }
}

void Server::Impl::on(Now now, const world::DatagramReceived& received, Effects& effects) {
  gossip_event(now, gossip::DatagramReceived{received.from, received.bytes}, effects);
}

void Server::Impl::on(Now now, const world::StreamAccepted& accepted, Effects& effects) {
  gossip_event(now, gossip::StreamAccepted{{accepted.stream.value}, accepted.peer}, effects);
}

void Server::Impl::on(Now now, const world::StreamConnected& connected, Effects& effects) {
  gossip_event(now, gossip::StreamConnected{{connected.stream.value}}, effects);
}

void Server::Impl::on(Now now, const world::StreamReceived& received, Effects& effects) {
  gossip_event(now, gossip::StreamReceived{{received.stream.value}, received.bytes}, effects);
}

// A stream that never opened fails; one that did is closed. Gossip takes either for ones it knows.
void Server::Impl::on(Now now, const world::StreamClosed& closed, Effects& effects) {
  gossip_event(now, gossip::StreamFailed{{closed.stream.value}, closed.reason}, effects);
  gossip_event(now, gossip::StreamClosed{{closed.stream.value}}, effects);
}

void Server::Impl::on(Now now, const world::Computed& what, Effects& effects) {
  if (!Consensus::owns(what.token)) return computed(now, what, effects);
  std::vector<Consensus::Output> outputs;
  consensus_->computed(now, what, outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

void Server::Impl::on(Now now, const Asked& what, Effects& effects) {
  const auto* carried = std::get_if<wire::rpc::RaftCarried>(&what.body);
  if (carried == nullptr) return asked(now, what, effects);
  if (carried->to != id_) return misdirected(now, *carried, effects);
  std::vector<Consensus::Output> outputs;
  consensus_->deliver(now, carried->from, carried->message, outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

// Whoever sends it holds this address for another server's: one of before, or of another cluster.
void Server::Impl::misdirected(Now now, const wire::rpc::RaftCarried& carried, Effects& effects) {
  ++misdirected_;
  if (now.instant < tell_misdirected_) return;
  tell_misdirected_ = now.instant + misdirected_interval;
  log(effects, world::LogLevel::error, "nomad.raft",
      "ignoring a Raft message that is for another server: somebody has this server's address for another's",
      {{"from", carried.from}, {"to", carried.to}, {"self", id_}});
}

void Server::Impl::on(Now now, const Answered& answered, Effects& effects) {
  const auto found = calls_.find(answered.call);
  if (found == calls_.end()) return;
  const auto of = std::move(found->second);
  calls_.erase(found);
  if (const auto* forwarded = std::get_if<Forwarded>(&of))
    reply(forwarded->asked, answered.body, effects);
  else
    peers_answered(now, std::get<AskedPeers>(of), answered.body, effects);
}

void Server::Impl::on(Now now, const PeerLost& lost, Effects& effects) {
  const ServerMember* member = membership_->find_by_rpc(lost.address);
  if (member == nullptr) return;
  std::vector<Consensus::Output> outputs;
  consensus_->peer_unreachable(now, member->id, outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

void Server::Impl::on(Now, const AskerLost& lost, Effects&) {
  for (auto& [node, waiting] : waiting_nodes_)
    std::erase_if(waiting, [&](const WaitingNode& one) { return one.asked.connection == lost.connection; });
  std::erase_if(waiting_nodes_, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(held_, [&](const Held& one) { return one.asked.connection == lost.connection; });
}

void Server::Impl::on(Now now, const WriteRequested& request, Effects& effects) {
  if (!established_) return effects.outputs.push_back(Refused{request.tag, "No cluster leader"});
  propose(now, *request.command, ForTag{request.tag}, effects);
}

void Server::Impl::on(Now now, const ReadRequested& request, Effects& effects) {
  std::vector<Consensus::Output> outputs;
  reads_.emplace(consensus_->read(now, outputs, effects.world), request.tag);
  digest(now, std::move(outputs), effects);
}

void Server::Impl::on(Now now, const JoinRequested& join, Effects& effects) {
  const gossip::RequestId request{++last_join_};
  joins_.emplace(request, join.tag);
  gossip_event(now, gossip::JoinRequested{request, join.addresses}, effects);
}

void Server::Impl::on(Now now, const LeaveRequested&, Effects& effects) { begin_leave(now, effects); }

void Server::Impl::on(Now now, const ForceLeaveRequested& leave, Effects& effects) {
  const bool full = membership_->gossip().members().contains(leave.name);
  gossip_event(now, gossip::ForceLeaveRequested{full ? leave.name : leave.name + "." + config_.region, leave.prune},
               effects);
}

void Server::Impl::on(Now now, const KeysRequested& keys, Effects& effects) {
  const gossip::RequestId request{++last_join_};
  key_requests_.emplace(request, keys.tag);
  gossip_event(now, gossip::KeysRequested{request, keys.operation, keys.key, keys.relay_factor}, effects);
}

void Server::Impl::on(Now now, const SettingsChanged& changed, Effects& effects) {
  if (changed.snapshot_threshold != 0) config_.snapshot_threshold = changed.snapshot_threshold;
  if (changed.snapshot_interval != Duration{}) config_.snapshot_interval = changed.snapshot_interval;
  if (changed.trailing_logs != 0) config_.trailing_logs = changed.trailing_logs;
  std::vector<Consensus::Output> outputs;
  consensus_->reload(now, config_.snapshot_threshold, config_.snapshot_interval, config_.trailing_logs, outputs,
                     effects.world);
  digest(now, std::move(outputs), effects);
}

void Server::Impl::wake(Now now, Effects& effects) {
  std::vector<Consensus::Output> outputs;
  consensus_->wake(now, outputs, effects.world);
  digest(now, std::move(outputs), effects);
  if (membership_->deadline() <= now.instant) gossip_event(now, gossip::Woken{}, effects);
  if (ask_peers_again_ <= now.instant) {
    ask_peers_again_ = Instant::never();
    try_bootstrap(now, effects);
  }
  while (!waiting_until_.empty() && waiting_until_.begin()->first <= now.instant) {
    const std::string node_id = waiting_until_.begin()->second;
    waiting_until_.erase(waiting_until_.begin());
    answer_waiting(now, node_id, effects);
  }
  if (send_away_at_ <= now.instant) send_waiting_away(effects);
  office_lost_in_transfer(now, effects);
  release_held(now, effects);
  if (established_) leader_wake(now, effects);
  continue_leave(now, effects);
}

Instant Server::Impl::deadline() const {
  if (broken_) return Instant::never();
  if (!running_)
    return reading_identity_ || reading_raft_ || reading_log_ || reading_snapshot_ || reading_snapshots_ || syncing_ ||
                   writing_identity_
               ? Instant::never()
               : Instant{};
  Instant next = std::min({consensus_->deadline(), membership_->deadline(), ask_peers_again_});
  if (!waiting_until_.empty()) next = std::min(next, waiting_until_.begin()->first);
  if (!held_.empty()) next = std::min(next, held_.front().until);
  if (!waiting_nodes_.empty()) next = std::min(next, send_away_at_);
  if (leave_ != Leave::no && leave_ != Leave::done) next = std::min(next, leave_step_ends_);
  if (transfer_) next = std::min(next, transfer_->until);
  if (established_)
    next = std::min({next, heartbeats_.deadline(), broker_.deadline(last_now_), flush_updates_at_, reconcile_at_,
                     look_at_servers_, unblock_failed_at_});
  return next;
}

void Server::Impl::propose(Now now, state::Command command, Purpose purpose, Effects& effects) {
  if (restore_closes() && !std::holds_alternative<ForRestore>(purpose))
    return refuse(now, purpose, "a snapshot is being restored", effects);
  std::vector<Consensus::Output> outputs;
  const raft::ProposalId id = consensus_->propose(now, std::move(command), outputs, effects.world);
  purposes_.emplace(id, std::move(purpose));
  digest(now, std::move(outputs), effects);
}

const raft::Server* Server::Impl::find_peer(const std::string& id, const std::string& address) const {
  for (const raft::Server& peer : consensus_->raft()->configuration().servers)
    if (address.empty() ? peer.id == id : peer.address == address) return &peer;
  return nullptr;
}

namespace {

std::string not_a_peer(const std::string& id, const std::string& address) {
  const std::string what = address.empty() ? "id \"" + id : "address \"" + address;
  return what + "\" was not found in the Raft configuration";
}

}  // namespace

void Server::Impl::on(Now now, const RemovePeerRequested& request, Effects& effects) {
  const raft::Server* peer = find_peer(request.id, request.address);
  if (peer == nullptr) return effects.outputs.push_back(Refused{request.tag, not_a_peer(request.id, request.address)});
  std::vector<Consensus::Output> outputs;
  // Gossip may hold it for alive for a while: who was taken out by hand is not taken in again at once for that.
  removed_by_hand_.insert_or_assign(peer->id, now.instant + reconcile_interval);
  const raft::ProposalId proposal = consensus_->change(now, raft::RemoveServer{peer->id}, outputs, effects.world);
  purposes_.emplace(proposal, ForTag{request.tag});
  digest(now, std::move(outputs), effects);
}

void Server::Impl::on(Now now, const TransferRequested& request, Effects& effects) {
  const auto refuse_it = [&](std::string why) { effects.outputs.push_back(Refused{request.tag, std::move(why)}); };
  if (!consensus_->is_leader()) return refuse_it("No cluster leader");
  if (transfer_ || leave_ != Leave::no) return refuse_it("leadership transfer in progress");
  std::optional<raft::ServerId> target;
  if (!request.id.empty() || !request.address.empty()) {
    const raft::Server* peer = find_peer(request.id, request.address);
    if (peer == nullptr) return refuse_it(not_a_peer(request.id, request.address));
    if (peer->suffrage != raft::Suffrage::voter && !base::mutant("K36"))
      return refuse_it("server \"" + peer->id + "\" does not vote, so it cannot lead");
    target = peer->id;
  }
  transfer_ = Transferring{request.tag, target.value_or("")};
  std::vector<Consensus::Output> outputs;
  consensus_->transfer(now, std::move(target), outputs, effects.world);
  digest(now, std::move(outputs), effects);
}

// Raft gave it up, or this server leads no more: to whom its office went is not always known yet.
void Server::Impl::transfer_ended(Now now, const std::string& error, Effects& effects) {
  if (transfer_ && error.empty()) {
    transfer_->until = now.instant + hold_timeout;
    return office_lost_in_transfer(now, effects);
  }
  if (const auto transfer = std::exchange(transfer_, std::nullopt))
    effects.outputs.push_back(Refused{transfer->tag, error});
  drop_restored_parts(now, effects);
}

// It went well when the one that was meant is known to lead, and not before: an election may have come between.
void Server::Impl::office_lost_in_transfer(Now now, Effects& effects) {
  if (!transfer_ || transfer_->until == Instant::never()) return;
  const auto& leader = consensus_->raft()->leader();
  if (!leader && transfer_->until > now.instant) return;
  const Transferring done = *std::exchange(transfer_, std::nullopt);
  const bool went_well = leader && *leader != id_ && (done.target.empty() || *leader == done.target);
  if (went_well) return effects.outputs.push_back(Committed{done.tag, consensus_->state().index(), {}});
  effects.outputs.push_back(Refused{
      done.tag, !leader ? "this server leads no more, and it is not known yet which server does"
                        : fmt::format("this server lost its leadership, and server \"{}\" was elected", *leader)});
}

}  // namespace core::server
