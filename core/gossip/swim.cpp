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

void complain_of_name(Turn& turn, std::size_t bytes, const Address& from) {
  turn.complain(Level::warn, "memberlist: Ignoring an accusation by a name of " + std::to_string(bytes) +
                                 " bytes from=" + from.text());
}

std::string alive_message(const Node& node) {
  std::string bytes;
  node.identity->alive.append(node.incarnation.value, bytes);
  return bytes;
}

}  // namespace

Swim::Swim(const Config& config, Outbox& outbox, Identities& identities)
    : config_(config), outbox_(outbox), identities_(identities), awareness_(config.profile.awareness_max) {}

void Swim::start(Turn& turn) {
  const auto identity =
      identities_.intern(config_.name, config_.advertise, wire::serf::encode_tags(config_.tags), own_versions(config_));
  Node& node = table_.insert(turn.rng, identity);
  self_ = &node;
  accept(turn, node, identity, Incarnation{1});
  const Duration probe_stagger = turn.rng.between(Duration{}, config_.profile.probe_interval);
  probe_ticker_.start(turn.now + probe_stagger, config_.profile.probe_interval);
  const Duration gossip_stagger = turn.rng.between(Duration{}, config_.profile.gossip_interval);
  gossip_ticker_.start(turn.now + gossip_stagger, config_.profile.gossip_interval);
}

void Swim::announce(const Node& node, Awaited awaited) {
  broadcasts_.state().queue_alive(node.identity, node.incarnation, awaited);
}

void Swim::on(Turn& turn, const Address&, const wire::serf::Alive& message) { alive(turn, message); }

void Swim::on(Turn& turn, const Address& from, const wire::serf::Suspect& message) {
  if (message.from.size() > max_name_bytes) return complain_of_name(turn, message.from.size(), from);
  const bool answered = message.node == config_.name && Incarnation{message.incarnation} < self().incarnation;
  suspect(turn, message);
  if (!answered || leaving_ || objected_ + config_.profile.probe_interval > turn.now) return;
  // Our objection has been told, as often as any news, and whoever still says so has not heard it. Old accusations go
  // round for a while themselves, so not each of them is worth an answer.
  objected_ = turn.now;
  outbox_.send(turn, from, alive_message(self()));
}

void Swim::on(Turn& turn, const Address& from, const wire::serf::Dead& message) {
  if (message.from.size() > max_name_bytes) return complain_of_name(turn, message.from.size(), from);
  dead(turn, message);
  if (message.node != config_.name || leaving_ || !turn.may_answer()) return;
  // To the accuser itself: two that hold each other for gone tell each other nothing by gossip.
  outbox_.send(turn, from, alive_message(self()));
}

bool Swim::may_have_address(Turn& turn, const Node& node, const Address& address) const {
  if (node.address() == address || node.state == NodeState::left) return true;
  // memberlist drops the dead when it no longer tells them so, and with them their claim to the name.
  const Duration given = config_.profile.dead_node_reclaim;
  const Duration reclaim = given > 0s ? given : config_.profile.gossip_to_the_dead;
  if (node.state == NodeState::dead && turn.now - node.changed > reclaim) return true;
  turn.complain(Level::error, "memberlist: Conflicting address for " + node.name() +
                                  ". Mine: " + node.address().text() + " Theirs: " + address.text() +
                                  " Old state: " + std::to_string(wire_state(node.state)));
  return false;
}

void Swim::alive(Turn& turn, const wire::serf::Alive& message) {
  Node* node = table_.find(message.node);
  const bool is_self = message.node == config_.name;
  if (is_self && leaving_) return;
  // Most is repeated by many. What is held of the member already was checked when it was new.
  std::shared_ptr<const Identity> other;
  if (node == nullptr || !node->identity->is_of(message)) {
    const auto claim = check_claim(config_, message);
    if (!claim) {
      turn.complain(Level::warn, "memberlist: Ignoring an alive message for '" + message.node + "': " + claim.error());
      return;
    }
    other = identities_.intern(claim->name, claim->address, claim->meta, claim->versions);
  }
  const std::shared_ptr<const Identity>& claimed = other != nullptr ? other : node->identity;
  const Incarnation incarnation{message.incarnation};
  if (node == nullptr) {
    if (incarnation == Incarnation{} || table_.size() >= max_members) return;
    Forgotten::Entry* known = forgotten_.find(claimed->name);
    if (known != nullptr && incarnation <= known->incarnation)
      // Old news, or a new life that counts from one again, here or elsewhere: it is to say so itself.
      return accuse(turn, {known->incarnation.value, claimed->name, config_.name}, claimed->address, known->accused);
    forgotten_.erase(claimed->name);
    return accept(turn, table_.insert(turn.rng, claimed), claimed, incarnation);
  }
  if (!may_have_address(turn, *node, claimed->address)) {
    changes_.push_back({Change::Kind::name_conflict, node->name()});
    return;
  }
  if (!is_self) {
    // One that left may come back elsewhere with a count that starts anew. Told what is held against it, it says so; of
    // one that is no more, this is where it was before it moved.
    if (incarnation > node->incarnation)
      accept(turn, *node, claimed, incarnation);
    else if (!node->living())
      accuse(turn,
             {node->incarnation.value, node->name(), node->state == NodeState::left ? node->name() : config_.name},
             claimed->address, node->doubted().accused);
    return;
  }
  if (incarnation < node->incarnation) return;
  const bool same = incarnation == node->incarnation && claimed->meta == node->identity->meta &&
                    claimed->versions == node->versions();
  // Somebody remembers us from before a restart, with a count that we have to exceed.
  if (!same && !base::mutant("K38")) refute(turn, incarnation, "an alive message for '" + node->name() + "'");
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
  const bool flapped = node.doubts != nullptr && turn.now - node.doubts->returned <= flap_memory;
  return config_.profile.damp_flapping && flapped ? std::max(1, static_cast<int>(node.doubts->returns)) : 1;
}

void Swim::accept(Turn& turn, Node& node, const std::shared_ptr<const Identity>& identity, Incarnation incarnation) {
  end_suspicion(node);
  const bool came = !node.living();
  const bool contradicts = node.state == NodeState::dead || node.state == NodeState::suspect;
  if (contradicts && node.incarnation != Incarnation{}) {
    Doubts& doubts = node.doubted();
    if (turn.now - doubts.returned > flap_memory) doubts.returns = 0;
    if (doubts.returns < max_returns) ++doubts.returns;
    doubts.returned = turn.now;
  }
  const bool is_other = node.identity != identity;
  if (is_other) table_.set_identity(node, identity);
  node.incarnation = incarnation;
  table_.set_state(node, NodeState::alive, turn.now);
  outbox_.counts().became_alive.add();
  announce(node);
  const auto kind = came ? Change::Kind::joined : is_other ? Change::Kind::updated : Change::Kind::refreshed;
  changes_.push_back({kind, node.name()});
}

void Swim::end_suspicion(Node& node) {
  const Suspicion* suspicion = node.suspicion();
  if (suspicion == nullptr) return;
  suspicion_ends_.erase({suspicion->expires(), node.name()});
  node.doubts->suspicion.reset();
}

void Swim::suspect(Turn& turn, const wire::serf::Suspect& message) {
  Node* node = table_.find(message.node);
  if (node == nullptr || Incarnation{message.incarnation} < node->incarnation) return;
  if (Suspicion* suspicion = node->suspicion()) {
    const Instant before = suspicion->expires();
    // Or an alive of that incarnation, arriving late, would clear it of what was said after it.
    if (Incarnation{message.incarnation} > node->incarnation) {
      node->incarnation = Incarnation{message.incarnation};
      changes_.push_back({Change::Kind::refreshed, node->name()});
    }
    if (!suspicion->confirm(message.from)) return;
    suspicion_ends_.erase({before, node->name()});
    suspicion_ends_.insert({suspicion->expires(), node->name()});
    broadcasts_.state().queue(wire::serf::encode(message), node->identity);
    return;
  }
  if (node->state != NodeState::alive) return;
  if (node == self_)
    return refute(
        turn, Incarnation{message.incarnation},
        message.from == hearsay ? "a suspicion in another's state" : "a suspect message (from: " + message.from + ")");
  broadcasts_.state().queue(wire::serf::encode(message), node->identity);
  node->incarnation = Incarnation{message.incarnation};
  const int patience = patience_with(turn, *node);
  node->doubted().suspicion.emplace(config_.profile, table_.living(), message.from, turn.now, patience);
  suspicion_ends_.insert({node->suspicion()->expires(), node->name()});
  table_.set_state(*node, NodeState::suspect, turn.now);
  outbox_.counts().became_suspect.add();
  changes_.push_back({Change::Kind::refreshed, node->name()});
}

void Swim::expire_suspicions(Turn& turn) {
  while (!suspicion_ends_.empty() && suspicion_ends_.begin()->first <= turn.now) {
    const Node& node = *table_.find(suspicion_ends_.begin()->second);
    turn.note(Level::info, "memberlist: Marking " + node.name() + " as failed, suspect timeout reached (" +
                               std::to_string(node.suspicion()->confirmations()) + " peer confirmations)");
    if (node.suspicion()->confirmations() < node.suspicion()->wanted()) outbox_.counts().lone_verdicts.add();
    dead(turn, {node.incarnation.value, node.name(), config_.name});
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
    broadcasts_.state().queue(wire::serf::encode(message), node->identity);
    changes_.push_back({Change::Kind::refreshed, node->name()});
    return;
  }
  const bool is_self = node == self_;
  if (is_self && !leaving_)
    return refute(turn, Incarnation{message.incarnation}, "a dead message (from: " + message.from + ")");
  // A verdict without an accusation that we have heard, or with one that came together with it: the suspect may not
  // have heard it either. A member that cannot make itself heard for a while judges others who know nothing of it
  // (consul#5928), and then says all of it at once; so it has to be repeated.
  const bool unheard = node->state == NodeState::alive || turn.now - node->changed < config_.profile.probe_interval;
  if (config_.profile.damp_flapping && !by_itself && !is_self && unheard)
    return suspect(turn, {message.incarnation, message.node, message.from});
  end_suspicion(*node);
  broadcasts_.state().queue(wire::serf::encode(message), node->identity,
                            is_self ? Awaited::own_death : Awaited::nobody);
  node->incarnation = Incarnation{message.incarnation};
  table_.set_state(*node, by_itself ? NodeState::left : NodeState::dead, turn.now);
  outbox_.counts().became_dead.add();
  changes_.push_back({Change::Kind::left, node->name()});
}

void Swim::refute(Turn& turn, Incarnation accused, const std::string& what) {
  Node& node = self();
  // Above what was said of us, or the others would go on believing it (SWIM §4.2; memberlist a6d9aeb).
  if (base::mutant("K38") && accused > node.incarnation) return;
  node.incarnation =
      base::mutant("K37") ? std::max(node.incarnation, accused) : std::max(node.incarnation.next(), accused.next());
  awareness_.add(1);
  announce(node);
  changes_.push_back({Change::Kind::refreshed, node.name()});
  turn.note(Level::warn, "memberlist: Refuting " + what);
}

void Swim::merge(Turn& turn, std::vector<wire::serf::NodeState> nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i + rows_ahead < nodes.size()) table_.expect(nodes[i + rows_ahead].name);
    wire::serf::NodeState& node = nodes[i];
    switch (node.state) {
      case wire::serf::NodeState::alive:
        alive(turn, {node.incarnation, std::move(node.name), std::move(node.address), node.port, std::move(node.meta),
                     std::move(node.versions)});
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

void Swim::append_states(std::string& to) const {
  constexpr std::size_t usual_row_bytes = 128;
  to.reserve(to.size() + usual_row_bytes * table_.size());
  const std::vector<Node*>& order = table_.in_probe_order();
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i + rows_ahead < order.size()) __builtin_prefetch(order[i + rows_ahead]);
    order[i]->identity->row.append(order[i]->incarnation.value, wire_state(order[i]->state), to);
  }
}

void Swim::set_meta(Turn&, std::string meta) {
  Node& node = self();
  table_.set_identity(node, identities_.intern(node.name(), node.address(), meta, node.versions()));
  ++node.incarnation;
  announce(node);
  changes_.push_back({Change::Kind::updated, node.name()});
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
  forgotten_.add(
      name, {node->address(), node->incarnation, turn.now, node->doubts != nullptr ? node->doubts->accused : long_ago});
  table_.erase(name);
}

}  // namespace core::gossip
