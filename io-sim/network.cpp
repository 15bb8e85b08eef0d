#include "io-sim/network.hpp"

#include <algorithm>

namespace io_sim {
namespace {

std::vector<bool> set_of(const std::vector<NodeId>& nodes) {
  std::vector<bool> out;
  for (const NodeId node : nodes) {
    if (out.size() <= node) out.resize(node + 1);
    out[node] = true;
  }
  return out;
}

}  // namespace

const Link& Network::link(NodeId from, NodeId to) const {
  if (!links_.empty())
    if (const auto found = links_.find({from, to}); found != links_.end()) return found->second;
  if (!site_links_.empty())
    if (const auto found = site_links_.find({site(from), site(to)}); found != site_links_.end()) return found->second;
  return everywhere_;
}

void Network::set_site(NodeId node, SiteId site) {
  if (sites_.size() <= node) sites_.resize(node + 1);
  sites_[node] = site;
}

CutId Network::cut_between(const std::vector<NodeId>& from, const std::vector<NodeId>& to) {
  cuts_.emplace(++last_cut_, Cut{set_of(from), set_of(to)});
  return last_cut_;
}

void Network::set_open(CutId cut, bool open) {
  if (const auto found = cuts_.find(cut); found != cuts_.end()) found->second.open = open;
}

void Network::heal_all() {
  cut_pairs_.clear();
  cuts_.clear();
}

void Network::keep_open(const std::vector<NodeId>& nodes) { open_ = set_of(nodes); }

bool Network::closed(NodeId from, NodeId to) const {
  if (from < open_.size() && open_[from] && to < open_.size() && open_[to]) return false;
  if (cut_pairs_.contains({from, to})) return true;
  return std::any_of(cuts_.begin(), cuts_.end(), [&](const auto& entry) {
    const Cut& cut = entry.second;
    return !cut.open && from < cut.from.size() && cut.from[from] && to < cut.to.size() && cut.to[to];
  });
}

std::optional<core::Duration> Network::transmit(NodeId from, NodeId to, const Link& link, std::uint64_t bytes,
                                                bool droppable, core::Instant now) {
  if (link.bytes_per_second == 0) return core::Duration{};
  core::Instant& busy_until = busy_until_[{from, to}];
  const core::Instant begins = std::max(busy_until, now);
  const double rate = static_cast<double>(link.bytes_per_second) / 1e9;  // bytes a nanosecond
  if (droppable && static_cast<double>((begins - now).count()) * rate > static_cast<double>(link.queue_bytes))
    return std::nullopt;
  busy_until = begins + core::Duration{static_cast<std::int64_t>(static_cast<double>(bytes) / rate)};
  return busy_until - now;
}

std::uint64_t packets(std::uint64_t bytes, std::uint32_t mtu, std::uint32_t header_bytes) {
  if (mtu <= header_bytes || bytes == 0) return 1;
  const std::uint64_t payload = mtu - header_bytes;
  return (bytes + payload - 1) / payload;
}

double any_lost(double loss, std::uint64_t packets) {
  if (packets == 1 || loss <= 0) return loss;
  constexpr std::uint64_t most = 1024;  // of a burst that large something is lost for sure, or nothing ever
  double all_arrive = 1;
  for (std::uint64_t i = std::min(packets, most); i > 0; --i) all_arrive *= 1 - loss;
  return 1 - all_arrive;
}

}  // namespace io_sim
