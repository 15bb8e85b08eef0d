// What a leader does: send entries, count who has them, commit, and know whether it still leads
// (Raft §5.3, §5.4.2; thesis §6.2, §10.2.1).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {
namespace {

std::uint64_t stamp(Instant now) { return static_cast<std::uint64_t>(now.ns); }

}  // namespace

Progress* Raft::find_peer(const ServerId& id) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr) return nullptr;
  for (Progress& peer : leader->peers)
    if (peer.id == id) return &peer;
  return nullptr;
}

// A follower's answer in our term: it lives, and at `sent_ns` it had not left us.
Progress* Raft::answered(Step& step, const ServerId& from, std::uint64_t sent_ns) {
  Progress* peer = find_peer(from);
  if (peer == nullptr) return nullptr;
  peer->heard = step.now;
  peer->warned = false;
  // Its stamp is our own, sent back; a wrong one must not make a lease from the future.
  if (sent_ns <= stamp(step.now)) peer->lease = std::max(peer->lease, Instant{static_cast<std::int64_t>(sent_ns)});
  return peer;
}

void Raft::on(Step& step, const SharedId& from, const AppendEntriesReply& message) {
  if (message.term > hard_.term) return overtaken(step, message.term);
  if (message.term < hard_.term) return;
  Progress* peer = answered(step, from, message.sent_ns);
  if (peer == nullptr) return;
  if (!message.success) {
    // Our last entry of the follower's conflicting term may be common; failing that, all of the term goes.
    Index hint = message.conflict_index;
    if (message.conflict_term != Term{} && message.previous_index <= log_.last_index()) {
      const Index last = std::min(log_.last_not_after(message.conflict_term), message.previous_index);
      if (log_.term_at(last) == message.conflict_term) hint = std::max(hint, last.next());
    }
    if (peer->rejected(message.previous_index, hint)) replicate_to(step, *peer);
    return;
  }
  if (message.match > log_.last_index())
    return note(step, NoteLevel::error, "a follower confirms entries that were not sent", {{"from", from}});
  confirm(*peer, message.match);
  replicate_to(step, *peer);
  advance_commit(step);
  drive_transfer(step);
}

// The follower's log goes at least that far; if it reaches ours, it needs no snapshot any more.
void Raft::confirm(Progress& peer, Index match) {
  peer.confirmed(match);
  if (peer.mode() == Progress::Mode::snapshot && log_.term_at(peer.match())) peer.caught_up_by_snapshot();
}

void Raft::on(Step& step, const SharedId& from, const HeartbeatReply& message) {
  if (message.term > hard_.term) return overtaken(step, message.term);
  if (message.term < hard_.term) return;
  Progress* peer = answered(step, from, message.sent_ns);
  if (peer == nullptr || message.match > log_.last_index()) return;
  // Ours, sent back; a wrong one must not vouch for a round that is yet to come.
  const auto& leader = std::get<Leader>(role_);
  if (message.round <= leader.round) peer->round = std::max(peer->round, message.round);
  if (!leader.reads.empty()) answer_reads(step);
  // The reply to an append may have been lost; this one tells the same.
  const bool news = message.match > peer->match();
  if (news) confirm(*peer, message.match);
  peer->resume();
  if (message.last_index < message.expected && message.expected >= peer->match()) peer->lost_after(message.last_index);
  replicate_to(step, *peer);
  if (!news) return;
  advance_commit(step);
  drive_transfer(step);
}

void Raft::replicate(Step& step) {
  for (Progress& peer : std::get<Leader>(role_).peers) replicate_to(step, peer);
}

void Raft::replicate_to(Step& step, Progress& peer) {
  if (peer.mode() == Progress::Mode::snapshot) return send_chunks(step, peer);
  const bool probing = peer.mode() == Progress::Mode::probe;
  while (peer.may_send(config_.max_inflight_requests, config_.max_inflight_bytes)) {
    if (peer.next() > log_.last_index() && !probing) return;
    if (peer.next() <= log_.base_index()) return begin_snapshot(step, peer);
    send_append(step, peer);
    if (probing) return;
  }
}

void Raft::send_append(Step& step, Progress& peer) {
  const Index previous{peer.next().value - 1};
  const auto previous_term = log_.term_at(previous);
  check(previous_term.has_value(), "what a follower lacks is still in the log");
  AppendEntries message{.term = hard_.term,
                        .previous_index = previous,
                        .previous_term = *previous_term,
                        .commit = commit_index_,
                        .sent_ns = stamp(step.now),
                        .entries = {}};
  // The first entry always goes, however large: skipping it would leave a hole.
  Index last = previous;
  std::size_t bytes = 0;
  while (last < log_.last_index() && last.value - previous.value < config_.max_append_entries) {
    const std::size_t weight = log_.at(last.next()).weight();
    if (base::mutant("K20") && weight > config_.max_append_bytes && last < log_.last_index()) {
      ++last;
      continue;
    }
    if (bytes > 0 && bytes + weight > config_.max_append_bytes) break;
    bytes += weight;
    ++last;
  }
  message.entries = log_.slice(previous.next(), last);
  if (base::mutant("K20")) {  // the rest moves up to where the entry that is left out was
    std::vector<Entry> kept(message.entries.begin(), message.entries.end());
    std::erase_if(kept, [&](const Entry& entry) { return entry.weight() > config_.max_append_bytes; });
    Index index = message.previous_index;
    for (Entry& entry : kept) entry.index = ++index;
    message.entries = std::move(kept);
  }
  peer.told_commit = std::max(peer.told_commit, std::min(commit_index_, last));
  peer.sent(last, bytes);
  send(step, peer.id, std::move(message));
}

void Raft::send_heartbeat(Step& step, Progress& peer) {
  const bool replicating = peer.mode() == Progress::Mode::replicate;
  const bool clamped = !base::mutant("K16");
  // Past what the follower matches, its log may hold an older leader's entries.
  const Index commit = clamped ? std::min(commit_index_, peer.match()) : commit_index_;
  peer.told_commit = std::max(peer.told_commit, commit);
  send(step, peer.id,
       Heartbeat{hard_.term, commit, replicating ? Index{peer.next().value - 1} : Index{}, stamp(step.now),
                 std::get<Leader>(role_).round});
}

/// The highest index that a quorum of the voters has on disk.
Index Raft::quorum_match() const {
  const auto& leader = std::get<Leader>(role_);
  std::array<Index, Configuration::max_servers> matches;
  std::size_t count = 0;
  if (electable()) matches[count++] = base::mutant("K21") ? log_.last_index() : durable_index_;
  for (const Progress& peer : leader.peers)
    if (peer.voter) matches[count++] = peer.match();
  const std::size_t quorum = configuration().quorum();
  check(count >= quorum, "the leader keeps account of every voter");
  std::sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>());
  return matches[quorum - 1];
}

void Raft::advance_commit(Step& step) {
  auto& leader = std::get<Leader>(role_);
  const Index index = quorum_match();
  // Only an entry of our own term commits by counting replicas, and older ones commit with it. Counted
  // alone, an older one could still be overwritten (Raft §5.4.2, Figure 8).
  if (index <= known_committed_ || (log_.term_at(index) != hard_.term && !base::mutant("K14"))) return;
  for (Index at = std::max(known_committed_.next(), leader.term_start.next()); at <= index; ++at)
    leader.uncommitted_bytes -= std::min(leader.uncommitted_bytes, log_.at(at).weight());
  commit_to(step, index);
}

void Raft::committed_as_leader(Step& step) {
  auto& leader = std::get<Leader>(role_);
  if (!leader.peers.empty()) leader.commit_notice = std::min(leader.commit_notice, step.now + config_.commit_timeout);
  if (configuration_index() > commit_index_ || electable()) return;
  // The configuration that removed or demoted us is committed: our last duty is to let the others know.
  for (Progress& peer : leader.peers) send_heartbeat(step, peer);
  hand_over_at_once(step);
  step_down(step, "no longer a voter of the configuration, stepping down");
}

void Raft::leader_deadline(Step& step) {
  auto& leader = std::get<Leader>(role_);
  if (leader.transfer && step.now >= leader.transfer->gives_up) give_transfer_up(step, "leadership transfer timeout");
  const bool notice = step.now >= leader.commit_notice;
  if (notice) leader.commit_notice = Instant::never();
  if (step.now >= leader.next_chunks) send_held_chunks(step);
  if (step.now >= leader.next_heartbeat) return heartbeat_round(step);  // which tells of the commit too
  for (Progress& peer : leader.peers)
    if (notice && peer.told_commit < std::min(commit_index_, peer.match())) send_heartbeat(step, peer);
}

void Raft::heartbeat_round(Step& step) {
  auto& leader = std::get<Leader>(role_);
  std::size_t heard = electable() ? 1 : 0;
  for (Progress& peer : leader.peers) {
    const Duration silence = step.now - peer.heard;
    if (peer.voter && silence < config_.election_timeout) ++heard;
    if (silence < config_.leader_lease || peer.warned) continue;
    peer.warned = true;
    note(step, NoteLevel::warn, "failed to contact",
         {{"server-id", peer.id}, {"time", fmt::format("{}ms", silence.count() / 1'000'000)}});
  }
  if (heard < configuration().quorum() && !base::mutant("K12"))
    return step_down(step, "failed to contact quorum of nodes, stepping down");
  // Heartbeats do not wait for the disk, so without this a leader whose disk hangs would lead for ever
  // and commit nothing.
  if (disk_stalled(step.now) && configuration().voters() > 1) {
    hand_over_at_once(step);
    return step_down(step, "the disk does not answer, stepping down");
  }
  std::erase_if(leader.peers, [&](const Progress& peer) {
    const bool knows = peer.match() >= peer.leaves_at && peer.told_commit >= peer.leaves_at;
    return peer.leaving() && (knows || step.now >= peer.leaves_by);
  });
  tend_streams(step);
  if (!leader.reads.empty()) ++leader.round;
  for (Progress& peer : leader.peers) send_heartbeat(step, peer);
  leader.next_heartbeat = leader.peers.empty() ? Instant::never() : step.now + config_.heartbeat_timeout / 10;
}

void Raft::step_down(Step& step, const char* why) {
  note(step, NoteLevel::warn, why);
  become_follower(step, hard_.term);
}

Progress* Raft::most_complete_voter() {
  Progress* best = nullptr;
  for (Progress& peer : std::get<Leader>(role_).peers) {
    const bool may_lead = peer.voter || base::mutant("K36");
    const bool usable = may_lead && last_now_ - peer.heard < config_.leader_lease;
    if (usable && (best == nullptr || peer.match() > best->match())) best = &peer;
  }
  return best;
}

// Without waiting for it to catch up: its election may fail, but then the ordinary one follows.
void Raft::hand_over_at_once(Step& step) {
  if (const Progress* heir = most_complete_voter()) send(step, heir->id, TimeoutNow{hard_.term});
}

bool Raft::lease_valid(Instant now) const {
  const auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr || leader->lease_void) return false;
  const Duration lease = base::mutant("K25") ? 8 * config_.leader_lease : config_.leader_lease;
  std::size_t vouching = electable() ? 1 : 0;
  for (const Progress& peer : leader->peers)
    if (peer.voter && peer.lease >= leader->elected && now - peer.lease < lease) ++vouching;
  return vouching >= configuration().quorum();
}

bool Raft::committed_in_term() const {
  const auto* leader = std::get_if<Leader>(&role_);
  return leader != nullptr && commit_index_ >= leader->term_start;
}

}  // namespace core::raft
