#include "core/gossip/serf.hpp"

#include <algorithm>

#include "core/base/mutant.hpp"

namespace core::gossip {

namespace serf = wire::serf;

void Serf::start(Turn& turn) {
  reap_ticker_.start(turn.now + config_.serf.reap_interval, config_.serf.reap_interval);
  reconnect_ticker_.start(turn.now + config_.serf.reconnect_interval, config_.serf.reconnect_interval);
}

void Serf::recover(const Recovered& recovered) {
  clock_.witness(recovered.clock);
  events_.witness(recovered.event_clock);
  queries_.ring().witness(recovered.query_clock);
  events_.ignore_before(recovered.event_clock.next());
  queries_.ring().ignore_before(recovered.query_clock.next());
}

void Serf::set_status(Member& member, MemberStatus status) {
  if (member.status != MemberStatus::none) --counts_[static_cast<std::size_t>(member.status)];
  if (status != MemberStatus::none) ++counts_[static_cast<std::size_t>(status)];
  member.status = status;
}

void Serf::broadcast(Turn& turn, BroadcastQueue& queue, std::string bytes, Awaited awaited) {
  // It would wait for ever, and whoever is behind it as well. Events still go by push/pull.
  constexpr std::size_t overhead =
      wire::serf::compound_header_bytes + wire::serf::compound_part_bytes + 1;  // of a packet with nothing else in it
  if (bytes.size() + overhead > outbox_.packet_room())
    return turn.complain(Level::warn, "serf: A message of " + std::to_string(bytes.size()) +
                                          " bytes fits no packet, and is not told by gossip");
  queue.queue(std::move(bytes), awaited);
  queue.prune(max_queued_broadcasts);
}

void Serf::broadcast_join(Turn& turn, const std::string& name, LamportTime time) {
  const Member* member = members_.find(name);
  // Of one that is to come.
  if (member == nullptr)
    return broadcast(turn, broadcasts_.intents(), serf::encode(serf::JoinIntent{time.value, name}));
  broadcasts_.intents().queue_join(member->identity, time);
  broadcasts_.intents().prune(max_queued_broadcasts);
}

void Serf::node_joined(Turn& turn, const Node& node) {
  Member* known = members_.find(node.name());
  const bool is_new = known == nullptr;
  Member& member = is_new ? members_.insert(node.identity) : *known;
  member.identity = node.identity;
  member.incarnation = node.incarnation;
  if (member.status == MemberStatus::failed && turn.now - member.gone_since < config_.serf.flap_timeout)
    outbox_.counts().flapped.add();
  set_back(member);
  if (is_new) {
    const auto intent = intents_.empty() ? intents_.end() : intents_.find(node.name());
    if (intent != intents_.end()) {
      member.status_ltime = intent->second.time;
      if (intent->second.leave) {
        set_leaving(turn, member);
        member.leave_ltime = intent->second.time;
      }
      intents_.erase(intent);
    }
  }
  turn.note(Level::info, "serf: EventMemberJoin: " + member.name() + " " + member.address().ip_text());
  turn.out.push_back(MemberJoined{member});
}

void Serf::set_leaving(Turn& turn, Member& member) {
  set_status(member, MemberStatus::leaving);
  member.gone_since = turn.now;
}

void Serf::set_back(Member& member) {
  set_status(member, MemberStatus::alive);
  member.gone_since = {};
  prunes_.erase(member.name());
}

// Whoever keeps a list of members by what is told of them hears of it, as of a change of tags.
void Serf::stays(Turn& turn, Member& member) {
  set_back(member);
  turn.out.push_back(MemberUpdated{member});
}

void Serf::set_gone(Turn& turn, Member& member, MemberStatus status) {
  set_status(member, status);
  member.gone_since = turn.now;
  if (status == MemberStatus::left) {
    turn.note(Level::info, "serf: EventMemberLeave: " + member.name() + " " + member.address().ip_text());
    turn.out.push_back(MemberLeft{member});
  } else {
    turn.note(Level::info, "serf: EventMemberFailed: " + member.name() + " " + member.address().ip_text());
    turn.out.push_back(MemberFailed{member});
  }
}

void Serf::node_left(Turn& turn, const Node& node) {
  Member* member = members_.find(node.name());
  if (member == nullptr) return;
  member->incarnation = node.incarnation;
  // Whether it left or failed is told by its intent, which came first, or did not come.
  if (member->status == MemberStatus::leaving) set_gone(turn, *member, MemberStatus::left);
  if (member->status == MemberStatus::alive) set_gone(turn, *member, MemberStatus::failed);
  if (const auto waits = prunes_.find(node.name()); waits != prunes_.end() && waits->second == Instant::never())
    forget(turn, std::string(node.name()));
}

void Serf::node_updated(Turn& turn, const Node& node) {
  Member* member = members_.find(node.name());
  if (member == nullptr) return;
  member->identity = node.identity;
  member->incarnation = node.incarnation;
  turn.note(Level::info, "serf: EventMemberUpdate: " + node.name());
  turn.out.push_back(MemberUpdated{*member});
}

void Serf::node_refreshed(const Node& node) {
  if (Member* member = members_.find(node.name())) member->incarnation = node.incarnation;
}

void Serf::name_conflict(Turn& turn, const Node& node) {
  if (node.name() != config_.name || leaving_) return;
  turn.note(Level::error, "serf: Node name conflicts with another node. Names must be unique!");
  if (config_.resolve_name_conflicts) queries_.ask_who_we_are(turn);
}

bool Serf::buffer_intent(Turn& turn, const std::string& name, LamportTime time, bool leave) {
  if (name.empty() || name.size() > max_name_bytes) return false;
  const auto known = intents_.find(name);
  if (known != intents_.end() && time <= known->second.time) return false;
  if (known == intents_.end() && intents_.size() >= max_buffered_intents) return false;
  intents_[name] = {time, leave, turn.now};
  return true;
}

bool Serf::heed_join(Turn& turn, const std::string& name, LamportTime time) {
  if (!clock_.may_be(time)) return false;
  if (!base::mutant("K42")) clock_.witness(time);
  Member* found = members_.find(name);
  if (found == nullptr) return buffer_intent(turn, name, time, false);
  Member& member = *found;
  const bool is_self = name == config_.name;
  // Who was started a moment ago may leave at a time that is long past for the others: they hold our last join against
  // it, and would see us fail instead.
  if (is_self && leaving_) {
    if (time >= member.leave_ltime) tell_leave(turn);
    return false;
  }
  if (time <= member.status_ltime) return false;
  // Only we stamp our joins: a later time of ours in another's books is of an intent that we have not made, such as
  // a forced leave that we never heard of. Unanswered it would list us as leaving for ever (consul#13379).
  if (is_self) {
    joined(turn);
    return false;
  }
  member.status_ltime = time;
  // It was about to leave, and thought better of it, or somebody else had said so.
  if (member.status == MemberStatus::leaving) stays(turn, member);
  return true;
}

bool Serf::heed_leave(Turn& turn, const std::string& name, LamportTime time, bool prune_too) {
  if (!clock_.may_be(time)) return false;
  if (!base::mutant("K42")) clock_.witness(time);
  Member* found = members_.find(name);
  if (found == nullptr) return buffer_intent(turn, name, time, true);
  Member& member = *found;
  // Serf lists one that is leaving with the time of its leave, as if it had joined then.
  const bool was_this = time == member.status_ltime && time == member.listed_ltime;
  const bool is_self = name == config_.name;
  // Made by another at the very time of our own join, it has outrun the join somewhere, where only a later one is
  // heard.
  const bool ties = is_self && !leaving_ && time == member.status_ltime;
  if (time <= member.status_ltime && !was_this && !ties) return false;
  if (is_self && !leaving_) {
    turn.note(Level::debug, "serf: Refuting an older leave intent");
    joined(turn);
    return false;
  }
  // Without this two leave intents of one member would echo for ever (serf#606).
  if (!base::mutant("K41")) member.status_ltime = time;
  member.leave_ltime = time;
  member.listed_ltime = {};
  if (member.status == MemberStatus::alive)
    set_leaving(turn, member);
  else if (member.status == MemberStatus::failed)
    set_gone(turn, member, MemberStatus::left);
  if (prune_too) prune(turn, member);
  return true;
}

void Serf::prune(Turn& turn, Member& member) {
  // One that is on its way out first gets the time to go. What SWIM holds for living is not forgotten here: it would
  // not be told of again, so whoever objects late would be seen by nobody.
  if (member.status == MemberStatus::leaving)
    prunes_.try_emplace(member.name(), turn.now + config_.serf.broadcast_timeout + config_.serf.leave_propagate_delay);
  else
    forget(turn, std::string(member.name()));
}

void Serf::forget(Turn& turn, const std::string& name) {
  Member* found = members_.find(name);
  if (found == nullptr || name == config_.name) return;
  turn.note(Level::info, "serf: EventMemberReap: " + name);
  turn.out.push_back(MemberReaped{*found});
  set_status(*found, MemberStatus::none);
  members_.erase(*found);
  prunes_.erase(name);
  forgotten_.push_back(name);
}

void Serf::joined(Turn& turn) {
  // A join that ends while we leave is of no use, and a time after that of our leave would make it a failure.
  if (leaving_) return;
  const LamportTime time = clock_.time();
  clock_.witness(time);
  members_.at(config_.name).status_ltime = time;
  broadcast_join(turn, config_.name, time);
}

void Serf::leave(Turn& turn) {
  leaving_ = true;
  Member& self = members_.at(config_.name);
  if (self.status == MemberStatus::alive) set_leaving(turn, self);
  tell_leave(turn);
}

void Serf::tell_leave(Turn& turn) {
  const serf::LeaveIntent intent{clock_.time().value, config_.name, false};
  clock_.increment();
  Member& self = members_.at(config_.name);
  self.status_ltime = self.leave_ltime = LamportTime{intent.ltime};
  broadcast(turn, broadcasts_.intents(), serf::encode(intent), Awaited::leave_intent);
}

void Serf::force_leave(Turn& turn, const std::string& name, bool prune) {
  // Serf's agents raise the time of a member that left by one when they are told of it by an exchange: one more than is
  // needed here makes it news there.
  clock_.increment();
  const serf::LeaveIntent intent{clock_.time().value, name, prune};
  clock_.increment();
  heed_leave(turn, name, LamportTime{intent.ltime}, prune);
  broadcast(turn, broadcasts_.intents(), serf::encode(intent));
}

void Serf::reap(Turn& turn) {
  std::vector<std::string> due;
  members_.each([&](Member& member) {
    // An old leave that came after a restart has the time of the newer join, and no message corrects it: whoever is
    // still there so long after its leave has not left. A leave takes seconds.
    const bool stayed = member.status == MemberStatus::leaving && member.name() != config_.name;
    if (stayed && turn.now - member.gone_since > config_.serf.recent_intent_timeout) stays(turn, member);
    const bool gone = member.status == MemberStatus::failed || member.status == MemberStatus::left;
    const Duration patience =
        member.status == MemberStatus::failed ? config_.serf.reconnect_timeout : config_.serf.tombstone_timeout;
    if (gone && turn.now - member.gone_since > patience) due.push_back(member.name());
  });
  for (const std::string& name : due) forget(turn, name);
  std::erase_if(intents_,
                [&](const auto& entry) { return turn.now - entry.second.since > config_.serf.recent_intent_timeout; });
}

std::optional<Member> Serf::pick_reconnect(Turn& turn) {
  std::vector<const Member*> failed;
  std::size_t present = 0;
  for (const Member& member : members_) {
    if (member.status == MemberStatus::failed)
      failed.push_back(&member);
    else if (member.status != MemberStatus::left)
      ++present;
  }
  if (failed.empty() || base::mutant("K39")) return std::nullopt;
  // In a large pool somebody will try: all together about as often as members have failed.
  const double probability =
      static_cast<double>(failed.size()) / static_cast<double>(std::max<std::size_t>(present, 1));
  if (!turn.rng.chance(probability)) return std::nullopt;
  const Member& chosen = *failed[turn.rng.below(failed.size())];
  turn.note(Level::info, "serf: attempting reconnect to " + chosen.name() + " " + chosen.address().text());
  return chosen;
}

std::optional<Member> Serf::tick(Turn& turn) {
  std::vector<std::string> due;
  for (auto& [name, at] : prunes_) {
    if (at > turn.now) continue;
    const Member* member = members_.find(name);
    if (member != nullptr && member->status == MemberStatus::leaving)
      at = Instant::never();  // when SWIM takes it for gone
    else
      due.push_back(name);
  }
  for (const std::string& name : due) {
    forget(turn, name);
    prunes_.erase(name);
  }
  queries_.tick(turn);
  if (reap_ticker_.take(turn.now)) reap(turn);
  return reconnect_ticker_.take(turn.now) && !leaving_ ? pick_reconnect(turn) : std::nullopt;
}

void Serf::arm(Instant now) {
  const std::size_t failed = count(MemberStatus::failed);
  const bool gone = failed > 0 || count(MemberStatus::left) > 0;
  reap_ticker_.arm(now, gone || count(MemberStatus::leaving) > 0 || !intents_.empty());
  reconnect_ticker_.arm(now, failed > 0);
}

Instant Serf::deadline() const {
  Instant next = std::min({reap_ticker_.due(), reconnect_ticker_.due(), queries_.deadline()});
  for (const auto& [name, at] : prunes_) next = std::min(next, at);
  return next;
}

}  // namespace core::gossip
