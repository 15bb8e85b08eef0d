#include "core/server/raft_metrics.hpp"

#include <algorithm>
#include <utility>

namespace core::server {
namespace {

using base::Metric;
using base::Tally;

Instant stamped(std::uint64_t sent_ns) { return {static_cast<std::int64_t>(sent_ns)}; }

// A stamp of ours that came back; a wrong one tells nothing.
void add_since(Tally& tally, std::uint64_t sent_ns, Instant now) {
  if (sent_ns != 0 && sent_ns <= static_cast<std::uint64_t>(now.ns)) tally.add(now - stamped(sent_ns));
}

double milliseconds(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

void RaftMetrics::begin(Instant now, const raft::Raft& raft) {
  state_follower_ = 1;  // as hashicorp/raft counts it
  marks_.push_back({raft::Index{}, now});
  next_look_ = now + raft.config().leader_lease;
}

void RaftMetrics::told(Instant now, const raft::Event& event, const raft::Raft& raft) {
  if (const auto* message = std::get_if<raft::MessageReceived>(&event)) return on_message(now, *message, raft);
  if (const auto* persisted = std::get_if<raft::Persisted>(&event)) return on_persisted(now, persisted->sequence);
  if (const auto* batch = std::get_if<raft::BatchProposed>(&event)) apply_ += batch->proposals.size();
  if (std::holds_alternative<raft::ReadRequested>(event)) ++verify_leader_;
}

void RaftMetrics::on_message(Instant now, const raft::MessageReceived& event, const raft::Raft& raft) {
  const auto peer = peers_.find(event.from);
  const bool ours = raft.is_leader() && peer != peers_.end();
  if (const auto* append = std::get_if<raft::AppendEntries>(&event.message)) {
    arriving_ = Arriving{Kind::append_entries, &event.from, append->sent_ns};
  } else if (const auto* beat = std::get_if<raft::Heartbeat>(&event.message)) {
    arriving_ = Arriving{Kind::heartbeat, &event.from, beat->sent_ns};
  } else if (std::holds_alternative<raft::RequestVote>(event.message)) {
    arriving_ = Arriving{Kind::request_vote, &event.from, 0};
  } else if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&event.message)) {
    if (chunk->chunk == 0) receiving_ = receiving_.value_or(now);
  } else if (!ours) {
    return;
  } else if (const auto* appended = std::get_if<raft::AppendEntriesReply>(&event.message)) {
    add_since(peer->second.appends, appended->sent_ns, now);
  } else if (const auto* heard = std::get_if<raft::HeartbeatReply>(&event.message)) {
    add_since(peer->second.heartbeats, heard->sent_ns, now);
  } else if (const auto* taken = std::get_if<raft::InstallSnapshotReply>(&event.message)) {
    if (!taken->installed || !peer->second.sending) return;
    peer->second.snapshots.add(now - *std::exchange(peer->second.sending, std::nullopt));
  }
}

// The answer waits for the disk.
void RaftMetrics::keep_waiting(Instant now) {
  if (!arriving_) return;
  if (waiting_.size() == max_waiting) waiting_.erase(waiting_.begin());
  waiting_.push_back({arriving_->kind, *arriving_->from, arriving_->key, now});
  arriving_.reset();
}

void RaftMetrics::answered(Kind kind, const raft::ServerId& to, std::uint64_t key, Instant now, Tally& tally) {
  if (arriving_ && arriving_->kind == kind && *arriving_->from == to && arriving_->key == key) {
    arriving_.reset();
    return tally.add(Duration{});
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
    return one.kind == kind && one.from == to && one.key == key;
  });
  if (found == waiting_.end()) return;
  // A confirmation tells what those before it would have told, which are not sent then.
  const auto settled = [&](const Waiting& one) {
    if (one.kind != kind || one.from != to) return false;
    tally.add(now - one.since);
    return true;
  };
  const auto end = std::next(found);
  waiting_.erase(std::remove_if(waiting_.begin(), end, settled), end);
}

void RaftMetrics::said(Instant now, const raft::Effect& effect, const raft::Raft& raft) {
  if (const auto* send = std::get_if<raft::Send>(&effect)) return on_send(now, *send);
  if (const auto* persist = std::get_if<raft::Persist>(&effect)) return on_persist(now, *persist, raft);
  if (const auto* committed = std::get_if<raft::Committed>(&effect))
    return on_committed(now, *committed, raft.is_leader());
  if (const auto* change = std::get_if<raft::LeadershipChanged>(&effect)) return on_leadership(*change);
  if (const auto* note = std::get_if<raft::Note>(&effect)) return on_note(*note);
  if (const auto* changed = std::get_if<raft::ConfigurationChanged>(&effect))
    std::erase_if(peers_, [&](const auto& peer) { return changed->configuration.find(peer.first) == nullptr; });
  if (std::holds_alternative<raft::SnapshotInstalled>(effect) && receiving_)
    rpc_install_.add(now - *std::exchange(receiving_, std::nullopt));
}

void RaftMetrics::on_send(Instant now, const raft::Send& send) {
  if (const auto* append = std::get_if<raft::AppendEntries>(&send.message)) {
    peers_[send.to].entries.add(static_cast<double>(append->entries.size()));
  } else if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&send.message)) {
    Peer& peer = peers_[send.to];
    if (chunk->chunk == 0) peer.sending = peer.sending.value_or(now);
  } else if (const auto* appended = std::get_if<raft::AppendEntriesReply>(&send.message)) {
    answered(Kind::append_entries, send.to, appended->sent_ns, now, rpc_append_);
  } else if (const auto* heard = std::get_if<raft::HeartbeatReply>(&send.message)) {
    answered(Kind::heartbeat, send.to, heard->sent_ns, now, rpc_heartbeat_);
  } else if (std::holds_alternative<raft::RequestVote>(send.message)) {
    if (electing_since_) elect_self_.add(now - *std::exchange(electing_since_, std::nullopt));
  } else if (std::holds_alternative<raft::RequestVoteReply>(send.message)) {
    answered(Kind::request_vote, send.to, 0, now, rpc_vote_);
  }
}

void RaftMetrics::on_persist(Instant now, const raft::Persist& persist, const raft::Raft& raft) {
  const bool leads = raft.is_leader();
  mark(now, persist);
  electing_since_ = persist.hard_state && raft.role() == raft::Role::candidate ? std::optional(now) : std::nullopt;
  writes_.push_back({persist.sequence, now, !persist.entries.empty(), leads});
  if (persist.entries.empty() || !leads) return;
  dispatched_ = persist.entries.size();
  appended_.push_back({persist.entries.front().index, persist.entries.back().index, now});
}

void RaftMetrics::on_persisted(Instant now, raft::PersistSequence sequence) {
  for (; !writes_.empty() && writes_.front().sequence <= sequence; writes_.pop_front())
    if (writes_.front().entries) (writes_.front().as_leader ? dispatch_ : rpc_store_).add(now - writes_.front().since);
}

void RaftMetrics::on_committed(Instant now, const raft::Committed& committed, bool leads) {
  if (!leads) return;
  commit_entries_.add(static_cast<double>(committed.last.value - committed.first.value + 1));
  while (!appended_.empty() && appended_.front().first <= committed.last) {
    Appended& batch = appended_.front();
    for (; batch.first <= std::min(batch.last, committed.last); ++batch.first) commit_time_.add(now - batch.at);
    if (batch.first > batch.last) appended_.pop_front();
  }
}

void RaftMetrics::on_leadership(const raft::LeadershipChanged& change) {
  waiting_.clear();
  if (change.role == role_) return;
  role_ = change.role;
  if (role_ == raft::Role::leader) ++state_leader_;
  if (role_ == raft::Role::candidate) ++state_candidate_;
  if (role_ == raft::Role::follower) ++state_follower_;
  if (role_ == raft::Role::leader) return;
  appended_.clear();
  for (auto& [id, peer] : peers_) peer.sending.reset();
}

// Raft tells of its timeouts in the words of hashicorp/raft.
void RaftMetrics::on_note(const raft::Note& note) {
  if (note.text == "heartbeat timeout reached, starting election") ++heartbeat_timeout_;
  if (note.text == "failed to contact quorum of nodes, stepping down") ++leader_lease_timeout_;
  if (note.text == "the disk does not answer, stepping down") ++disk_stalls_;
  if (note.text.starts_with("refusing a malformed ") || note.text == "ignoring a message that no server sends" ||
      note.text == "refusing to replace a committed entry")
    ++refused_messages_;
}

// As often as hashicorp/raft looks whether its lease still holds.
void RaftMetrics::look(Instant now, const raft::Raft& raft) {
  keep_waiting(now);
  if (now < next_look_) return;
  next_look_ = now + raft.config().leader_lease;
  for (const raft::Progress& peer : raft.progress())
    if (peer.voter) last_contact_.add(now - peer.heard);
}

void RaftMetrics::mark(Instant now, const raft::Persist& persist) {
  if (persist.truncate_from)
    while (marks_.size() > 1 && marks_.back().index >= *persist.truncate_from) marks_.pop_back();
  if (persist.base)
    while (marks_.size() > 1 && marks_[1].index <= persist.base->index.next()) marks_.pop_front();
  if (persist.entries.empty()) return;
  const raft::Index first = persist.entries.front().index;
  if (marks_.size() > 1 && first.value < marks_.back().index.value + mark_every) return;
  marks_.push_back({first, now});
  // The entries of one that goes are taken for as old as those before them.
  if (marks_.size() > max_marks) marks_.erase(marks_.begin() + 1);
}

// Of entries that were here before this process it knows no more than that.
double RaftMetrics::oldest_log_age(Instant now, const raft::Raft& raft) const {
  if (raft.last_index() < raft.log().first_index() || marks_.empty()) return 0;
  Instant since = marks_.front().at;
  for (const Mark& mark : marks_)
    if (mark.index <= raft.log().first_index()) since = mark.at;
  return milliseconds(now - since);
}

std::vector<Metric> RaftMetrics::metrics(Instant now, const raft::Raft& raft) const {
  const Duration waits = writes_.empty() ? Duration{} : now - writes_.front().since;
  std::vector<Metric> out{
      Metric::counter_of("raft.apply", apply_),
      Metric::counter_of("raft.barrier", barrier_),
      Metric::counter_of("raft.verify_leader", verify_leader_),
      Metric::counter_of("raft.state.leader", state_leader_),
      Metric::counter_of("raft.state.candidate", state_candidate_),
      Metric::counter_of("raft.state.follower", state_follower_),
      Metric::counter_of("raft.transition.heartbeat_timeout", heartbeat_timeout_),
      Metric::counter_of("raft.transition.leader_lease_timeout", leader_lease_timeout_),
      Metric::counter_of("nomad.raft.refused_message", refused_messages_),
      Metric::counter_of("nomad.raft.disk_stalled", disk_stalls_),
      Metric::gauge_of("nomad.raft.disk_wait_seconds", milliseconds(waits) / 1000),
      Metric::gauge_of("raft.peers", static_cast<double>(raft.configuration().servers.size())),
      Metric::gauge_of("raft.lastIndex", static_cast<double>(raft.last_index().value)),
      Metric::gauge_of("raft.appliedIndex", static_cast<double>(raft.commit_index().value)),
      {Metric::Kind::sample, "raft.candidate.electSelf", {}, elect_self_},
      {Metric::Kind::sample, "raft.commitTime", {}, commit_time_},
      {Metric::Kind::sample, "raft.commitNumLogs", {}, commit_entries_},
      {Metric::Kind::sample, "raft.leader.dispatchLog", {}, dispatch_},
      {Metric::Kind::sample, "raft.leader.lastContact", {}, last_contact_},
      {Metric::Kind::sample, "raft.fsm.apply", {}, fsm_apply_},
      {Metric::Kind::sample, "raft.rpc.appendEntries", {}, rpc_append_},
      {Metric::Kind::sample, "raft.rpc.appendEntries.storeLogs", {}, rpc_store_},
      {Metric::Kind::sample, "raft.rpc.processHeartbeat", {}, rpc_heartbeat_},
      {Metric::Kind::sample, "raft.rpc.requestVote", {}, rpc_vote_},
      {Metric::Kind::sample, "raft.rpc.installSnapshot", {}, rpc_install_},
  };
  if (raft.is_leader()) {
    out.push_back(Metric::gauge_of("raft.leader.dispatchNumLogs", static_cast<double>(dispatched_)));
    out.push_back(Metric::gauge_of("raft.leader.oldestLogAge", oldest_log_age(now, raft)));
  }
  add_peers(out);
  return out;
}

void RaftMetrics::add_peers(std::vector<Metric>& out) const {
  for (const auto& [id, peer] : peers_) {
    const std::map<std::string, std::string> label{{"peer_id", id}};
    out.push_back({Metric::Kind::sample, "raft.replication.appendEntries.rpc", label, peer.appends});
    out.push_back({Metric::Kind::counter, "raft.replication.appendEntries.logs", label, peer.entries});
    out.push_back({Metric::Kind::sample, "raft.replication.heartbeat", label, peer.heartbeats});
    out.push_back({Metric::Kind::sample, "raft.replication.installSnapshot", label, peer.snapshots});
  }
}

}  // namespace core::server
