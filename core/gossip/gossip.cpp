#include "core/gossip/gossip.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/gossip/departure.hpp"
#include "core/gossip/exchanges.hpp"
#include "core/gossip/pool.hpp"
#include "core/gossip/snapshot.hpp"

namespace core::gossip {

struct Gossip::Parts {
  Parts(Config config, Rng chance, Identities* shared)
      : rng(chance), pool(std::move(config), shared != nullptr ? *shared : identities) {}

  void start(Turn& turn) {
    const Config& config = pool.config();
    const Recovered recovered = read_snapshot(config.snapshot, config.rejoin_after_leave);
    if (config.keep_snapshot) snapshot.start(turn, config.snapshot, recovered);
    pool.serf().recover(recovered);
    pool.start(turn);
    exchanges.start(turn);
    if (recovered.unreadable > 0)
      turn.note(Level::warn, "serf: Passing over " + std::to_string(recovered.unreadable) +
                                 " lines of the snapshot that cannot be read");
    std::vector<std::pair<std::string, Address>> known;
    for (const auto& [name, address] : recovered.alive)
      if (name != config.name) known.emplace_back(name, address);
    if (!known.empty()) exchanges.rejoin(turn, std::move(known));
  }

  void on(Turn& turn, const DatagramReceived& event) { pool.datagram(turn, event.from, event.bytes); }
  void on(Turn& turn, const StreamAccepted& event) { exchanges.on(turn, event); }
  void on(Turn& turn, const StreamConnected& event) { exchanges.on(turn, event); }
  void on(Turn& turn, const StreamFailed& event) { exchanges.on(turn, event); }
  void on(Turn& turn, const StreamReceived& event) { exchanges.on(turn, event); }
  void on(Turn& turn, const StreamClosed& event) { exchanges.on(turn, event); }
  void on(Turn& turn, const JoinRequested& event) {
    if (!departure.begun()) return exchanges.on(turn, event);
    turn.out.push_back(JoinFinished{event.request, 0, {"Serf can't Join after Leave or Shutdown"}});
  }
  void on(Turn& turn, const LeaveRequested&) {
    if (departure.begun()) return;
    snapshot.left(turn, pool.config().rejoin_after_leave);
    departure.begin(turn);
  }
  void on(Turn& turn, const ForceLeaveRequested& event) { pool.serf().force_leave(turn, event.name, event.prune); }
  void on(Turn& turn, const TagsChanged& event) {
    if (!departure.begun()) pool.set_tags(turn, event.tags);
  }
  void on(Turn& turn, const UserEventRequested& event) { pool.serf().user_event(turn, event); }
  void on(Turn& turn, const QueryRequested& event) { pool.serf().queries().ask(turn, event); }
  void on(Turn& turn, const QueryReplied& event) { pool.serf().queries().on(turn, event); }
  void on(Turn& turn, const KeysRequested& event) { pool.serf().queries().ask_keys(turn, event); }
  void on(Turn& turn, const KeyringWritten& event) { pool.serf().queries().on(turn, event); }
  void on(Turn&, const Woken&) {}

  void count(const Event& event, const std::vector<Effect>& effects, std::size_t from) {
    Counts& counts = pool.outbox().counts();
    if (const auto* datagram = std::get_if<DatagramReceived>(&event))
      counts.udp_received.add(static_cast<double>(datagram->bytes.size()));
    if (std::holds_alternative<StreamAccepted>(event)) counts.tcp_accepted.add();
    for (std::size_t i = from; i < effects.size(); ++i) {
      const Effect& effect = effects[i];
      if (std::holds_alternative<OpenStream>(effect)) counts.tcp_opened.add();
      if (std::holds_alternative<MemberJoined>(effect)) counts.joined.add();
      if (std::holds_alternative<MemberLeft>(effect)) counts.left.add();
      if (std::holds_alternative<MemberFailed>(effect)) counts.failed.add();
      if (std::holds_alternative<MemberUpdated>(effect)) counts.updated.add();
      if (const auto* user = std::get_if<UserEventReceived>(&effect)) counts.events.add(user->name);
      if (const auto* query = std::get_if<QueryReceived>(&effect)) counts.queries.add(query->name);
    }
  }

  /// What of this turn a later life should know.
  void record(Turn& turn, std::size_t from) {
    for (std::size_t i = from; i < turn.out.size(); ++i) {
      const Effect& effect = turn.out[i];
      if (const auto* joined = std::get_if<MemberJoined>(&effect))
        snapshot.joined(joined->member.name(), joined->member.address());
      else if (const auto* left = std::get_if<MemberLeft>(&effect))
        snapshot.gone(left->member.name());
      else if (const auto* failed = std::get_if<MemberFailed>(&effect))
        snapshot.gone(failed->member.name());
    }
    const auto before = [](LamportTime time) { return LamportTime{time.value - 1}; };
    const Serf& serf = pool.serf();
    const SnapshotClocks seen{before(serf.member_time()), before(serf.event_time()), before(serf.query_time())};
    snapshot.tick(turn, seen);
    snapshot.arm(turn.now, seen);
  }

  /// What is due by now, whatever the event was.
  void tick(Turn& turn) {
    if (const auto lost = pool.tick(turn)) exchanges.reconnect(turn, *lost);
    for (const Swim::TcpPing& ping : pool.swim().take_tcp_pings()) exchanges.ping(turn, ping);
    exchanges.tick(turn);
    departure.advance(turn);
    pool.arm(turn.now);
    exchanges.arm(turn);
  }

  Rng rng;
  Identities identities;  // if they are not shared
  Pool pool;
  Exchanges exchanges{pool};
  Departure departure{pool};
  Snapshot snapshot;
  bool started = false;
};

Gossip::Gossip(Config config, Rng rng, Identities* identities) {
  check(!config.name.empty() && config.name.size() <= max_name_bytes, "a member has a name of bounded length");
  check(tags_fit(config.tags), "a member's tags fit its metadata");
  parts_ = std::make_unique<Parts>(std::move(config), std::move(rng), identities);
}

Gossip::~Gossip() = default;
Gossip::Gossip(Gossip&&) noexcept = default;
Gossip& Gossip::operator=(Gossip&&) noexcept = default;

void Gossip::handle(Instant now, const Event& event, std::vector<Effect>& out) {
  Turn turn{now, parts_->rng, out};
  const std::size_t from = out.size();
  if (!std::exchange(parts_->started, true)) parts_->start(turn);
  std::visit([&](const auto& happened) { parts_->on(turn, happened); }, event);
  parts_->tick(turn);
  parts_->record(turn, from);
  parts_->count(event, out, from);
}

Instant Gossip::deadline() const {
  if (!parts_->started) return {};
  return std::min({parts_->pool.deadline(), parts_->exchanges.deadline(), parts_->departure.deadline(),
                   parts_->snapshot.deadline()});
}

const MemberTable& Gossip::members() const { return parts_->pool.serf().members(); }

const Member& Gossip::self() const { return members().at(parts_->pool.config().name); }

bool Gossip::tags_fit(const std::map<std::string, std::string>& tags) {
  return wire::serf::encode_tags(tags).size() <= wire::serf::max_meta_bytes;
}

std::vector<Metric> Gossip::metrics() const {
  const Swim& swim = parts_->pool.swim();
  const Broadcasts& queues = swim.broadcasts();
  std::vector<Metric> out = metrics_of(parts_->pool.outbox().counts());
  const auto gauge = [&](const char* name, std::size_t value, std::map<std::string, std::string> labels = {}) {
    const auto number = static_cast<double>(value);
    out.push_back({Metric::Kind::gauge, name, std::move(labels), {1, number, number, number}});
  };
  gauge("memberlist.health.score", static_cast<std::size_t>(swim.health()));
  gauge("memberlist.node.instances", swim.table().count(NodeState::alive), {{"node_state", "alive"}});
  gauge("memberlist.node.instances", swim.table().count(NodeState::suspect), {{"node_state", "suspect"}});
  gauge("memberlist.node.instances", swim.table().count(NodeState::dead), {{"node_state", "dead"}});
  gauge("memberlist.node.instances", swim.table().count(NodeState::left), {{"node_state", "left"}});
  // Nobody looks at the queues at set times: the one value that each sample has is of now.
  const auto queue = [&](const char* name, const BroadcastQueue& waiting) {
    const auto length = static_cast<double>(waiting.size());
    out.push_back({Metric::Kind::sample, name, {}, {1, length, length, length}});
  };
  queue("memberlist.queue.broadcasts", queues.state());
  queue("serf.queue.Intent", queues.intents());
  queue("serf.queue.Event", queues.events());
  queue("serf.queue.Query", queues.queries());
  return out;
}

std::size_t Gossip::intents_told() const { return parts_->pool.swim().broadcasts().intents().size(); }

std::map<std::string, std::string> Gossip::stats() const {
  const Serf& serf = parts_->pool.serf();
  const Broadcasts& queues = parts_->pool.swim().broadcasts();
  return {{"coordinate_resets", std::to_string(parts_->pool.coordinates().resets())},
          {"encrypted", parts_->pool.outbox().security().keyring.empty() ? "false" : "true"},
          {"event_queue", std::to_string(queues.events().size())},
          {"event_time", std::to_string(serf.event_time().value)},
          {"failed", std::to_string(serf.count(MemberStatus::failed))},
          {"health_score", std::to_string(parts_->pool.swim().health())},
          {"intent_queue", std::to_string(queues.intents().size())},
          {"left", std::to_string(serf.count(MemberStatus::left))},
          {"member_time", std::to_string(serf.member_time().value)},
          {"members", std::to_string(serf.members().size())},
          {"query_queue", std::to_string(queues.queries().size())},
          {"query_time", std::to_string(serf.query_time().value)}};
}

}  // namespace core::gossip
