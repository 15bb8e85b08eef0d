#include "simulator/report/links.hpp"

#include <algorithm>

#include "core/describe/hash.hpp"

namespace simulator::report {
namespace {

constexpr std::size_t pairing_bytes = 64;

std::uint64_t hash_of_bytes(std::string_view bytes) {
  core::describe::Hasher hasher;
  hasher.add(bytes);
  return hasher.value();
}

}  // namespace

void Links::datagram_sent(std::uint64_t event, TrueTime at, NodeId from, NodeId to, std::string_view bytes) {
  datagrams_[{from, to, hash_of_bytes(bytes)}].push_back({{event, at, from, to, labels_.of_datagram(bytes)}, 0, false});
}

std::optional<Sent> Links::datagram_received(NodeId from, NodeId to, std::string_view bytes) {
  const auto found = datagrams_.find({from, to, hash_of_bytes(bytes)});
  if (found == datagrams_.end()) return std::nullopt;
  for (Flight& flight : found->second) {
    if (flight.arrived) continue;
    flight.arrived = true;
    return flight.sent;
  }
  // All equal ones have arrived: this is a duplicate of the last, whose label is told once.
  Sent again = found->second.back().sent;
  again.label.reset();
  return again;
}

Links::Half* Links::find(const End& end) {
  const auto found = halves_.find(end);
  return found == halves_.end() ? nullptr : &found->second;
}

void Links::add_end(const End& end, NodeId peer, bool opener, bool serf) {
  const std::uint64_t id = ++last_way_;
  Way& way = ways_.emplace(id, Way(opener)).first->second;
  way.from = std::get<0>(end);
  way.to = peer;
  way.serf = serf;
  halves_[end] = {id, 0, peer, opener};
  unpaired_[{way.from, peer}].emplace_back(end, id);
}

void Links::stream_opened(const End& end, NodeId to, bool serf, TrueTime) { add_end(end, to, true, serf); }
void Links::stream_accepted(const End& end, NodeId from, bool serf, TrueTime) { add_end(end, from, false, serf); }

void Links::stream_sent(const End& end, std::uint64_t event, TrueTime at, std::string_view bytes) {
  const Half* const half = find(end);
  if (half == nullptr || bytes.empty()) return;
  const auto found = ways_.find(half->out);
  if (found == ways_.end()) return;
  Way& way = found->second;
  if (way.first.size() < pairing_bytes) way.first += bytes.substr(0, pairing_bytes - way.first.size());
  way.sent += bytes.size();
  const auto label = way.serf ? std::optional(labels_.of_serf_stream()) : labels_.of_stream(way.reader, bytes);
  way.flights.push_back({{event, at, way.from, way.to, label}, way.sent, false});
}

// The way whose first bytes these are, among those that have no other end yet: the oldest one.
void Links::pair(const End& end, Half& half, std::string_view bytes) {
  const auto here = unpaired_.find({half.peer, std::get<0>(end)});
  if (here == unpaired_.end()) return;
  for (const auto& [other, id] : here->second) {
    const auto way = ways_.find(id);
    if (way == ways_.end() || way->second.first.empty() || way->second.received > 0) continue;
    const std::size_t same = std::min(way->second.first.size(), bytes.size());
    if (way->second.first.compare(0, same, bytes.substr(0, same)) != 0) continue;
    if (Half* const partner = find(other)) {
      if (partner->opener == half.opener) continue;
      partner->in = half.out;
    }
    half.in = id;
    std::erase_if(here->second, [paired = id](const auto& one) { return one.second == paired; });
    auto& mine = unpaired_[{std::get<0>(end), half.peer}];
    std::erase_if(mine, [&](const auto& one) { return one.second == half.out; });
    return;
  }
}

std::vector<Sent> Links::stream_received(const End& end, std::string_view bytes) {
  Half* const half = find(end);
  if (half == nullptr) return {};
  if (half->in == 0) pair(end, *half, bytes);
  const auto found = ways_.find(half->in);
  if (found == ways_.end()) return {};
  Way& way = found->second;
  way.received += bytes.size();
  std::vector<Sent> out;
  while (!way.flights.empty() && way.flights.front().until <= way.received) {
    out.push_back(way.flights.front().sent);
    way.flights.pop_front();
  }
  return out;
}

void Links::stream_closed(const End& end) {
  const Half* const half = find(end);
  if (half == nullptr) return;
  if (const auto way = ways_.find(half->out); way != ways_.end()) way->second.ended = true;
  halves_.erase(end);
}

std::vector<Sent> Links::take_lost(TrueTime now, bool all) {
  std::vector<Sent> out;
  const auto is_old = [&](const Flight& flight) { return all || now - flight.sent.at > longest_way; };
  const auto take = [&](std::deque<Flight>& flights) {
    while (!flights.empty() && is_old(flights.front())) {
      if (!flights.front().arrived) out.push_back(flights.front().sent);
      flights.pop_front();
    }
  };
  for (auto& [what, flights] : datagrams_) take(flights);
  for (auto& [id, way] : ways_) take(way.flights);
  std::erase_if(datagrams_, [](const auto& one) { return one.second.empty(); });
  std::erase_if(ways_, [](const auto& one) { return one.second.ended && one.second.flights.empty(); });
  for (auto& [between, ends] : unpaired_)
    std::erase_if(ends, [&](const auto& end) { return !ways_.contains(end.second); });
  return out;
}

}  // namespace simulator::report
