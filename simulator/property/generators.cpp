#include "simulator/property/generators.hpp"

#include <ostream>

namespace simulator::property {

using namespace core::raft;

namespace {

constexpr std::size_t most_named = 26;

rc::Gen<std::size_t> below(std::size_t bound) { return rc::gen::inRange<std::size_t>(0, bound); }

// From the whole range at once: in runs whose every pause is short, nothing happens.
rc::Gen<core::Duration> time(int most_ms) {
  return rc::gen::map(rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, most_ms)),
                      [](int ms) { return core::Duration(std::chrono::milliseconds(ms)); });
}

template <class Operation>
rc::Gen<RaftOperation> of_server(std::size_t servers) {
  return rc::gen::map(below(servers), [](std::size_t server) -> RaftOperation { return Operation{server}; });
}

template <class Operation>
rc::Gen<GossipOperation> of_member(std::size_t members) {
  return rc::gen::map(below(members), [](std::size_t member) -> GossipOperation { return Operation{member}; });
}

rc::Gen<RaftOperation> member_change(std::size_t servers) {
  return rc::gen::map(rc::gen::pair(below(4), below(servers)), [](const std::pair<std::size_t, std::size_t>& drawn) {
    return RaftOperation(ChangeMember{static_cast<ChangeMember::Change>(drawn.first), drawn.second});
  });
}

// Small numbers: that they meet what is there is more telling than that they are large.
Term term() { return Term{*rc::gen::inRange<std::uint64_t>(0, 6)}; }
Index index() { return Index{*rc::gen::inRange<std::uint64_t>(0, 8)}; }
std::uint64_t stamp() { return *rc::gen::inRange<std::uint64_t>(0, 4'000'000'000); }

std::vector<Entry> entries() {
  std::vector<Entry> out(*below(4));
  for (Entry& entry : out) {
    entry.term = term();
    entry.index = index();
    entry.kind = *rc::gen::element(EntryKind::noop, EntryKind::command);
    if (entry.kind == EntryKind::command) entry.payload = std::make_shared<const std::string>("v");
  }
  return out;
}

AppendEntries append_entries() {
  AppendEntries out;
  out.term = term();
  out.previous_index = index();
  out.previous_term = term();
  out.commit = index();
  out.sent_ns = stamp();
  std::vector<Entry> carried = entries();
  // Most of them as a leader would number them.
  if (*below(4) != 0)
    for (std::size_t i = 0; i < carried.size(); ++i) carried[i].index = {out.previous_index.value + i + 1};
  out.entries = std::move(carried);
  return out;
}

AppendEntriesReply append_entries_reply() {
  AppendEntriesReply out;
  out.term = term();
  out.success = *rc::gen::arbitrary<bool>();
  out.match = index();
  out.previous_index = index();
  out.conflict_index = index();
  out.conflict_term = term();
  out.sent_ns = stamp();
  return out;
}

Message vote_message(std::size_t kind) {
  const Term first = term();
  const Term second = term();
  const Index last = index();
  const bool yes = *rc::gen::arbitrary<bool>();
  switch (kind) {
    case 0:
      return RequestPreVote{first, first.next(), last, second};
    case 1:
      return RequestPreVoteReply{first, second, yes};
    case 2:
      return RequestVote{first, last, second, yes};
    default:
      return RequestVoteReply{first, yes};
  }
}

Message leader_message(std::size_t kind) {
  if (kind == 0) return append_entries();
  if (kind == 1) return append_entries_reply();
  const Term now = term();
  const Index first = index();
  const Index second = index();
  const Index third = index();
  if (kind == 2) return Heartbeat{now, first, second, stamp()};
  if (kind == 3) return HeartbeatReply{now, first, second, third, stamp()};
  return TimeoutNow{now};
}

}  // namespace

rc::Gen<RaftOperation> raft_operation(std::size_t servers) {
  return rc::gen::weightedOneOf<RaftOperation>({
      {6, rc::gen::map(time(3000), [](core::Duration time) { return RaftOperation(Pass{time}); })},
      {4, rc::gen::map(rc::gen::pair(rc::gen::inRange<std::size_t>(1, 5), rc::gen::arbitrary<bool>()),
                       [](const std::pair<std::size_t, bool>& drawn) {
                         return RaftOperation(Propose{drawn.first, drawn.second});
                       })},
      {3, of_server<LosePower>(servers)},
      {3, of_server<Restart>(servers)},
      {2, of_server<Isolate>(servers)},
      {1, rc::gen::map(rc::gen::pair(below(servers), below(servers)),
                       [](const std::pair<std::size_t, std::size_t>& ends) {
                         return RaftOperation(Cut{ends.first, ends.second});
                       })},
      {2, rc::gen::just(RaftOperation(HealNetwork{}))},
      {1, of_server<Transfer>(servers)},
  });
}

rc::Gen<RaftOperations> raft_operations(std::size_t servers) {
  return rc::gen::container<RaftOperations>(raft_operation(servers));
}

rc::Gen<RaftOperations> raft_operations_with_members(std::size_t servers) {
  return rc::gen::container<RaftOperations>(
      rc::gen::weightedOneOf<RaftOperation>({{6, raft_operation(servers)}, {1, member_change(servers)}}));
}

rc::Gen<RaftOperations> raft_operations_with_snapshots(std::size_t servers) {
  return rc::gen::container<RaftOperations>(
      rc::gen::weightedOneOf<RaftOperation>({{8, raft_operation(servers)},
                                             {1, member_change(servers)},
                                             {2, of_server<TakeSnapshot>(servers)},
                                             {2, of_server<Read>(servers)}}));
}

rc::Gen<Message> raft_message() {
  return rc::gen::exec([] {
    const std::size_t kind = *below(9);
    return kind < 4 ? vote_message(kind) : leader_message(kind - 4);
  });
}

rc::Gen<GossipOperation> gossip_operation(std::size_t members) {
  return rc::gen::weightedOneOf<GossipOperation>({
      {6, rc::gen::map(time(20'000), [](core::Duration time) { return GossipOperation(PassTime{time}); })},
      {2, of_member<StartMember>(members)},
      {2, of_member<KillMember>(members)},
      {1, of_member<LeaveMember>(members)},
      {1, rc::gen::map(rc::gen::pair(below(members), below(members)),
                       [](const std::pair<std::size_t, std::size_t>& who) {
                         return GossipOperation(ForceLeaveMember{who.first, who.second});
                       })},
      {1, rc::gen::map(rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << members),
                       [](std::uint64_t side) { return GossipOperation(SplitPool{side}); })},
      {1, rc::gen::just(GossipOperation(HealPool{}))},
      {1, rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 40),
                       [](std::uint64_t percent) { return GossipOperation(LoseDatagrams{percent}); })},
      {1, rc::gen::map(rc::gen::pair(below(members), time(10'000)),
                       [](const std::pair<std::size_t, core::Duration>& drawn) {
                         return GossipOperation(StallMember{drawn.first, drawn.second});
                       })},
  });
}

rc::Gen<GossipOperations> gossip_operations(std::size_t members) {
  return rc::gen::container<GossipOperations>(gossip_operation(members));
}

rc::Gen<std::vector<std::uint64_t>> numbers() {
  return rc::gen::container<std::vector<std::uint64_t>>(rc::gen::arbitrary<std::uint64_t>());
}

void showValue(const RaftOperation& operation, std::ostream& out) { out << text(operation, most_named); }
void showValue(const GossipOperation& operation, std::ostream& out) { out << text(operation, most_named); }

}  // namespace simulator::property
