// Who leads: pre-votes, votes, and the changes of role (Raft §5.2, §5.4.1; thesis §3.10, §4.2.3, §9.6).
#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {

/// Whether a leader is there to be protected from an election: one heard within the shortest time after
/// which anybody may start one. Judged by time, not by the leader's name being remembered.
bool Raft::hears_leader(Instant now) const {
  if (is_leader()) return true;  // it steps down by itself when it loses its quorum
  return leader_ && contact_ && !contact_lost_ && now - *contact_ < config_.heartbeat_timeout;
}

bool Raft::up_to_date(Index last_index, Term last_term) const {
  if (base::mutant("K04")) return true;
  if (base::mutant("K05")) return last_index >= log_.last_index();
  if (last_term != log_.last_term()) return last_term > log_.last_term();
  return last_index >= log_.last_index();
}

void Raft::arm_timer(Instant now, Duration timeout) {
  const Duration spread = config_.timeout_spread.value_or(timeout / 4);
  timer_ = now + (base::mutant("K08") ? timeout : rng_.between(timeout, timeout + spread));
}

// Granting a pre-vote changes nothing here, least of all the timer: a server that cannot win would
// otherwise keep one that can from trying.
void Raft::on(Step& step, const SharedId& from, const RequestPreVote& message) {
  // The leader I believe in asks: then it does not lead, and there is nothing to protect.
  const bool remembers = base::mutant("K11") && leader_ == from;
  const bool outsider = base::mutant("K13") && !configuration().is_voter(from.get());
  const bool protects = (hears_leader(step.now) && leader_ != from && !outsider) || remembers;
  const bool granted = message.next_term > hard_.term && !protects && up_to_date(message.last_index, message.last_term);
  if (granted && base::mutant("K10")) arm_timer(step.now, config_.heartbeat_timeout);
  send(step, from, RequestPreVoteReply{hard_.term, message.next_term, granted});
  if (up_to_date(message.last_index, message.last_term)) return;
  // Who cannot win over us has lost the leader as well, perhaps just after it refused us for the leader's sake.
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate != nullptr && candidate->pre && message.next_term <= hard_.term.next() &&
      configuration().is_voter(from.get()))
    ask_for_pre_vote(step, from);
  if (role() == Role::follower && !protects && needed_yet() && !disk_stalled(step.now)) start_pre_vote(step);
}

/// A server that its own latest configuration leaves out may hold the only whole copy of that configuration, and of
/// what was to be committed with it: who asks it for a vote cannot win then, and it stands itself (thesis §4.2.2,
/// Figure 4.6).
bool Raft::needed_yet() const {
  return !electable() && configuration().voters() > 0 && configuration_index() > commit_index_;
}

void Raft::on(Step& step, const SharedId& from, const RequestPreVoteReply& message) {
  if (message.term > hard_.term) return overtaken(step, message.term);
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate == nullptr || !candidate->pre || message.next_term != hard_.term.next()) return;
  if (message.granted) record_vote(step, from);
}

void Raft::on(Step& step, const SharedId& from, const RequestVote& message) {
  // While a leader is heard a higher term is not even looked at, else a server that comes back from a
  // partition, or was removed, would depose it (thesis §4.2.3).
  const bool outsider = base::mutant("K13") && !configuration().is_voter(from.get());
  const bool protects =
      !message.transfer && hears_leader(step.now) && leader_ != from && !base::mutant("K09") && !outsider;
  if (message.term > hard_.term && !protects) become_follower(step, message.term);
  const bool vote_free = !hard_.vote || *hard_.vote == from || base::mutant("K03");
  const bool granted = message.term == hard_.term && vote_free && up_to_date(message.last_index, message.last_term);
  if (!granted) return send(step, from, RequestVoteReply{hard_.term, false});
  if (hard_.vote != from) {
    hard_.vote = from;
    draft_.hard_state = true;
  }
  arm_timer(step.now, config_.election_timeout);
  if (base::mutant("K01")) return send(step, from, RequestVoteReply{hard_.term, true});
  send_when_durable(step, hard_state_sequence(), from, RequestVoteReply{hard_.term, true});
}

void Raft::on(Step& step, const SharedId& from, const RequestVoteReply& message) {
  if (message.term > hard_.term) return overtaken(step, message.term);
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (message.term < hard_.term || candidate == nullptr || candidate->pre) return;
  if (message.granted) return record_vote(step, from);
  // Another stands in this term, or it would have been granted as the pre-vote was. When neither wins there is nothing
  // to wait a whole timeout for: one more try after as long as this one takes, and several times as long at the most.
  const Duration took = std::max(step.now - candidate->began, config_.election_timeout / 100);
  if (!base::mutant("K08")) timer_ = std::min(timer_, step.now + rng_.between(took, 8 * took));
}

void Raft::on(Step& step, const SharedId& from, const TimeoutNow& message) {
  if (message.term != hard_.term || leader_ != from || is_leader()) return;
  if (!electable() && !base::mutant("K36")) return;
  start_election(step, true);
}

void Raft::election_timer_fired(Step& step) {
  const bool may_stand = electable() || (base::mutant("K13") && configuration().voters() > 0);
  if (!may_stand || disk_stalled(step.now)) {
    if (leader_ && !hears_leader(step.now)) leader_.reset();
    if (!electable() && std::holds_alternative<Candidate>(role_)) become_follower(step, hard_.term);
    // A server that cannot be elected has nothing to wake up for; a message or a configuration that
    // names it starts the timer again. A stalled disk may come back.
    timer_ = electable() ? step.now + config_.election_timeout : Instant::never();
    return;
  }
  if (role() == Role::follower)
    note(
        step, NoteLevel::warn, "heartbeat timeout reached, starting election",
        {{"last-leader-addr", leader_ && configuration().find(*leader_) ? configuration().find(*leader_)->address : ""},
         {"last-leader-id", leader_.value_or("")}});
  else
    note(step, NoteLevel::warn, "Election timeout reached, restarting election", {});
  if (base::mutant("K09")) return start_election(step, false);
  start_pre_vote(step);
}

void Raft::start_pre_vote(Step& step) {
  role_ = Candidate{.pre = true, .transfer = false, .granted = {}, .began = step.now};
  leader_.reset();
  arm_timer(step.now, config_.election_timeout);
  for (const Server& server : configuration().servers)
    if (server.suffrage == Suffrage::voter && server.id != config_.self) ask_for_pre_vote(step, server.id);
  record_vote(step, config_.self);
}

void Raft::ask_for_pre_vote(Step& step, const SharedId& from) {
  send(step, from, RequestPreVote{hard_.term, hard_.term.next(), log_.last_index(), log_.last_term()});
}

void Raft::start_election(Step& step, bool transfer) {
  hard_ = {hard_.term.next(), config_.self};
  draft_.hard_state = true;
  held_.clear();  // promises to an older term's leader
  confirmed_ = {};
  role_ = Candidate{.pre = false, .transfer = transfer, .granted = {}, .began = step.now};
  leader_.reset();
  arm_timer(step.now, config_.election_timeout);
  note(step, NoteLevel::info, "entering candidate state",
       {{"node", fmt::format("Node at {} [Candidate]", config_.address)}, {"term", std::to_string(hard_.term.value)}});
  // A forgotten vote for itself would let this server vote for another in the same term: asking waits
  // for the disk as answering does, and so does counting its own vote.
  for (const Server& server : configuration().servers)
    if (server.suffrage == Suffrage::voter && server.id != config_.self)
      send_when_durable(step, hard_state_sequence(), server.id,
                        RequestVote{hard_.term, log_.last_index(), log_.last_term(), transfer});
}

void Raft::record_vote(Step& step, const ServerId& from) {
  auto& candidate = std::get<Candidate>(role_);
  auto& granted = candidate.granted;
  if (!configuration().is_voter(from) || std::find(granted.begin(), granted.end(), from) != granted.end()) return;
  granted.push_back(from);
  if (granted.size() < configuration().quorum()) return;
  if (candidate.pre) return start_election(step, false);
  note(step, NoteLevel::info, "election won",
       {{"term", std::to_string(hard_.term.value)}, {"tally", std::to_string(granted.size())}});
  become_leader(step);
}

/// A reply says that a later term has begun.
void Raft::overtaken(Step& step, Term term) {
  if (base::mutant("K07")) return;
  become_follower(step, term);
}

/// To follow `leader` in `term`, or to wait for whoever will lead it.
void Raft::become_follower(Step& step, Term term, const ServerId* leader) {
  check(term >= hard_.term, "terms never go back");
  if (term > hard_.term) {
    hard_ = {term, {}};
    draft_.hard_state = true;
    held_.clear();  // promises to an older term's leader
    confirmed_ = {};
    leader_.reset();
  }
  if (leader != nullptr && leader_ != *leader) leader_ = *leader;
  if (role() == Role::follower) return;
  if (base::mutant("M01")) hard_.vote.reset();
  if (is_leader()) {
    refuse_reads(step);
    // The office is lost; whether the target has it is for the owner to see, by the next leader that is known.
    if (std::get<Leader>(role_).transfer) step.out.push_back(TransferEnded{});
    leader_ = leader == nullptr ? std::nullopt : std::optional(*leader);
    contact_.reset();
  }
  role_ = Follower{};
  arm_timer(step.now, config_.election_timeout);
  const Server* server = leader != nullptr ? configuration().find(*leader) : nullptr;
  note(step, NoteLevel::info, "entering follower state",
       {{"follower", fmt::format("Node at {} [Follower]", config_.address)},
        {"leader-address", server != nullptr ? server->address : ""},
        {"leader-id", leader != nullptr ? *leader : ""}});
}

void Raft::become_leader(Step& step) {
  note(step, NoteLevel::info, "entering leader state",
       {{"leader", fmt::format("Node at {} [Leader]", config_.address)}});
  const Index noop = log_.last_index().next();
  role_ = Leader{.term_start = noop,
                 .peers = {},
                 .elected = step.now,
                 .next_heartbeat = Instant::never(),
                 .commit_notice = Instant::never(),
                 .next_chunks = Instant::never(),
                 .transfer = {},
                 .uncommitted_bytes = 0};
  leader_ = config_.self;
  contact_lost_ = false;
  refresh_peers(step);
  append(step, {.term = hard_.term, .index = noop, .kind = EntryKind::noop, .payload = {}});
  replicate(step);
}

}  // namespace core::raft
