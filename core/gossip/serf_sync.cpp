#include <algorithm>
#include <set>

#include "core/gossip/serf.hpp"

namespace core::gossip {

namespace serf = wire::serf;

void Serf::user_message(Turn& turn, std::string_view bytes) {
  if (bytes.size() > max_user_message_bytes) {
    turn.complain(Level::warn, "serf: Ignoring a message of " + std::to_string(bytes.size()) + " bytes");
    return;
  }
  outbox_.counts().messages_received.add(static_cast<double>(bytes.size()));
  const auto message = serf::decode_serf_message(bytes);
  if (!message) {
    turn.complain(Level::error, "serf: Error decoding message: " + describe(message.error()));
    return;
  }
  std::visit(
      [&](const auto& known) {
        // Keys and claims to a name travel within answers only, a whole state only in a push/pull.
        if constexpr (requires { on(turn, known); }) on(turn, known);
      },
      *message);
}

void Serf::on(Turn& turn, const serf::JoinIntent& intent) {
  if (heed_join(turn, intent.node, LamportTime{intent.ltime}))
    broadcast_join(turn, intent.node, LamportTime{intent.ltime});
}

void Serf::on(Turn& turn, const serf::LeaveIntent& intent) {
  if (heed_leave(turn, intent.node, LamportTime{intent.ltime}, intent.prune))
    broadcast(turn, broadcasts_.intents(), serf::encode(intent));
}

void Serf::on(Turn& turn, const serf::UserEvent& event) {
  take_in(turn, LamportTime{event.ltime}, {event.name, event.payload}, event.coalesce, true);
}

void Serf::take_in(Turn& turn, LamportTime time, const serf::EventSlot::Entry& event, bool coalesce, bool tell) {
  const auto verdict = events_.take_in(time, event);
  if (verdict == EventRing::Verdict::too_new)
    turn.complain(Level::warn, "serf: Ignoring event " + event.name + " from the future: time " +
                                   std::to_string(time.value) + " (current: " + std::to_string(events_.time().value) +
                                   ")");
  if (verdict == EventRing::Verdict::too_old)
    turn.complain(Level::warn, "serf: received old event " + event.name + " from time " + std::to_string(time.value) +
                                   " (current: " + std::to_string(events_.time().value) + ")");
  if (verdict != EventRing::Verdict::fresh) return;
  turn.out.push_back(UserEventReceived{time, event.name, event.payload.value_or(""), coalesce});
  if (tell)
    broadcast(turn, broadcasts_.events(),
              serf::encode(serf::UserEvent{time.value, event.name, event.payload, coalesce}));
}

void Serf::user_event(Turn& turn, const UserEventRequested& request) {
  const serf::UserEvent event{events_.time().value, request.name, request.payload, request.coalesce};
  const std::size_t size = std::max(request.name.size() + request.payload.size(), serf::encode(event).size());
  if (size > max_user_event_bytes)
    return turn.note(Level::error, "serf: user event exceeds configured limit of " +
                                       std::to_string(max_user_event_bytes) + " bytes before encoding");
  on(turn, event);
}

std::string Serf::state() const {
  serf::SerfState state;
  state.ltime = clock_.time().value;
  state.event_ltime = events_.time().value;
  state.events = events_.slots();
  state.query_ltime = queries_.ring().time().value;
  if (count(MemberStatus::left) > 0 || count(MemberStatus::leaving) > 0)
    for (const Member& member : members_)
      if (member.status == MemberStatus::left || member.status == MemberStatus::leaving)
        state.left_members.push_back(member.name());
  constexpr std::size_t usual_bytes = 32;  // of a name and a time
  std::string bytes = serf::encode_before_status_ltimes(state, members_.size());
  bytes.reserve(bytes.size() + usual_bytes * members_.size());
  for (const Member& member : members_) {
    // The time of its leave, not of a later join whose alive has not come yet: else it would seem to have left again
    // after that join, and be listed as leaving by all.
    const bool left = member.status == MemberStatus::left;
    // Who is about to leave is listed as well, with the time before its intent, for whoever reads that adds one: a time
    // that is told of one that is not listed is taken for a join, and the intent of the same time for old news.
    const bool leaving = member.status == MemberStatus::leaving;
    const std::uint64_t leave = member.leave_ltime.value - (leaving && member.leave_ltime > LamportTime{} ? 1 : 0);
    serf::append_status_ltime(bytes, member.name(), left || leaving ? leave : member.status_ltime.value);
  }
  return bytes;
}

void Serf::merge(Turn& turn, std::string_view bytes) {
  if (bytes.empty()) return;
  const auto message = serf::decode_serf_message(bytes);
  const auto* state = message ? std::get_if<serf::SerfState>(&*message) : nullptr;
  if (state == nullptr) {
    turn.note(Level::error, "serf: Failed to decode remote state: " +
                                (message ? std::string("another message") : describe(message.error())));
    return;
  }
  const auto witness = [](auto& clock, std::uint64_t time) {
    // Their clock is the time they would give next: one more than they have seen.
    if (time > 0) clock.witness(LamportTime{time - 1});
  };
  witness(clock_, state->ltime);
  witness(events_, state->event_ltime);
  witness(queries_.ring(), state->query_ltime);
  const std::set<std::string_view> left(state->left_members.begin(), state->left_members.end());
  const auto& times = state->status_ltimes;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (i + rows_ahead < times.size()) members_.expect(times[i + rows_ahead].first);
    const auto& [name, ltime] = times[i];
    if (!left.contains(name)) {
      if (!heed_join(turn, name, LamportTime{ltime})) continue;
      if (Member* member = members_.find(name)) member->listed_ltime = LamportTime{ltime};
      continue;
    }
    // Who is known to have left stays so: raising its time with every exchange would make it creep for ever.
    const Member* known = members_.find(name);
    if (known != nullptr && known->status == MemberStatus::left) continue;
    heed_leave(turn, name, LamportTime{ltime == ~std::uint64_t{0} ? ltime : ltime + 1}, false);
  }
  for (const auto& slot : state->events)
    if (slot)
      // Whoever tells us by this way tells all others too.
      for (const auto& event : slot->events) take_in(turn, LamportTime{slot->ltime}, event, false, false);
}

}  // namespace core::gossip
