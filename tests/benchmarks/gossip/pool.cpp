#include "tests/benchmarks/gossip/pool.hpp"

#include <algorithm>

namespace benchmarks {

using namespace core::gossip;

namespace {

constexpr std::uint16_t port = 7946;
constexpr Duration connect_timeout = std::chrono::seconds(10);

struct Later {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

std::string name_of(std::size_t member) { return "m" + std::to_string(member); }
std::uint32_t member_named(const std::string& name) { return static_cast<std::uint32_t>(std::stoul(name.substr(1))); }

}  // namespace

Pool::Pool(Settings settings) : settings_(std::move(settings)), rng_(settings_.seed), members_(settings_.members) {}

core::Address Pool::address(std::size_t member) const {
  std::string ip("\x0a", 1);
  for (const int shift : {16, 8, 0}) ip += static_cast<char>(member >> shift);
  return {ip, port};
}

std::size_t Pool::member_at(const core::Address& address) const {
  std::size_t member = 0;
  for (const char c : address.ip.substr(1)) member = member << 8 | static_cast<std::uint8_t>(c);
  return member;
}

Instant Pool::leaves(std::size_t from) const { return std::max(now, members_[from].stalled); }

Duration Pool::latency() { return rng_.between(settings_.latency_min, settings_.latency_max); }

bool Pool::lost(std::size_t from, std::size_t to) {
  if (!loss) return false;
  const double share = loss(from, to);
  return share > 0 && rng_.chance(share);
}

void Pool::schedule(Instant at, Arrival arrival) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::move(arrival));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = std::move(arrival);
  }
  queue_.push_back({at, ++order_, slot});
  std::push_heap(queue_.begin(), queue_.end(), Later{});
}

void Pool::schedule_wake(std::uint32_t index) {
  Member& member = members_[index];
  const Instant due = std::max(member.due, now);
  if (member.due == Instant::never() || due >= member.wake) return;
  member.wake = due;
  schedule(due, {index, member.life, Woken{}});
}

void Pool::start(std::size_t index) {
  Config config;
  config.name = name_of(index);
  config.advertise = address(index);
  config.profile = settings_.profile;
  config.serf = {};
  config.merge_rule = MergeRule::any;
  config.serf_protocol = 5;
  config.compress = settings_.compress;
  config.coordinates = settings_.coordinates;
  Member& member = members_[index];
  member = {std::make_unique<Gossip>(std::move(config), rng_.fork(), &identities_),
            member.life + 1,
            Instant::never(),
            Instant::never(),
            {},
            member.next_accepted};
  tell(static_cast<std::uint32_t>(index), Woken{});
}

void Pool::kill(std::size_t index) {
  members_[index].gossip.reset();
  ++members_[index].life;
}

void Pool::stall(std::size_t index, Duration time) { members_[index].stalled = now + time; }

void Pool::form(Duration ramp) {
  start(0);
  for (std::size_t i = 1; i < members_.size(); ++i) {
    run_for(ramp / static_cast<std::int64_t>(members_.size()));
    start(i);
    tell(static_cast<std::uint32_t>(i), JoinRequested{RequestId{i}, {address(rng_.below(i))}});
  }
}

void Pool::tell(std::uint32_t index, const Event& event) {
  ++events;
  effects_.clear();
  members_[index].gossip->handle(now, event, effects_);
  members_[index].due = members_[index].gossip->deadline();
  carry(index, effects_);
  schedule_wake(index);
}

void Pool::carry(std::uint32_t from, std::vector<Effect>& effects) {
  const auto verdict = [&](const core::gossip::Member& about, Verdict::What what) {
    if (on_verdict) on_verdict({now, from, member_named(about.name()), what});
  };
  for (Effect& effect : effects) {
    if (auto* datagram = std::get_if<SendDatagram>(&effect)) {
      const auto to = static_cast<std::uint32_t>(member_at(datagram->to));
      ++traffic.datagrams;
      traffic.datagram_bytes += datagram->bytes.size();
      if (lost(from, to) || !is_up(to)) continue;
      schedule(leaves(from) + latency(),
               {to, members_[to].life, DatagramReceived{address(from), std::move(datagram->bytes)}});
    } else if (auto* open = std::get_if<OpenStream>(&effect)) {
      const auto to = static_cast<std::uint32_t>(member_at(open->to));
      const std::uint64_t life = members_[from].life;
      // What is lost in one direction is resent; a connection needs both.
      if (lost(from, to) || lost(to, from)) {
        schedule(now + connect_timeout, {from, life, StreamFailed{open->stream, "i/o timeout"}});
      } else if (!is_up(to)) {
        schedule(now + latency(), {from, life, StreamFailed{open->stream, "connection refused"}});
      } else {
        const StreamId accepted{members_[to].next_accepted};
        members_[to].next_accepted += 2;
        peers_[key(from, open->stream.value)] = {to, members_[to].life, accepted.value};
        peers_[key(to, accepted.value)] = {from, life, open->stream.value};
        const Duration there = latency();
        schedule(now + there, {to, members_[to].life, StreamAccepted{accepted, address(from)}});
        schedule(now + 2 * there, {from, life, StreamConnected{open->stream}});
      }
    } else if (auto* data = std::get_if<SendStream>(&effect)) {
      traffic.stream_bytes += data->bytes.size();
      const auto peer = peers_.find(key(from, data->stream.value));
      if (peer == peers_.end()) continue;
      const End end = peer->second;
      schedule(now + settings_.latency_max,
               {end.member, end.life, StreamReceived{StreamId{end.stream}, std::move(data->bytes)}});
    } else if (const auto* close = std::get_if<CloseStream>(&effect)) {
      const auto peer = peers_.find(key(from, close->stream.value));
      if (peer == peers_.end()) continue;
      const End end = peer->second;
      peers_.erase(peer);
      schedule(now + settings_.latency_max, {end.member, end.life, StreamClosed{StreamId{end.stream}}});
    } else if (const auto* joined = std::get_if<MemberJoined>(&effect)) {
      verdict(joined->member, Verdict::What::joined);
    } else if (const auto* failed = std::get_if<MemberFailed>(&effect)) {
      verdict(failed->member, Verdict::What::failed);
    } else if (const auto* left = std::get_if<MemberLeft>(&effect)) {
      verdict(left->member, Verdict::What::left);
    }
  }
}

void Pool::handle_next() {
  std::pop_heap(queue_.begin(), queue_.end(), Later{});
  const Queued next = queue_.back();
  queue_.pop_back();
  now = std::max(now, next.at);
  Arrival arrival = std::move(slots_[next.slot]);
  free_slots_.push_back(next.slot);
  Member& member = members_[arrival.member];
  if (member.gossip == nullptr || member.life != arrival.life) return;
  if (member.stalled > now && !std::holds_alternative<Woken>(arrival.event)) {
    // In the order in which they came, when it goes on.
    const Instant at = member.stalled;
    return schedule(at, std::move(arrival));
  }
  if (std::holds_alternative<Woken>(arrival.event)) {
    if (member.wake == next.at) member.wake = Instant::never();
    if (member.due > now) return schedule_wake(arrival.member);
  }
  tell(arrival.member, arrival.event);
}

void Pool::run_for(Duration time) {
  const Instant end = now + time;
  while (!queue_.empty() && queue_.front().at <= end) handle_next();
  now = end;
}

bool Pool::run_until(const std::function<bool()>& done, Duration step, Duration patience) {
  const Instant end = now + patience;
  while (!done()) {
    if (now >= end) return false;
    run_for(step);
  }
  return true;
}

std::size_t Pool::seen_as(std::size_t about, MemberStatus status) const {
  const std::string name = name_of(about);
  std::size_t count = 0;
  for (const Member& member : members_) {
    if (member.gossip == nullptr) continue;
    const core::gossip::Member* known = member.gossip->members().find(name);
    count += known != nullptr && known->status == status ? 1 : 0;
  }
  return count;
}

bool Pool::all_see_all() const {
  std::size_t up = 0;
  for (const Member& member : members_) up += member.gossip != nullptr ? 1 : 0;
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    return member.gossip == nullptr || member.gossip->members().size() >= up;
  });
}

}  // namespace benchmarks
