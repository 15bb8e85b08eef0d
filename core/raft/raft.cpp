#include "core/raft/raft.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"

namespace core::raft {

std::string_view name(Role role) {
  switch (role) {
    case Role::follower:
      return "follower";
    case Role::pre_candidate:
      return "pre-candidate";
    case Role::candidate:
      return "candidate";
    case Role::leader:
      return "leader";
  }
  return "";
}

Raft::Config Raft::Config::scaled(int multiplier) const {
  Config scaled = *this;
  scaled.heartbeat_timeout *= multiplier;
  scaled.election_timeout *= multiplier;
  if (scaled.timeout_spread) *scaled.timeout_spread *= multiplier;
  scaled.leader_lease *= multiplier;
  scaled.commit_timeout *= multiplier;
  return scaled;
}

Raft::Raft(Config config, Restored restored, Rng rng, Instant now)
    : config_(std::move(config)), rng_(rng), last_now_(now), hard_(std::move(restored.hard_state)) {
  check(!config_.self.empty(), "a server has an id");
  check(config_.leader_lease <= config_.heartbeat_timeout, "a lease ends before followers may vote for another");
  if (restored.snapshot) snapshot_ = std::move(*restored.snapshot);
  configurations_.push_back({snapshot_.configuration_index, snapshot_.configuration});
  check(restored.base.index <= snapshot_.index, "what the log no longer holds is in the snapshot");
  log_.reset(restored.base.index, restored.base.term);
  const Index last{restored.base.index.value + restored.entries.size()};
  const Term term_at_snapshot = snapshot_.index == restored.base.index ? restored.base.term
                                : snapshot_.index > last
                                    ? Term{}
                                    : restored.entries[snapshot_.index.value - restored.base.index.value - 1].term;
  if (term_at_snapshot != snapshot_.term) {
    // Power was lost after a snapshot had been installed and before the log began anew after it.
    restored.entries.clear();
    log_.reset(snapshot_.index, snapshot_.term);
    draft_.base = LogBase{snapshot_.index, snapshot_.term};
    draft_.truncate_from = snapshot_.index.next();
    if (hard_.term < snapshot_.term) {
      hard_ = {snapshot_.term, {}};
      draft_.hard_state = true;
    }
  }
  commit_index_ = base::mutant("K26") ? log_.base_index() : snapshot_.index;
  known_committed_ = commit_index_;
  for (Entry& entry : restored.entries) {
    if (entry.kind == EntryKind::configuration && entry.index > snapshot_.configuration_index) {
      auto configuration = decode_configuration(entry.bytes());
      check(configuration.has_value(), "only configurations that can be read get into the log");
      configurations_.push_back({entry.index, std::move(*configuration)});
    }
    log_.append(std::move(entry));
  }
  // A log that knows a later term than the hard state cannot come from our own disk.
  check(hard_.term >= log_.last_term(), "the term is written no later than the entries of it");
  durable_index_ = log_.last_index();
  arm_timer(now, config_.heartbeat_timeout);
  if (alone()) timer_ = now;  // nobody to wait for
}

void Raft::handle(Instant now, const Event& event, Effects& out) {
  check(now >= last_now_, "the monotonic clock does not go back");
  last_now_ = now;
  Step step{now, out};
  std::visit([&](const auto& what) { on(step, what); }, event);
  // After the event: what a peer has said by now counts before the clock does.
  if (now >= timer()) on_deadline(step);
  flush_draft(step);
  announce(step);
}

Instant Raft::deadline() const { return has_more_to_commit() ? last_now_ : timer(); }

Instant Raft::timer() const {
  const auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr) return timer_;
  const Instant soonest = std::min({leader->next_heartbeat, leader->commit_notice, leader->next_chunks});
  return leader->transfer ? std::min(soonest, leader->transfer->gives_up) : soonest;
}

Role Raft::role() const {
  if (is_leader()) return Role::leader;
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate == nullptr) return Role::follower;
  return candidate->pre ? Role::pre_candidate : Role::candidate;
}

const Raft::ConfigurationAt& Raft::configuration_at_commit() const {
  auto at = configurations_.rbegin();
  while (at->index > commit_index_) ++at;
  return *at;
}

const Configuration& Raft::committed_configuration() const { return configuration_at_commit().configuration; }

std::optional<Instant> Raft::last_contact(Instant now) const { return is_leader() ? std::optional(now) : contact_; }

std::span<const Progress> Raft::progress() const {
  const auto* leader = std::get_if<Leader>(&role_);
  return leader == nullptr ? std::span<const Progress>{} : leader->peers;
}

std::vector<PeerReport> Raft::peers() const {
  std::vector<PeerReport> reports;
  if (const auto* leader = std::get_if<Leader>(&role_))
    for (const Progress& peer : leader->peers)
      reports.push_back({peer.id, peer.voter, peer.match(), peer.next(), peer.heard});
  return reports;
}

void Raft::on(Step& step, const Started&) {
  note(step, NoteLevel::info, "initial configuration",
       {{"index", std::to_string(configuration_index().value)}, {"servers", configuration().text()}});
  note(
      step, NoteLevel::info, "entering follower state",
      {{"follower", fmt::format("Node at {} [Follower]", config_.address)}, {"leader-address", ""}, {"leader-id", ""}});
  if (configuration_index() != Index{})
    step.out.push_back(ConfigurationChanged{configuration_index(), configuration()});
}

void Raft::on(Step& step, const MessageReceived& event) {
  const Term term = std::visit([](const auto& message) { return message.term; }, event.message);
  // A term at the end of what there is would leave no later one to be elected in, for good: it is on the disk then. Who
  // has no term yet cannot tell what is too far.
  const bool leaps = hard_.term != Term{} && term.value > hard_.term.value + max_term_leap;
  if (term.value >= max_number || leaps || event.from == config_.self) {
    note(step, NoteLevel::warn, "ignoring a message that no server sends",
         {{"from", event.from}, {"term", std::to_string(term.value)}});
    return;
  }
  std::visit([&](const auto& message) { on(step, event.from, message); }, event.message);
}

void Raft::on(Step& step, const Bootstrap& event) {
  if (!log_.empty() || hard_.term != Term{}) {
    note(step, NoteLevel::warn, "bootstrap only works on new clusters", {{"node", config_.self}});
    return;
  }
  const Configuration configuration = event.configuration.sorted();
  if (const auto why = why_invalid(configuration); !why.empty()) {
    note(step, NoteLevel::error, "cannot bootstrap", {{"error", why}});
    return;
  }
  hard_.term = Term{1};
  draft_.hard_state = true;
  append(step,
         {.term = hard_.term, .index = Index{1}, .kind = EntryKind::configuration, .payload = encode(configuration)});
  arm_timer(step.now, config_.heartbeat_timeout);
  if (alone()) timer_ = step.now;  // nobody to wait for
}

void Raft::on(Step& step, const PeerUnreachable& event) {
  if (Progress* peer = find_peer(event.id)) {
    peer->unreachable();
    const auto& transfer = std::get<Leader>(role_).transfer;
    if (transfer && transfer->target == event.id) give_transfer_up(step, "the target's connection broke");
    return;
  }
  if (leader_ != event.id || is_leader()) return;
  // A leader that was killed closes its connections within milliseconds; waiting for the timeout would cost a second.
  // One after the other stands, lest they split the votes. Who has more to apply could lead only when it has done so,
  // and lets the others go first.
  contact_lost_ = true;
  if (!electable()) return;
  const Duration first =
      commit_backlog() > config_.max_commit_entries ? config_.heartbeat_timeout / 10 : Duration::zero();
  const Duration turn = base::mutant("K08") ? Duration::zero() : config_.heartbeat_timeout / 100;
  timer_ = std::min(timer_, step.now + first + turn * voters_before_this(event.id));
}

// In the order of the configuration, which is the same to all, and without the one that is gone.
int Raft::voters_before_this(const ServerId& gone) const {
  return static_cast<int>(std::ranges::count_if(configuration().servers, [&](const Server& server) {
    return server.suffrage == Suffrage::voter && server.id < config_.self && server.id != gone;
  }));
}

void Raft::on(Step& step, const Persisted& event) {
  check(event.sequence <= sequence_, "only what was to be written can be durable");
  if (event.sequence <= persisted_) return;
  persisted_ = event.sequence;
  auto done = outstanding_.begin();
  for (; done != outstanding_.end() && done->sequence <= persisted_; ++done)
    durable_index_ = std::max(durable_index_, done->last);
  if (base::mutant("M03")) durable_index_ = log_.last_index();
  outstanding_.erase(outstanding_.begin(), done);
  release_held(step);
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate != nullptr && !candidate->pre && hard_state_sequence() <= persisted_) record_vote(step, config_.self);
  if (is_leader()) advance_commit(step);
}

// All confirmations that are held go to this term's leader, and the highest tells what the lower ones do.
void Raft::release_held(Step& step) {
  const auto confirmed = [](const Held& held) {
    const auto* reply = std::get_if<AppendEntriesReply>(&held.message);
    return reply != nullptr && reply->success ? std::optional(reply->match) : std::nullopt;
  };
  const auto is_due = [&](const Held& held) { return held.needs <= persisted_; };
  std::optional<Index> highest;
  for (const Held& held : held_)
    if (is_due(held)) highest = std::max(highest, confirmed(held));
  for (Held& held : held_) {
    const auto match = confirmed(held);
    if (is_due(held) && (!match || match == highest)) send(step, held.to, std::move(held.message));
  }
  std::erase_if(held_, is_due);
}

void Raft::on_deadline(Step& step) {
  if (is_leader())
    leader_deadline(step);
  else
    election_timer_fired(step);
}

// One place tells of leadership, so that a step tells of it at most once and with the final state.
void Raft::announce(Step& step) {
  if (announced_.role == role() && announced_.term == hard_.term && announced_.leader == leader_) return;
  announced_ = {role(), hard_.term, leader_};
  step.out.push_back(announced_);
}

void Raft::note(Step& step, NoteLevel level, std::string text, Fields fields) {
  Note line{level, std::move(text), {}};
  for (const auto& [key, value] : fields) line.fields.push_back({key, value});
  step.out.push_back(std::move(line));
}

void Raft::send(Step& step, const SharedId& to, Message message) { step.out.push_back(Send{to, std::move(message)}); }

void Raft::send_when_durable(Step& step, PersistSequence needs, const SharedId& to, Message message) {
  if (needs <= persisted_) return send(step, to, std::move(message));
  if (held_.size() >= config_.max_held_messages) held_.erase(held_.begin());
  held_.push_back({needs, to, std::move(message)});
}

// All that a step changed becomes one record: the term never reaches the disk apart from the vote, nor
// entries apart from the truncation that made room for them.
void Raft::flush_draft(Step& step) {
  if (draft_.empty()) return;
  ++sequence_;
  Persist persist{.sequence = sequence_,
                  .hard_state = {},
                  .base = draft_.base,
                  .truncate_from = draft_.truncate_from,
                  .entries = {}};
  if (draft_.hard_state) {
    persist.hard_state = hard_;
    hard_state_sequence_ = sequence_;
  }
  if (draft_.append_from) persist.entries = log_.slice(*draft_.append_from, log_.last_index());
  outstanding_.push_back({sequence_, log_.last_index(), step.now});
  draft_ = {};
  step.out.push_back(std::move(persist));
}

/// The Persist effect that term and vote rest on; the one to come when this step changed them.
PersistSequence Raft::hard_state_sequence() const {
  return draft_.hard_state ? sequence_.next() : hard_state_sequence_;
}

/// The Persist effect after which the log is durable up to `index`.
PersistSequence Raft::sequence_holding(Index index) const {
  if (index <= durable_index_) return {};
  for (const Outstanding& write : outstanding_)
    if (write.last >= index) return write.sequence;
  return sequence_.next();
}

bool Raft::disk_stalled(Instant now) const {
  return !outstanding_.empty() && now - outstanding_.front().issued >= config_.election_timeout;
}

void Raft::append(Step& step, Entry entry) {
  const Index index = entry.index;
  if (!draft_.append_from) draft_.append_from = index;
  log_.append(entry);
  if (entry.kind != EntryKind::configuration) return;
  auto configuration = decode_configuration(entry.bytes());
  check(configuration.has_value(), "a configuration is checked before it is appended");
  adopt_configuration(step, index, std::move(*configuration));
}

void Raft::truncate_from(Step& step, Index index) {
  check(index > known_committed_, "a committed entry is never cut off");
  log_.truncate_from(index);
  if (draft_.append_from && *draft_.append_from >= index) draft_.append_from.reset();
  draft_.truncate_from = std::min(index, draft_.truncate_from.value_or(index));
  // What the disk has under way of the old entries vouches for the new ones no longer.
  const Index before{index.value - 1};
  if (!base::mutant("M02")) durable_index_ = std::min(durable_index_, before);
  confirmed_ = std::min(confirmed_, before);
  for (Outstanding& write : outstanding_) write.last = std::min(write.last, before);
  if (configurations_.back().index < index || base::mutant("M15")) return;
  while (configurations_.back().index >= index) configurations_.pop_back();
  step.out.push_back(ConfigurationChanged{configuration_index(), configuration()});
}

void Raft::commit_to(Step& step, Index index) {
  if (index <= known_committed_) return;
  check(index <= log_.last_index(), "what commits is in the log");
  known_committed_ = index;
  // The log has come further by itself than the snapshot would.
  if (receiving_ && receiving_->snapshot->chunks.size() < receiving_->chunks &&
      receiving_->snapshot->meta.index <= known_committed_)
    receiving_.reset();
  // What this step has to write, others wait for: it goes to the disk first, and applying is due at once after it.
  if (draft_.empty()) commit_more(step);
}

// A server that was restarted hears of tens of thousands of committed entries at once. Applied in one step they would
// keep it from its timers, and the others from its votes and acknowledgements.
void Raft::commit_more(Step& step) {
  if (!has_more_to_commit()) return;
  const Index first = commit_index_.next();
  std::size_t bytes = 0;
  do {
    ++commit_index_;
    bytes += log_.at(commit_index_).weight();
  } while (has_more_to_commit() && commit_index_.value - first.value + 1 < config_.max_commit_entries &&
           bytes < config_.max_commit_bytes);
  step.out.push_back(Committed{first, commit_index_});
  if (is_leader()) committed_as_leader(step);
}

void Raft::adopt_configuration(Step& step, Index index, Configuration configuration) {
  // Older committed ones can never come back.
  while (configurations_.size() > 1 && configurations_[1].index <= commit_index_)
    configurations_.erase(configurations_.begin());
  configurations_.push_back({index, std::move(configuration)});
  step.out.push_back(ConfigurationChanged{index, configurations_.back().configuration});
  if (!is_leader() && timer_ == Instant::never()) arm_timer(step.now, config_.heartbeat_timeout);
}

}  // namespace core::raft
