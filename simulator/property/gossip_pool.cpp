#include "simulator/property/gossip_pool.hpp"

#include <algorithm>

namespace simulator::property {

using namespace core;
using namespace core::gossip;

namespace {

// "member-failed d": what befell whom.
std::string text_of_news(const Effect& effect) {
  if (const auto* joined = std::get_if<MemberJoined>(&effect)) return "member-joined " + joined->member.name();
  if (const auto* left = std::get_if<MemberLeft>(&effect)) return "member-left " + left->member.name();
  if (const auto* failed = std::get_if<MemberFailed>(&effect)) return "member-failed " + failed->member.name();
  if (const auto* updated = std::get_if<MemberUpdated>(&effect)) return "member-updated " + updated->member.name();
  if (const auto* reaped = std::get_if<MemberReaped>(&effect)) return "member-reaped " + reaped->member.name();
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
  stalled_.erase(i);
  left_in_order_.erase(i);
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

Instant GossipPool::stalled_until(std::size_t i) const {
  const auto found = stalled_.find(i);
  return found == stalled_.end() ? Instant{} : found->second;
}

void GossipPool::schedule(std::size_t node, Event event, Duration delay) {
  const int life = lives_[node];
  queue_.emplace(std::pair(now + delay, ++order_), Arrival{node, std::move(event), life});
}

void GossipPool::tell(std::size_t i, const Event& event) {
  std::vector<Effect> effects;
  members_.at(i)->handle(now, event, effects);
  carry(i, effects);
  if (const std::size_t intents = members_.at(i)->intents_told(); intents > most_intents)
    invariants_.fell("RATE", name(i) + " has " + std::to_string(intents) + " intents to tell at once");
}

void GossipPool::join(std::size_t i, std::size_t to) { tell(i, JoinRequested{RequestId{++order_}, {address(to)}}); }

void GossipPool::carry(std::size_t from, const std::vector<Effect>& effects) {
  const Duration held = std::max(Duration{}, stalled_until(from) - now);
  for (const Effect& effect : effects) {
    if (const auto* datagram = std::get_if<SendDatagram>(&effect)) {
      const std::size_t to = datagram->to.port - 1u;
      ++datagrams;
      bytes += datagram->bytes.size();
      const bool lost = draws_.chance(links.loss);
      const int copies = lost || !reachable(from, to) ? 0 : draws_.chance(links.duplicates) ? 2 : 1;
      for (int copy = 0; copy < copies; ++copy)
        schedule(to, DatagramReceived{address(from), datagram->bytes},
                 held + draws_.between(links.latency, 2 * links.latency + Duration{1}));
    } else if (const auto* open = std::get_if<OpenStream>(&effect)) {
      const std::size_t to = open->to.port - 1u;
      if (!reachable(from, to)) continue;  // no answer ever
      if (!members_.contains(to)) {
        schedule(from, StreamFailed{open->stream, "connect: connection refused"}, held + links.latency);
        continue;
      }
      const End near{from, open->stream};
      const End far{to, StreamId{accepted_}};
      accepted_ += 2;
      peers_[near] = far;
      peers_[far] = near;
      schedule(to, StreamAccepted{far.second, address(from)}, held + links.latency);
      schedule(from, StreamConnected{open->stream}, held + 2 * links.latency);
    } else if (const auto* data = std::get_if<SendStream>(&effect)) {
      const auto peer = peers_.find({from, data->stream});
      if (peer == peers_.end() || !reachable(from, peer->second.first)) continue;
      // In two pieces, as TCP may.
      const std::size_t half = data->bytes.size() / 2;
      schedule(peer->second.first, StreamReceived{peer->second.second, data->bytes.substr(0, half)},
               held + links.latency);
      schedule(peer->second.first, StreamReceived{peer->second.second, data->bytes.substr(half)}, held + links.latency);
    } else if (const auto* close = std::get_if<CloseStream>(&effect)) {
      const auto peer = peers_.find({from, close->stream});
      if (peer == peers_.end()) continue;
      const End far = peer->second;
      peers_.erase(peer);
      if (reachable(from, far.first)) schedule(far.first, StreamClosed{far.second}, held + links.latency);
    } else if (std::holds_alternative<JoinFinished>(effect)) {
      ++joins_finished;
    } else if (std::holds_alternative<Left>(effect)) {
      gone[from] = now;
      invariants_.ended(name(from));
      if (leaving_in_order_.erase(from) > 0) left_in_order_.insert(from);
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
    if (invariants_.broken()) return;
    if (waking) {
      tell(*waking, Woken{});
      if (driven_) end_those_that_left();
      continue;
    }
    Arrival arrival = queue_.extract(queue_.begin()).mapped();
    if (const Instant until = stalled_until(arrival.node); until > now) {
      // In the order in which they came, when it goes on.
      queue_.emplace(std::pair(until, ++order_), std::move(arrival));
      continue;
    }
    if (members_.contains(arrival.node) && lives_[arrival.node] == arrival.life) tell(arrival.node, arrival.event);
  }
  now = end;
}

std::string GossipPool::view(std::size_t i) const {
  std::string view;
  for (const core::gossip::Member& member : members_.at(i)->members())
    view += (view.empty() ? "" : " ") + member.name() + "=" + to_string(member.status);
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
  if (!std::holds_alternative<PassTime>(operation)) leaving_in_order_.clear();
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
  const bool well = links.loss == 0 && groups_.empty() &&
                    std::none_of(stalled_.begin(), stalled_.end(), [&](const auto& one) { return one.second > now; });
  if (well && members_.size() > 1 && all_see_the_truth()) leaving_in_order_.insert(i);
  tell(i, LeaveRequested{});
  end_those_that_left();
}

void GossipPool::act(const ForceLeaveMember& leave) {
  const std::size_t by = leave.by % members_ever_;
  if (!members_.contains(by)) return;
  const std::string member = name(leave.member % members_ever_);
  tell(by, ForceLeaveRequested{member, false});
  const core::gossip::Member* seen = members_.at(by)->members().find(member);
  if (seen != nullptr && seen->status == MemberStatus::failed)
    invariants_.fell("LEFT", name(by) + " still holds " + member + " for failed, which it was told to force out");
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
  invariants_.losing(links.loss);
}

void GossipPool::act(const StallMember& stall) {
  const std::size_t i = stall.member % members_ever_;
  if (!members_.contains(i)) return;
  // A suspicion with one confirmation takes 11 s in a small pool of Profile::lan(), and one with none more than twice
  // that; but with fewer than two to confirm it takes only 4 s.
  if (stall.time <= 10s && seen_alive_by(i) >= 5)
    invariants_.stalled(name(i), now);
  else
    invariants_.disturbed(name(i), now);
  stalled_[i] = std::max(stalled_until(i), now + stall.time);
}

std::size_t GossipPool::seen_alive_by(std::size_t i) const {
  const auto& seen = members_.at(i)->members();
  return static_cast<std::size_t>(std::count_if(
      seen.begin(), seen.end(), [](const core::gossip::Member& one) { return one.status == MemberStatus::alive; }));
}

void GossipPool::end_those_that_left() {
  for (const auto& [i, when] : gone)
    if (members_.contains(i)) kill(i);
}

bool GossipPool::sees_the_truth(std::size_t i) const {
  const auto& seen = members_.at(i)->members();
  for (std::size_t other = 0; other < members_ever_; ++other) {
    const core::gossip::Member* found = seen.find(name(other));
    const bool alive = found != nullptr && found->status == MemberStatus::alive;
    if (alive != members_.contains(other)) return false;
  }
  return true;
}

bool GossipPool::all_see_the_truth() const {
  return std::all_of(members_.begin(), members_.end(), [this](const auto& one) { return sees_the_truth(one.first); });
}

bool GossipPool::knows_all(std::size_t i) const {
  const auto& seen = members_.at(i)->members();
  return std::all_of(members_.begin(), members_.end(), [&](const auto& other) {
    const core::gossip::Member* found = seen.find(name(other.first));
    return found != nullptr && found->status != MemberStatus::left;
  });
}

std::string GossipPool::settle() {
  links.loss = 0;
  invariants_.losing(0);
  links.duplicates = 0;
  groups_.clear();
  stalled_.clear();
  disturb_all();
  // Those that were leaving are gone within their time.
  run_for(20s);
  // As agents do that have retry_join: one that was started in the wrong moment knows nobody yet, and nobody looks for
  // one that is held to have left. Those that hold each other for failed have to find each other by themselves.
  for (std::size_t i = 0; i < members_ever_; ++i)
    if (const auto other = another_up(i); other && members_.contains(i) && !knows_all(i)) join(i, *other);
  for (int second = 0; second < 600 && !all_see_the_truth() && !invariants_.broken(); ++second) run_for(1s);
  if (!all_see_the_truth()) invariants_.fell("VIEW", "ten minutes after all faults the members differ:\n" + views());
  if (!invariants_.broken()) check_silence();
  if (!invariants_.broken()) check_departures();
  return violation();
}

void GossipPool::check_silence() {
  // An accusation that was under way may still be told, and be objected to.
  run_for(2min);
  const std::size_t before = datagrams;
  run_for(1min);
  // A ping and an ack a second, and room for a push/pull's news.
  const std::size_t most = members_.size() * (60 * 2 + 30);
  if (datagrams - before > most)
    invariants_.fell("RATE", std::to_string(members_.size()) + " members without any news send " +
                                 std::to_string(datagrams - before) + " datagrams a minute");
  if (!all_see_the_truth()) invariants_.fell("VIEW", "the members agreed, and differ again:\n" + views());
}

void GossipPool::check_departures() {
  for (const std::size_t left : left_in_order_)
    for (const auto& [i, member] : members_) {
      const core::gossip::Member* found = member->members().find(name(left));
      if (found == nullptr || found->status == MemberStatus::left) continue;
      return invariants_.fell(
          "LEFT", name(left) + " left in good order, and is held for " + to_string(found->status) + " by " + name(i));
    }
}

std::string GossipPool::violation() const {
  const auto& broken = invariants_.broken();
  if (!broken) return "";
  return broken->invariant + " fell at " + std::to_string(now.ns / 1'000'000) + " ms: " + broken->how;
}

}  // namespace simulator::property
