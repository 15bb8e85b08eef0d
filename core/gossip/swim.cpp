#include "core/gossip/swim.hpp"

#include <algorithm>

#include "core/base/mutant.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {
namespace {

constexpr Duration flap_memory = std::chrono::minutes(10);  // a member that was steady for so long starts anew
constexpr std::uint8_t max_returns = 100;

wire::serf::NodeState::State wire_state(NodeState state) {
  using State = wire::serf::NodeState::State;
  switch (state) {
    case NodeState::alive:
      return State::alive;
    case NodeState::suspect:
      return State::suspect;
    case NodeState::dead:
      return State::dead;
    case NodeState::left:
      break;
  }
  return State::left;
}

std::string alive_message(const Node& node) {
  return wire::serf::encode(wire::serf::Alive{node.incarnation.value, node.name, node.address.ip, node.address.port,
                                              node.meta, to_bytes(node.versions)});
}

}  // namespace

Swim::Swim(const Config& config, Outbox& outbox)
    : config_(config), outbox_(outbox), awareness_(config.profile.awareness_max) {}

void Swim::start(Turn& turn) {
  Node& node = table_.insert(turn.rng, config_.name);
  self_ = &node;
  const Claim claim{config_.name, config_.advertise, wire::serf::encode_tags(config_.tags), own_versions(config_),
                    Incarnation{1}};
  accept(turn, node, claim);
  const Duration probe_stagger = turn.rng.between(Duration{}, config_.profile.probe_interval);
  probe_ticker_.start(turn.now + probe_stagger, config_.profile.probe_interval);
  const Duration gossip_stagger = turn.rng.between(Duration{}, config_.profile.gossip_interval);
  gossip_ticker_.start(turn.now + gossip_stagger, config_.profile.gossip_interval);
}

void Swim::announce(const Node& node, Awaited awaited) {
  broadcasts_.state().queue(alive_message(node), node.name, awaited);
}

void Swim::on(Turn& turn, const Address&, const wire::serf::Alive& message) { alive(turn, message); }

void Swim::on(Turn& turn, const Address& from, const wire::serf::Suspect& message) {
  const bool answered = message.node == config_.name && Incarnation{message.incarnation} < self().incarnation;
  suspect(turn, message);
  if (!answered || leaving_ || objected_ + config_.profile.probe_interval > turn.now) return;
  // Our objection has been told, as often as any news, and whoever still says so has not heard it. Old accusations go
  // round for a while themselves, so not each of them is worth an answer.
  objected_ = turn.now;
  outbox_.send(turn, from, alive_message(self()));
}

void Swim::on(Turn& turn, const Address& from, const wire::serf::Dead& message) {
  dead(turn, message);
  if (message.node != config_.name || leaving_) return;
  // To the accuser itself: two that hold each other for gone tell each other nothing by gossip.
  outbox_.send(turn, from, alive_message(self()));
}

bool Swim::may_have_address(Turn& turn, const Node& node, const Address& address) const {
  if (node.address == address || node.state == NodeState::left) return true;
  // memberlist drops the dead when it no longer tells them so, and with them their claim to the name.
  const Duration given = config_.profile.dead_node_reclaim;
  const Duration reclaim = given > 0s ? given : config_.profile.gossip_to_the_dead;
  if (node.state == NodeState::dead && turn.now - node.changed > reclaim) return true;
  turn.note(Level::error, "memberlist: Conflicting address for " + node.name + ". Mine: " + node.address.text() +
                              " Theirs: " + address.text() + " Old state: " + std::to_string(wire_state(node.state)));
  return false;
}

void Swim::alive(Turn& turn, const wire::serf::Alive& message) {
  const bool is_self = message.node == config_.name;
  if (is_self && leaving_) return;
  const auto claim = check_claim(config_, message);
  if (!claim) {
    turn.note(Level::warn, "memberlist: Ignoring an alive message for '" + message.node + "': " + claim.error());
    return;
  }
  Node* node = table_.find(claim->name);
  if (node == nullptr) {
    if (claim->incarnation == Incarnation{} || table_.size() >= max_members) return;
    Forgotten::Entry* known = forgotten_.find(claim->name);
    if (known != nullptr && claim->incarnation <= known->incarnation && claim->address == known->address)
      // Old news, or a new life that counts from one again: it is to say so itself.
      return accuse(turn, {known->incarnation.value, claim->name, config_.name}, claim->address, known->accused);
    forgotten_.erase(claim->name);
    return accept(turn, table_.insert(turn.rng, claim->name), *claim);
  }
  if (!may_have_address(turn, *node, claim->address)) {
    changes_.push_back({Change::Kind::name_conflict, node->name});
    return;
  }
  if (!is_self) {
    // One that left may come back elsewhere with a count that starts anew.
    const bool moved = node->address != claim->address;
    if (claim->incarnation > node->incarnation || moved)
      accept(turn, *node, *claim);
    else if (!node->living())
      accuse(turn, {node->incarnation.value, node->name, node->state == NodeState::left ? node->name : config_.name},
             claim->address, node->accused);
    return;
  }
  if (claim->incarnation < node->incarnation) return;
  const bool same =
      claim->incarnation == node->incarnation && claim->meta == node->meta && claim->versions == node->versions;
  // Somebody remembers us from before a restart, with a count that we have to exceed.
  if (!same && !base::mutant("K38")) refute(turn, claim->incarnation, "an alive message for '" + node->name + "'");
}

void Swim::accuse(Turn& turn, const wire::serf::Dead& accusation, const Address& address, Instant& last) {
  // Old news keeps going round for a while: one answer to it is enough.
  if (last + config_.profile.probe_interval > turn.now) return;
  last = turn.now;
  outbox_.send(turn, address, wire::serf::encode(accusation));
}

int Swim::patience_with(Turn& turn, const Node& node) const {
  // To object once is a restart, or a moment of bad luck. One that keeps doing so is not dead but hard to reach, and
  // each verdict over it costs the whole pool two changes of view (Rapid, ATC 2018 §2).
  if (!config_.profile.damp_flapping || turn.now - node.returned > flap_memory) return 1;
  return std::max(1, static_cast<int>(node.returns));
}

void Swim::accept(Turn& turn, Node& node, const Claim& claim) {
  end_suspicion(node);
  const bool came = !node.living();
  const bool contradicts = node.state == NodeState::dead || node.state == NodeState::suspect;
  if (contradicts && node.incarnation != Incarnation{}) {
    if (turn.now - node.returned > flap_memory) node.returns = 0;
    if (node.returns < max_returns) ++node.returns;
    node.returned = turn.now;
  }
  const bool other_meta = node.meta != claim.meta || node.versions != claim.versions || node.address != claim.address;
  node.address = claim.address;
  node.meta = claim.meta;
  node.versions = claim.versions;
  node.incarnation = claim.incarnation;
  table_.set_state(node, NodeState::alive, turn.now);
  outbox_.counts().became_alive.add();
  announce(node);
  const auto kind = came ? Change::Kind::joined : other_meta ? Change::Kind::updated : Change::Kind::refreshed;
  changes_.push_back({kind, node.name});
}

void Swim::end_suspicion(Node& node) {
  if (!node.suspicion) return;
  suspicion_ends_.erase({node.suspicion->expires(), node.name});
  node.suspicion.reset();
}

void Swim::suspect(Turn& turn, const wire::serf::Suspect& message) {
  Node* node = table_.find(message.node);
  if (node == nullptr || Incarnation{message.incarnation} < node->incarnation) return;
  if (node->suspicion) {
    const Instant before = node->suspicion->expires();
    // Or an alive of that incarnation, arriving late, would clear it of what was said after it.
    if (Incarnation{message.incarnation} > node->incarnation) {
      node->incarnation = Incarnation{message.incarnation};
      changes_.push_back({Change::Kind::refreshed, node->name});
    }
    if (!node->suspicion->confirm(message.from)) return;
    suspicion_ends_.erase({before, node->name});
    suspicion_ends_.insert({node->suspicion->expires(), node->name});
    broadcasts_.state().queue(wire::serf::encode(message), node->name);
    return;
  }
  if (node->state != NodeState::alive) return;
  if (node->name == config_.name)
    return refute(
        turn, Incarnation{message.incarnation},
        message.from == hearsay ? "a suspicion in another's state" : "a suspect message (from: " + message.from + ")");
  broadcasts_.state().queue(wire::serf::encode(message), node->name);
  node->incarnation = Incarnation{message.incarnation};
  node->suspicion =
      std::make_unique<Suspicion>(config_.profile, table_.living(), message.from, turn.now, patience_with(turn, *node));
  suspicion_ends_.insert({node->suspicion->expires(), node->name});
  table_.set_state(*node, NodeState::suspect, turn.now);
  outbox_.counts().became_suspect.add();
  changes_.push_back({Change::Kind::refreshed, node->name});
}

void Swim::expire_suspicions(Turn& turn) {
  while (!suspicion_ends_.empty() && suspicion_ends_.begin()->first <= turn.now) {
    const Node& node = *table_.find(suspicion_ends_.begin()->second);
    turn.note(Level::info, "memberlist: Marking " + node.name + " as failed, suspect timeout reached (" +
                               std::to_string(node.suspicion->confirmations()) + " peer confirmations)");
    if (node.suspicion->confirmations() < node.suspicion->wanted()) outbox_.counts().lone_verdicts.add();
    dead(turn, {node.incarnation.value, node.name, config_.name});
  }
}

void Swim::dead(Turn& turn, const wire::serf::Dead& message) {
  Node* node = table_.find(message.node);
  if (node == nullptr || Incarnation{message.incarnation} < node->incarnation) return;
  const bool by_itself = message.from == message.node;
  if (!node->living()) {
    // Whether its own farewell or a survivor's verdict came first, the older or the newer verdict, must not make two
    // views of it: the larger word stands, as for the living.
    if (by_itself) table_.set_state(*node, NodeState::left, turn.now);
    if (Incarnation{message.incarnation} == node->incarnation) return;
    node->incarnation = Incarnation{message.incarnation};
    broadcasts_.state().queue(wire::serf::encode(message), node->name);
    changes_.push_back({Change::Kind::refreshed, node->name});
    return;
  }
  const bool is_self = node->name == config_.name;
  if (is_self && !leaving_)
    return refute(turn, Incarnation{message.incarnation}, "a dead message (from: " + message.from + ")");
  // A verdict without an accusation that we have heard, or with one that came together with it: the suspect may not
  // have heard it either. A member that cannot make itself heard for a while judges others who know nothing of it
  // (consul#5928), and then says all of it at once; so it has to be repeated.
  const bool unheard = node->state == NodeState::alive || turn.now - node->changed < config_.profile.probe_interval;
  if (config_.profile.damp_flapping && !by_itself && !is_self && unheard)
    return suspect(turn, {message.incarnation, message.node, message.from});
  end_suspicion(*node);
  broadcasts_.state().queue(wire::serf::encode(message), node->name, is_self ? Awaited::own_death : Awaited::nobody);
  node->incarnation = Incarnation{message.incarnation};
  table_.set_state(*node, by_itself ? NodeState::left : NodeState::dead, turn.now);
  outbox_.counts().became_dead.add();
  changes_.push_back({Change::Kind::left, node->name});
}

void Swim::refute(Turn& turn, Incarnation accused, const std::string& what) {
  Node& node = self();
  // Above what was said of us, or the others would go on believing it (SWIM §4.2; memberlist a6d9aeb).
  if (base::mutant("K38") && accused > node.incarnation) return;
  node.incarnation =
      base::mutant("K37") ? std::max(node.incarnation, accused) : std::max(node.incarnation.next(), accused.next());
  awareness_.add(1);
  announce(node);
  changes_.push_back({Change::Kind::refreshed, node.name});
  turn.note(Level::warn, "memberlist: Refuting " + what);
}

void Swim::merge(Turn& turn, const std::vector<wire::serf::NodeState>& nodes) {
  for (const wire::serf::NodeState& node : nodes) {
    switch (node.state) {
      case wire::serf::NodeState::alive:
        alive(turn, {node.incarnation, node.name, node.address, node.port, node.meta, node.versions});
        break;
      case wire::serf::NodeState::left:
        dead(turn, {node.incarnation, node.name, node.name});
        break;
      // A claim of death by this way starts a suspicion only: the node shall have its say.
      case wire::serf::NodeState::dead:
      case wire::serf::NodeState::suspect:
        // And it is nobody's word: told as ours it would come back to its accuser as a second opinion.
        suspect(turn, {node.incarnation, node.name, hearsay});
        break;
      default:
        break;
    }
  }
}

std::vector<wire::serf::NodeState> Swim::states() const {
  std::vector<wire::serf::NodeState> states;
  states.reserve(table_.size());
  for (const Node* node : table_.in_probe_order())
    states.push_back({node->name, node->address.ip, node->address.port, node->meta, node->incarnation.value,
                      wire_state(node->state), to_bytes(node->versions)});
  return states;
}

void Swim::set_meta(Turn&, std::string meta) {
  Node& node = self();
  node.meta = std::move(meta);
  ++node.incarnation;
  announce(node);
  changes_.push_back({Change::Kind::updated, node.name});
}

bool Swim::leave(Turn& turn) {
  leaving_ = true;
  dead(turn, {self().incarnation.value, config_.name, config_.name});
  return has_living_peers();
}

bool Swim::has_living_peers() const { return table_.living() > (self_ != nullptr && self_->living() ? 1u : 0u); }

std::size_t Swim::others() const {
  const bool self_counts = self_ != nullptr && self_->state != NodeState::left;
  return table_.size() - table_.count(NodeState::left) - (self_counts ? 1 : 0);
}

void Swim::forget(Turn& turn, const std::string& name) {
  const Node* node = table_.find(name);
  if (node == nullptr || node->living() || name == config_.name) return;
  forgotten_.add(name, {node->address, node->incarnation, turn.now, node->accused});
  table_.erase(name);
}

}  // namespace core::gossip
