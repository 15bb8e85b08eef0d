// Snapshots: the log gives way to them, and a leader sends one to a follower that its log no longer reaches
// (Raft §7; thesis §5.1).
//
// A follower keeps its log and its state machine as they are until the whole snapshot is checked and on disk, so
// that a half-received one costs it nothing.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {
namespace {

constexpr std::uint64_t max_chunks = std::uint64_t{1} << 32;
constexpr std::uint64_t held_log_share =
    4;                             // of a snapshot under way: more log than this part of it is not held for it
constexpr int abandon_after = 10;  // election timeouts of silence, and a stream's snapshot is let go of

bool same(const SnapshotMeta& meta, Index last_index, Term last_term) {
  return meta.index == last_index && meta.term == last_term;
}

}  // namespace

SnapshotMeta Raft::snapshot_meta() const {
  const auto term = log_.term_at(commit_index_);
  check(term.has_value(), "the last committed entry is in the log or is its base");
  const bool latest = base::mutant("K31");
  const ConfigurationAt& at = latest ? configurations_.back() : configuration_at_commit();
  return {commit_index_, *term, at.index, at.configuration};
}

// ---- compaction

void Raft::on(Step& step, const SnapshotTaken& event) {
  check(event.meta.index <= commit_index_, "a snapshot holds only what is committed");
  if (event.meta.index <= snapshot_.index) return;
  snapshot_ = event.meta;
  compact(step);
}

// As much of the log goes as the snapshot allows, save for what followers that are a little behind will ask for,
// and what one will need that is taking an older snapshot in: it would have to begin again for ever.
void Raft::compact(Step& step) {
  const auto* leader = std::get_if<Leader>(&role_);
  Index to{snapshot_.index.value - std::min(snapshot_.index.value, config_.trailing_logs)};
  std::size_t kept = 0;
  for (Index at = snapshot_.index; at > std::max(to, log_.base_index()); at = Index{at.value - 1}) {
    kept += log_.at(at).weight();
    if (kept > config_.max_trailing_bytes) to = std::max(to, at);
  }
  if (leader != nullptr) {
    const auto hold = [&](Index from, std::uint64_t most) {
      if (log_.weight() <= most) to = std::min(to, from);
    };
    if (leader->snapshot_wanted) hold(*leader->snapshot_wanted, config_.max_held_log_bytes);
    // A large one takes long, and more is written meanwhile. Beside a state of its size, a part of it is little.
    for (const Progress& peer : leader->peers)
      if (peer.stream)
        hold(peer.stream->snapshot->meta.index,
             std::max<std::uint64_t>(config_.max_held_log_bytes, peer.stream->snapshot->bytes() / held_log_share));
  }
  if (to <= log_.base_index()) return;
  note(step, NoteLevel::info, "compacting logs",
       {{"from", std::to_string(log_.first_index().value)}, {"to", std::to_string(to.value)}});
  log_.compact_to(to);
  draft_.base = LogBase{to, log_.base_term()};
  if (draft_.append_from) draft_.append_from = std::max(*draft_.append_from, log_.first_index());
}

// ---- the leader's side

void Raft::begin_snapshot(Step& step, Progress& peer) {
  auto& leader = std::get<Leader>(role_);
  peer.need_snapshot();
  note(step, NoteLevel::info, "a follower needs a snapshot",
       {{"peer", peer.id}, {"log-begins-at", std::to_string(log_.first_index().value)}});
  send_chunks(step, peer);
  if (peer.stream || leader.snapshot_wanted) return;
  leader.snapshot_wanted = commit_index_;
  step.out.push_back(SnapshotWanted{});
}

void Raft::on(Step& step, const SnapshotBuilt& event) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr || !leader->snapshot_wanted) return;
  leader->snapshot_wanted.reset();
  leader->snapshot = event.snapshot;
  check(!event.snapshot || !event.snapshot->chunks.empty(), "a snapshot has a first chunk");
  for (Progress& peer : leader->peers)
    if (peer.mode() == Progress::Mode::snapshot) send_chunks(step, peer);
}

void Raft::send_chunks(Step& step, Progress& peer) {
  const auto& leader = std::get<Leader>(role_);
  if (peer.paused()) return;
  if (!peer.stream) {
    // One that ends before our log begins would leave a gap behind it.
    if (!leader.snapshot || leader.snapshot->meta.index < log_.base_index()) return;
    peer.stream = SnapshotStream{.snapshot = leader.snapshot, .moved = step.now};
  }
  SnapshotStream& stream = *peer.stream;
  const Snapshot& snapshot = *stream.snapshot;
  Payload configuration;
  while (stream.next < snapshot.chunks.size() &&
         (stream.next == stream.acked || stream.bytes_in_flight() < config_.max_snapshot_inflight) &&
         !held_back(step, stream)) {
    if (!configuration) configuration = encode(snapshot.meta.configuration);
    send(step, peer.id,
         InstallSnapshot{.term = hard_.term,
                         .last_index = snapshot.meta.index,
                         .last_term = snapshot.meta.term,
                         .configuration_index = snapshot.meta.configuration_index,
                         .configuration = configuration,
                         .chunk = stream.next,
                         .chunks = snapshot.chunks.size(),
                         .data = snapshot.chunks[stream.next],
                         .sent_ns = static_cast<std::uint64_t>(step.now.ns)});
    pay_for(step, stream, snapshot.chunks[stream.next]->size());
    ++stream.next;
  }
}

// So that a snapshot leaves room on the network, and on the follower's disk, for what others wait for.
bool Raft::held_back(Step& step, const SnapshotStream& stream) {
  if (config_.snapshot_bytes_per_second == 0 || stream.paid_until <= step.now) return false;
  auto& leader = std::get<Leader>(role_);
  leader.next_chunks = std::min(leader.next_chunks, stream.paid_until);
  return true;
}

void Raft::pay_for(Step& step, SnapshotStream& stream, std::uint64_t bytes) const {
  if (config_.snapshot_bytes_per_second == 0) return;
  const Duration takes{static_cast<std::int64_t>(bytes * 1'000'000'000 / config_.snapshot_bytes_per_second)};
  stream.paid_until = std::max(stream.paid_until, step.now - config_.snapshot_burst) + takes;
}

void Raft::send_held_chunks(Step& step) {
  auto& leader = std::get<Leader>(role_);
  leader.next_chunks = Instant::never();
  for (Progress& peer : leader.peers)
    if (peer.mode() == Progress::Mode::snapshot) send_chunks(step, peer);
}

void Raft::on(Step& step, const SharedId& from, const InstallSnapshotReply& message) {
  if (message.term > hard_.term) return become_follower(step, message.term);
  if (message.term < hard_.term) return;
  Progress* peer = answered(step, from, message.sent_ns);
  if (peer == nullptr) return;
  peer->resume();
  if (message.installed) {
    if (log_.term_at(message.last_index) != message.last_term && message.last_index > log_.base_index())
      return note(step, NoteLevel::error, "a follower has a snapshot that was not sent", {{"from", from}});
    confirm(*peer, message.last_index);
    if (peer->mode() == Progress::Mode::snapshot) return begin_snapshot(step, *peer);
    replicate_to(step, *peer);
    advance_commit(step);
    return drive_transfer(step);
  }
  if (!peer->stream || !same(peer->stream->snapshot->meta, message.last_index, message.last_term)) return;
  SnapshotStream& stream = *peer->stream;
  if (message.next_chunk > stream.snapshot->chunks.size()) return;
  // Late news of how far it once was.
  if (message.next_chunk < stream.acked && message.sent_ns < static_cast<std::uint64_t>(stream.moved.ns)) return;
  if (message.next_chunk != stream.acked) stream.moved = step.now;
  // Back to where it wants to go on: it may have been restarted, or have thrown away what did not add up.
  if (message.next_chunk < stream.acked) stream.next = message.next_chunk;
  stream.acked = message.next_chunk;
  stream.next = std::max(stream.next, stream.acked);
  send_chunks(step, *peer);
}

// Lost chunks are sent again after a while; a follower that stays silent must not hold a snapshot in memory.
void Raft::tend_streams(Step& step) {
  auto& leader = std::get<Leader>(role_);
  bool used = leader.snapshot_wanted.has_value();
  bool wanted = false;
  for (Progress& peer : leader.peers) {
    if (peer.mode() != Progress::Mode::snapshot) continue;
    if (peer.stream && step.now - peer.heard > abandon_after * config_.election_timeout) peer.stream.reset();
    if (peer.stream && step.now - peer.stream->moved >= config_.heartbeat_timeout) {
      SnapshotStream& stream = *peer.stream;
      stream.moved = step.now;
      // The last chunk once more asks whether all of it is in use by now.
      stream.next = stream.complete() ? stream.acked - 1 : stream.acked;
      stream.acked = stream.next;
      send_chunks(step, peer);
    }
    const bool silent = step.now - peer.heard > config_.election_timeout;
    if (!peer.stream && !silent) {
      send_chunks(step, peer);
      wanted = wanted || !peer.stream;
    }
    used = used || peer.stream.has_value();
  }
  if (wanted && !leader.snapshot_wanted) {
    used = true;
    leader.snapshot_wanted = commit_index_;
    step.out.push_back(SnapshotWanted{});
  }
  if (!used) leader.snapshot.reset();
}

// ---- the follower's side

// Empty when the message is one a correct leader could send.
std::string Raft::why_malformed(const InstallSnapshot& message) const {
  if (message.last_index == Index{} || message.last_index.value >= max_number) return "its last index";
  if (message.last_term > message.term) return "its last term";
  if (message.chunks == 0 || message.chunks > max_chunks || message.chunk >= message.chunks) return "its chunks";
  if (!message.data || message.data->empty()) return "an empty chunk";
  if (message.configuration_index > message.last_index) return "the index of its configuration";
  if (!message.configuration || !decode_configuration(*message.configuration)) return "its configuration";
  return "";
}

void Raft::on(Step& step, const SharedId& from, const InstallSnapshot& message) {
  InstallSnapshotReply reply{
      .term = hard_.term, .last_index = message.last_index, .last_term = message.last_term, .sent_ns = message.sent_ns};
  if (message.term < hard_.term) return send(step, from, reply);
  if (const auto why = why_malformed(message); !why.empty())
    return note(step, NoteLevel::warn, "refusing a malformed InstallSnapshot", {{"from", from}, {"error", why}});
  if (message.term > hard_.term) become_follower(step, message.term, &from.get());
  if (!follow(step, from)) return;
  reply.term = hard_.term;
  // What is committed here is in the snapshot's past: there is nothing to learn from it.
  if (message.last_index <= commit_index_ && !base::mutant("K30")) {
    reply.installed = true;
    confirmed_ = std::max(confirmed_, message.last_index);
    const PersistSequence needs = std::max(hard_state_sequence(), sequence_holding(message.last_index));
    return send_when_durable(step, needs, from, reply);
  }
  const bool complete = take_chunk(from, message);
  reply.next_chunk = receiving_ ? receiving_->snapshot->chunks.size() : 0;
  send_when_durable(step, hard_state_sequence(), from, reply);
  if (!complete) return;
  note(step, NoteLevel::info, "received a snapshot",
       {{"from", from},
        {"last-index", std::to_string(message.last_index.value)},
        {"size-in-bytes", std::to_string(receiving_->bytes)}});
  step.out.push_back(SnapshotReceived{receiving_->snapshot});
}

// True when this chunk was the last one missing. Chunks are taken in order; what is here already, or comes too
// early, changes nothing, and the answer tells the leader where to go on.
bool Raft::take_chunk(const ServerId& from, const InstallSnapshot& message) {
  const bool goes_on = receiving_ && receiving_->from == from && receiving_->chunks == message.chunks &&
                       same(receiving_->snapshot->meta, message.last_index, message.last_term);
  if (!goes_on) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->meta = {message.last_index, message.last_term, message.configuration_index,
                      *decode_configuration(*message.configuration)};
    receiving_ = Receiving{from, message.chunks, 0, std::move(snapshot)};
  }
  auto& chunks = receiving_->snapshot->chunks;
  if (message.chunk != chunks.size()) return false;
  if (receiving_->bytes + message.data->size() > config_.max_snapshot_bytes) {
    receiving_.reset();
    return false;
  }
  receiving_->bytes += message.data->size();
  chunks.push_back(message.data);
  return chunks.size() == receiving_->chunks;
}

void Raft::on(Step& step, const SnapshotStored& event) {
  if (!event.error.empty()) {
    note(step, NoteLevel::error, "failed to restore snapshot",
         {{"last-index", std::to_string(event.meta.index.value)}, {"error", event.error}});
    if (receiving_ && same(receiving_->snapshot->meta, event.meta.index, event.meta.term)) receiving_.reset();
    return;
  }
  if (receiving_ && same(receiving_->snapshot->meta, event.meta.index, event.meta.term)) receiving_.reset();
  if (event.meta.index <= commit_index_ && !base::mutant("K30")) return;
  install(step, event.meta);
  if (!leader_ || is_leader()) return;
  send_when_durable(
      step, hard_state_sequence(), *leader_,
      InstallSnapshotReply{
          .term = hard_.term, .last_index = event.meta.index, .last_term = event.meta.term, .installed = true});
}

// If the log holds the snapshot's last entry, what follows it stays. Otherwise all of it goes: it lies before the
// snapshot, or is another leader's (§7).
void Raft::install(Step& step, const SnapshotMeta& meta) {
  const bool keeps = log_.term_at(meta.index) == meta.term || (base::mutant("K29") && meta.index <= log_.last_index());
  snapshot_ = meta;
  commit_index_ = meta.index;
  known_committed_ = keeps ? std::max(known_committed_, meta.index) : meta.index;
  confirmed_ = std::max(confirmed_, meta.index);
  step.out.push_back(SnapshotInstalled{meta});
  if (keeps) return compact(step);
  log_.reset(meta.index, meta.term);
  draft_ = {
      .hard_state = draft_.hard_state, .base = LogBase{meta.index, meta.term}, .truncate_from = meta.index.next()};
  // What the disk has under way of the old log vouches for nothing that will follow.
  for (Outstanding& write : outstanding_) write.last = std::min(write.last, meta.index);
  durable_index_ = meta.index;
  configurations_.clear();
  adopt_configuration(step, meta.configuration_index, meta.configuration);
}

}  // namespace core::raft
