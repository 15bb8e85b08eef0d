#include "tests/core/gossip/toy_pool.hpp"

#include "tests/core/gossip/describe.hpp"

namespace tests {

using namespace core;
using namespace core::gossip;

void ToyPool::start(std::size_t i) {
  Config config;
  config.name = name(i);
  config.advertise = address(i);
  config.profile = profile_;
  config.merge_rule = MergeRule::nomad_servers_only;
  config.tags = {{"role", "nomad"}, {"port", "4647"}, {"build", "1.6.5"}, {"id", name(i)}};
  running_.erase(i);
  members_[i] = &running_.emplace(i, Gossip(config, rng_.fork())).first->second;
  ++lives_[i];
  tell(i, Woken{});
}

void ToyPool::kill(std::size_t i) {
  members_.erase(i);
  running_.erase(i);
  ++lives_[i];
}

bool ToyPool::reachable(std::size_t a, std::size_t b) const {
  const auto group = [&](std::size_t i) {
    const auto found = groups_.find(i);
    return found == groups_.end() ? 0 : found->second;
  };
  return group(a) == group(b);
}

void ToyPool::schedule(std::size_t node, Event event, Duration delay) {
  const int life = lives_[node];
  queue_.emplace(std::pair(now + delay, ++order_), Arrival{node, std::move(event), life});
}

void ToyPool::tell(std::size_t i, const Event& event) {
  std::vector<Effect> effects;
  members_.at(i)->handle(now, event, effects);
  carry(i, effects);
}

void ToyPool::join(std::size_t i, std::size_t to) { tell(i, JoinRequested{RequestId{++order_}, {address(to)}}); }

void ToyPool::carry(std::size_t from, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (const auto* datagram = std::get_if<SendDatagram>(&effect)) {
      const std::size_t to = datagram->to.port - 1u;
      ++datagrams;
      bytes += datagram->bytes.size();
      const bool lost = rng_.chance(links.loss);
      const int copies = lost || !reachable(from, to) ? 0 : rng_.chance(links.duplicates) ? 2 : 1;
      for (int copy = 0; copy < copies; ++copy)
        schedule(to, DatagramReceived{address(from), datagram->bytes},
                 rng_.between(links.latency, 2 * links.latency + Duration{1}));
    } else if (const auto* open = std::get_if<OpenStream>(&effect)) {
      const std::size_t to = open->to.port - 1u;
      if (!reachable(from, to)) continue;  // no answer ever
      if (!members_.contains(to)) {
        schedule(from, StreamFailed{open->stream, "connect: connection refused"}, links.latency);
        continue;
      }
      const End near{from, open->stream};
      const End far{to, StreamId{accepted_}};
      accepted_ += 2;
      peers_[near] = far;
      peers_[far] = near;
      schedule(to, StreamAccepted{far.second, address(from)}, links.latency);
      schedule(from, StreamConnected{open->stream}, 2 * links.latency);
    } else if (const auto* data = std::get_if<SendStream>(&effect)) {
      const auto peer = peers_.find({from, data->stream});
      if (peer == peers_.end() || !reachable(from, peer->second.first)) continue;
      // In two pieces, as TCP may.
      const std::size_t half = data->bytes.size() / 2;
      schedule(peer->second.first, StreamReceived{peer->second.second, data->bytes.substr(0, half)}, links.latency);
      schedule(peer->second.first, StreamReceived{peer->second.second, data->bytes.substr(half)}, links.latency);
    } else if (const auto* close = std::get_if<CloseStream>(&effect)) {
      const auto peer = peers_.find({from, close->stream});
      if (peer == peers_.end()) continue;
      const End far = peer->second;
      peers_.erase(peer);
      if (reachable(from, far.first)) schedule(far.first, StreamClosed{far.second}, links.latency);
    } else if (std::holds_alternative<JoinFinished>(effect)) {
      ++joins_finished;
    } else if (std::holds_alternative<Left>(effect)) {
      gone[from] = now;
    } else if (!std::holds_alternative<Note>(effect)) {
      told.push_back(std::to_string(now.ns / 1000000) + "ms " + name(from) + ": " + describe(effect));
    }
  }
}

void ToyPool::run_for(Duration time) {
  const Instant end = now + time;
  while (true) {
    Instant next = queue_.empty() ? Instant::never() : queue_.begin()->first.first;
    std::optional<std::size_t> waking;
    for (const auto& [i, member] : members_) {
      if (member->deadline() >= next) continue;
      next = member->deadline();
      waking = i;
    }
    if (next > end) break;
    now = std::max(now, next);
    if (waking) {
      tell(*waking, Woken{});
      continue;
    }
    const Arrival arrival = queue_.extract(queue_.begin()).mapped();
    if (members_.contains(arrival.node) && lives_[arrival.node] == arrival.life) tell(arrival.node, arrival.event);
  }
  now = end;
}

std::string ToyPool::view(std::size_t i) const {
  std::string view;
  for (const auto& [name, member] : members_.at(i)->members())
    view += (view.empty() ? "" : " ") + name + "=" + to_string(member.status);
  return view;
}

std::string ToyPool::views() const {
  std::string all;
  for (const auto& [i, member] : members_) all += name(i) + " sees " + view(i) + "\n";
  return all;
}

bool ToyPool::all_see(const std::string& expected) const {
  for (const auto& [i, member] : members_)
    if (view(i) != expected) return false;
  return true;
}

}  // namespace tests
