#include "simulator/property/gossip_pool.hpp"

#include <algorithm>

namespace simulator::property {

using namespace core;
using namespace core::gossip;

namespace {

// "member-failed d": what befell whom.
std::string text_of_news(const Effect& effect) {
  if (const auto* joined = std::get_if<MemberJoined>(&effect)) return "member-joined " + joined->member.name;
  if (const auto* left = std::get_if<MemberLeft>(&effect)) return "member-left " + left->member.name;
  if (const auto* failed = std::get_if<MemberFailed>(&effect)) return "member-failed " + failed->member.name;
  if (const auto* updated = std::get_if<MemberUpdated>(&effect)) return "member-updated " + updated->member.name;
  if (const auto* reaped = std::get_if<MemberReaped>(&effect)) return "member-reaped " + reaped->member.name;
  return "something else";
}

}  // namespace

void GossipPool::start(std::size_t i) {
  Config config;
  config.name = name(i);
  config.advertise = address(i);
  config.profile = profile_;
  config.merge_rule = MergeRule::nomad_servers_only;
  config.tags = {{"role", "nomad"}, {"port", "4647"}, {"build", "1.6.5"}, {"id", name(i)}};
  members_ever_ = std::max(members_ever_, i + 1);
  invariants_.started(name(i));
  invariants_.disturbed(name(i), now);
  gone.erase(i);
  running_.erase(i);
  members_[i] = &running_.emplace(i, Gossip(config, draws_.generator(static_cast<std::uint8_t>(i)))).first->second;
  ++lives_[i];
  tell(i, Woken{});
}

void GossipPool::kill(std::size_t i) {
  invariants_.disturbed(name(i), now);
  invariants_.ended(name(i));
  members_.erase(i);
  running_.erase(i);
  ++lives_[i];
}

bool GossipPool::reachable(std::size_t a, std::size_t b) const {
  const auto group = [&](std::size_t i) {
    const auto found = groups_.find(i);
    return found == groups_.end() ? 0 : found->second;
  };
  return group(a) == group(b);
}

void GossipPool::schedule(std::size_t node, Event event, Duration delay) {
  const int life = lives_[node];
  queue_.emplace(std::pair(now + delay, ++order_), Arrival{node, std::move(event), life});
}

void GossipPool::tell(std::size_t i, const Event& event) {
  std::vector<Effect> effects;
  members_.at(i)->handle(now, event, effects);
  carry(i, effects);
}

void GossipPool::join(std::size_t i, std::size_t to) { tell(i, JoinRequested{RequestId{++order_}, {address(to)}}); }

void GossipPool::carry(std::size_t from, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (const auto* datagram = std::get_if<SendDatagram>(&effect)) {
      const std::size_t to = datagram->to.port - 1u;
      ++datagrams;
      bytes += datagram->bytes.size();
      const bool lost = draws_.chance(links.loss);
      const int copies = lost || !reachable(from, to) ? 0 : draws_.chance(links.duplicates) ? 2 : 1;
      for (int copy = 0; copy < copies; ++copy)
        schedule(to, DatagramReceived{address(from), datagram->bytes},
                 draws_.between(links.latency, 2 * links.latency + Duration{1}));
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
      invariants_.ended(name(from));
    } else if (!std::holds_alternative<Note>(effect)) {
      invariants_.observe(name(from), now, effect);
      told.push_back(std::to_string(now.ns / 1000000) + "ms " + name(from) + ": " + text_of_news(effect));
    }
  }
}

void GossipPool::run_for(Duration time) {
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
      if (driven_) end_those_that_left();
      continue;
    }
    const Arrival arrival = queue_.extract(queue_.begin()).mapped();
    if (members_.contains(arrival.node) && lives_[arrival.node] == arrival.life) tell(arrival.node, arrival.event);
  }
  now = end;
}

std::string GossipPool::view(std::size_t i) const {
  std::string view;
  for (const auto& [name, member] : members_.at(i)->members())
    view += (view.empty() ? "" : " ") + name + "=" + to_string(member.status);
  return view;
}

std::string GossipPool::views() const {
  std::string all;
  for (const auto& [i, member] : members_) all += name(i) + " sees " + view(i) + "\n";
  return all;
}

bool GossipPool::all_see(const std::string& expected) const {
  for (const auto& [i, member] : members_)
    if (view(i) != expected) return false;
  return true;
}

GossipPool GossipPool::of(std::size_t members, Draws draws) {
  GossipPool pool(std::move(draws));
  for (std::size_t i = 0; i < members; ++i) pool.start(i);
  for (std::size_t i = 1; i < members; ++i) pool.join(i, 0);
  pool.run_for(5s);
  return pool;
}

void GossipPool::apply(const GossipOperation& operation) {
  driven_ = true;
  if (members_ever_ == 0 || invariants_.broken()) return;
  std::visit([this](const auto& what) { act(what); }, operation);
}

void GossipPool::apply(const GossipOperations& operations) {
  for (const GossipOperation& operation : operations) apply(operation);
}

void GossipPool::act(const PassTime& pass) { run_for(pass.time); }

std::optional<std::size_t> GossipPool::another_up(std::size_t than) const {
  for (const auto& [i, member] : members_)
    if (i != than && !gone.contains(i)) return i;
  return std::nullopt;
}

void GossipPool::act(const StartMember& started) {
  const std::size_t i = started.member % members_ever_;
  if (members_.contains(i)) return;
  start(i);
  if (const auto other = another_up(i)) join(i, *other);
}

void GossipPool::act(const KillMember& killed) { kill(killed.member % members_ever_); }

void GossipPool::act(const LeaveMember& leave) {
  const std::size_t i = leave.member % members_ever_;
  if (!members_.contains(i)) return;
  invariants_.disturbed(name(i), now);
  tell(i, LeaveRequested{});
  end_those_that_left();
}

void GossipPool::act(const ForceLeaveMember& leave) {
  const std::size_t by = leave.by % members_ever_;
  if (members_.contains(by)) tell(by, ForceLeaveRequested{name(leave.member % members_ever_), false});
}

void GossipPool::disturb_all() {
  for (std::size_t i = 0; i < members_ever_; ++i) invariants_.disturbed(name(i), now);
}

void GossipPool::act(const SplitPool& split) {
  disturb_all();
  groups_.clear();
  for (std::size_t i = 0; i < members_ever_; ++i) groups_[i] = split.side >> i & 1 ? 1 : 0;
}

void GossipPool::act(const HealPool&) {
  disturb_all();
  groups_.clear();
}

void GossipPool::act(const LoseDatagrams& lose) {
  disturb_all();
  links.loss = static_cast<double>(lose.percent % 101) / 100;
}

void GossipPool::end_those_that_left() {
  for (const auto& [i, when] : gone)
    if (members_.contains(i)) kill(i);
}

bool GossipPool::sees_the_truth(std::size_t i) const {
  const auto& seen = members_.at(i)->members();
  for (std::size_t other = 0; other < members_ever_; ++other) {
    const auto found = seen.find(name(other));
    const bool alive = found != seen.end() && found->second.status == MemberStatus::alive;
    if (alive != members_.contains(other)) return false;
  }
  return true;
}

std::string GossipPool::settle() {
  links.loss = 0;
  links.duplicates = 0;
  groups_.clear();
  disturb_all();
  // Those that were leaving are gone within their time.
  run_for(20s);
  // As agents do that have retry_join: one that was started in the wrong moment knows nobody yet.
  for (std::size_t i = 0; i < members_ever_; ++i)
    if (const auto other = another_up(i); other && members_.contains(i)) join(i, *other);
  const auto settled = [this] {
    return std::all_of(members_.begin(), members_.end(), [this](const auto& one) { return sees_the_truth(one.first); });
  };
  for (int second = 0; second < 600 && !settled() && !invariants_.broken(); ++second) run_for(1s);
  if (!settled()) invariants_.fell("VIEW", "ten minutes after all faults the members differ:\n" + views());
  return violation();
}

std::string GossipPool::violation() const {
  const auto& broken = invariants_.broken();
  if (!broken) return "";
  return broken->invariant + " fell at " + std::to_string(now.ns / 1'000'000) + " ms: " + broken->how;
}

}  // namespace simulator::property
