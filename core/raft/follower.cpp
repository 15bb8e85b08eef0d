// What a server does with its leader's messages (Raft §5.3).
#include <algorithm>

#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {

// Its sender leads the current term. False when that cannot be, because this server does.
bool Raft::follow(Step& step, const ServerId& from) {
  if (is_leader()) {
    note(step, NoteLevel::error, "another server claims to lead my term", {{"from", from}});
    return false;
  }
  if (leader_ && *leader_ != from && role() == Role::follower) {
    note(step, NoteLevel::error, "two servers claim to lead one term", {{"from", from}, {"leader", *leader_}});
    return false;
  }
  become_follower(step, hard_.term, &from);
  contact_ = step.now;
  contact_lost_ = false;
  if (electable())
    arm_timer(step.now, config_.heartbeat_timeout);
  else
    timer_ = step.now + 2 * config_.heartbeat_timeout;  // only to forget a leader that fell silent
  return true;
}

// Empty when the message is one a correct leader could send.
std::string Raft::why_malformed(const AppendEntries& message) const {
  if (message.previous_index.value >= max_number || message.previous_term > message.term) return "its previous entry";
  Index index = message.previous_index;
  Term term = message.previous_term;
  for (const Entry& entry : message.entries) {
    if (entry.index != index.next()) return "an index out of order";
    if (entry.term < term || entry.term > message.term) return "a term out of order";
    if (entry.kind > EntryKind::configuration) return "an unknown kind of entry";
    if (entry.kind == EntryKind::configuration && !decode_configuration(entry.bytes())) return "its configuration";
    index = entry.index;
    term = entry.term;
  }
  return "";
}

void Raft::on(Step& step, const SharedId& from, const AppendEntries& message) {
  if (message.term < hard_.term)
    return send(step, from, AppendEntriesReply{.term = hard_.term, .previous_index = message.previous_index});
  if (const auto why = why_malformed(message); !why.empty())
    return note(step, NoteLevel::warn, "refusing a malformed AppendEntries", {{"from", from}, {"error", why}});
  if (message.term > hard_.term) become_follower(step, message.term, &from.get());
  if (!follow(step, from)) return;

  AppendEntriesReply reply{.term = hard_.term, .previous_index = message.previous_index, .sent_ns = message.sent_ns};
  if (message.previous_index < log_.base_index()) return append_past_base(step, from, message);
  const auto term_here = log_.term_at(message.previous_index);
  if (term_here != message.previous_term) {
    // Skip a whole term of ours, or to the end of our log, in one round trip (§5.3).
    reply.conflict_term = term_here.value_or(Term{});
    reply.conflict_index = term_here ? log_.first_of_term_at(message.previous_index) : log_.last_index().next();
    return send_when_durable(step, hard_state_sequence(), from, reply);
  }
  if (!take_entries(step, from, message)) return;
  const Index confirmed{message.previous_index.value + message.entries.size()};
  confirmed_ = std::max(confirmed_, confirmed);
  // Not our own last entry: what lies past the confirmed ones may be another leader's leftover.
  commit_to(step, std::min(message.commit, base::mutant("K15") ? log_.last_index() : confirmed));
  reply.success = true;
  reply.match = confirmed;
  if (base::mutant("K22")) return send(step, from, reply);
  send_when_durable(step, std::max(hard_state_sequence(), sequence_holding(confirmed)), from, reply);
}

// It begins with entries that our snapshot holds. They are committed, so the leader's are the same (§5.4.3); what
// comes after them is taken as if it had been sent after the snapshot's last entry.
void Raft::append_past_base(Step& step, const SharedId& from, const AppendEntries& message) {
  AppendEntries rest = message;
  rest.previous_index = log_.base_index();
  rest.previous_term = log_.base_term();
  rest.entries = message.entries.after(log_.base_index().value - message.previous_index.value);
  on(step, from, rest);
}

// Only a conflict cuts the log: an old or repeated request must not take back what came after it.
bool Raft::take_entries(Step& step, const ServerId& from, const AppendEntries& message) {
  for (const Entry& entry : message.entries) {
    if (entry.index <= log_.last_index()) {
      if (log_.term_at(entry.index) == entry.term) continue;
      if (entry.index <= known_committed_) {
        note(step, NoteLevel::error, "refusing to replace a committed entry",
             {{"from", from}, {"index", std::to_string(entry.index.value)}});
        return false;
      }
      note(step, NoteLevel::warn, "clearing log suffix",
           {{"from", std::to_string(entry.index.value)}, {"to", std::to_string(log_.last_index().value)}});
      truncate_from(step, entry.index);
    }
    append(step, entry);
  }
  if (base::mutant("K17")) {
    const Index after{std::max(message.previous_index.value + message.entries.size(), known_committed_.value) + 1};
    if (after <= log_.last_index()) truncate_from(step, after);
  }
  return true;
}

void Raft::on(Step& step, const SharedId& from, const Heartbeat& message) {
  if (message.term < hard_.term) return send(step, from, HeartbeatReply{.term = hard_.term});
  if (message.term > hard_.term) become_follower(step, message.term, &from.get());
  if (!follow(step, from)) return;
  // The leader clamps the commit index to what it knows us to match, so all of it is confirmed.
  commit_to(step, std::min(message.commit, log_.last_index()));
  const bool unsynced = base::mutant("K22");
  const HeartbeatReply reply{.term = hard_.term,
                             .match = unsynced ? confirmed_ : std::min(confirmed_, durable_index_),
                             // Not the log's end: a follower that began anew may hold entries it cannot vouch for
                             // until this leader confirms them, and those are to be sent again.
                             .last_index = confirmed_,
                             .expected = message.expected,
                             .sent_ns = message.sent_ns,
                             .round = message.round};
  send_when_durable(step, hard_state_sequence(), from, reply);
}

}  // namespace core::raft
