// All that decides what a server does next, as bytes: for whoever explores states and must know two for equal.
#include <algorithm>
#include <type_traits>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include "core/raft/raft.hpp"

namespace core::raft {
namespace {

void add(std::string& out, std::uint64_t number) {
  // Most numbers are small: seven bits a byte, and a bit that says whether more follow.
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}
void add(std::string& out, std::string_view bytes) {
  add(out, bytes.size());
  out += bytes;
}
void add(std::string& out, const std::string& text) { add(out, std::string_view(text)); }
void add(std::string& out, const Payload& payload) { add(out, payload ? std::string_view(*payload) : ""); }
template <class Tag>
void add(std::string& out, base::Strong<Tag> number) {
  add(out, number.value);
}
template <class T>
  requires std::is_enum_v<T>
void add(std::string& out, T value) {
  add(out, static_cast<std::uint64_t>(value));
}
template <class T>
void add(std::string& out, const std::vector<T>& items);
void add(std::string& out, const Entries& entries);
template <class T>
void add(std::string& out, const std::optional<T>& value);
template <class T>
  requires boost::describe::has_describe_members<T>::value
void add(std::string& out, const T& value) {
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
      [&](auto member) { add(out, value.*member.pointer); });
}
template <class T>
void add(std::string& out, const std::vector<T>& items) {
  add(out, items.size());
  for (const T& item : items) add(out, item);
}
void add(std::string& out, const Entries& entries) {
  add(out, entries.size());
  for (const Entry& entry : entries) add(out, entry);
}
template <class T>
void add(std::string& out, const std::optional<T>& value) {
  add(out, static_cast<std::uint64_t>(value.has_value()));
  if (value) add(out, *value);
}

}  // namespace

void append_fingerprint(const Message& message, std::string& out) {
  add(out, message.index());
  std::visit([&](const auto& what) { add(out, what); }, message);
}

void append_fingerprint(const Persist& persist, std::string& out) {
  add(out, persist.hard_state);
  add(out, persist.base);
  add(out, persist.truncate_from);
  add(out, persist.entries);
}

void Progress::append_fingerprint(Instant now, Duration patience, std::string& out) const {
  add(out, id.get());
  add(out, static_cast<std::uint64_t>(voter));
  add(out, static_cast<std::uint64_t>(std::min(now - heard, patience).count()));
  add(out, told_commit);
  add(out, leaves_at);
  if (leaving()) add(out, static_cast<std::uint64_t>((leaves_by - now).count()));
  add(out, match_);
  add(out, next_);
  add(out, mode_);
  add(out, static_cast<std::uint64_t>(probe_sent_));
  add(out, in_flight_.size());
  for (const Request& request : in_flight_) add(out, request.last);
  add(out, round);
  add(out, static_cast<std::uint64_t>(paused_));
  add(out, static_cast<std::uint64_t>(stream.has_value()));
  if (!stream) return;
  add(out, stream->snapshot->meta);
  add(out, stream->acked);
  add(out, stream->next);
  add(out, static_cast<std::uint64_t>(std::min(now - stream->moved, patience).count()));
  add(out, static_cast<std::uint64_t>(std::max(stream->paid_until - now, Duration{}).count()));
}

// Left out: the configurations, which follow from the log and the commit index; what was announced, which follows from
// role, term and leader; what only reports read (warned, lease, elected); and the generator, as timers do not tell
// when.
void Raft::append_fingerprint(Instant now, std::string& out) const {
  // Nothing asks whether something is longer ago than this.
  const Duration patience = std::max(config_.heartbeat_timeout, config_.election_timeout);
  const auto since = [&](Instant then) {
    add(out, static_cast<std::uint64_t>(std::min(now - then, patience).count()));
  };
  const auto ahead = [&](PersistSequence sequence) {
    add(out, sequence > persisted_ ? sequence.value - persisted_.value : 0);
  };
  add(out, hard_);
  add(out, log_.base_index());
  add(out, log_.base_term());
  add(out, snapshot_);
  add(out, log_.last_index());
  for (const Entry& entry : log_.slice(log_.first_index(), log_.last_index())) add(out, entry);
  add(out, commit_index_);
  add(out, known_committed_);
  add(out, role_.index());
  if (const auto* candidate = std::get_if<Candidate>(&role_)) {
    add(out, static_cast<std::uint64_t>(candidate->pre));
    add(out, static_cast<std::uint64_t>(candidate->transfer));
    add(out, candidate->granted);
  } else if (const auto* leader = std::get_if<Leader>(&role_)) {
    add(out, leader->term_start);
    add(out, leader->round);
    add(out, leader->reads.size());
    for (const PendingRead& read : leader->reads) add(out, read.needs);
    add(out, static_cast<std::uint64_t>(leader->lease_void));
    add(out, leader->snapshot_wanted);
    add(out, static_cast<std::uint64_t>(leader->snapshot != nullptr));
    for (const Progress& peer : leader->peers) peer.append_fingerprint(now, patience, out);
    add(out, static_cast<std::uint64_t>((leader->next_heartbeat - now).count()));
    add(out, static_cast<std::uint64_t>((leader->commit_notice - now).count()));
    add(out, static_cast<std::uint64_t>(leader->transfer.has_value()));
    if (leader->transfer) {
      add(out, leader->transfer->target);
      add(out, static_cast<std::uint64_t>((leader->transfer->gives_up - now).count()));
      add(out, static_cast<std::uint64_t>(leader->transfer->told));
    }
  }
  add(out, leader_);
  add(out, static_cast<std::uint64_t>(contact_.has_value()));
  if (contact_) since(*contact_);
  add(out, static_cast<std::uint64_t>(contact_lost_));
  add(out, confirmed_);
  add(out, static_cast<std::uint64_t>(timer_ == Instant::never()));
  ahead(sequence_);
  ahead(hard_state_sequence_);
  add(out, durable_index_);
  add(out, static_cast<std::uint64_t>(receiving_.has_value()));
  if (receiving_) {
    add(out, receiving_->from);
    add(out, receiving_->snapshot->meta);
    add(out, receiving_->snapshot->chunks.size());
    add(out, receiving_->chunks);
  }
  add(out, outstanding_.size());
  for (const Outstanding& write : outstanding_) {
    ahead(write.sequence);
    add(out, write.last);
    since(write.issued);
  }
  add(out, held_.size());
  for (const Held& held : held_) {
    ahead(held.needs);
    add(out, held.to);
    raft::append_fingerprint(held.message, out);
  }
}

}  // namespace core::raft
