// The links between nodes: how long they take, what they lose, how much they carry, and who can reach whom.
//
// A link is directed. What holds for it is the first of: what was set for this pair; what was set for the sites the
// two are at; what holds everywhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "io-sim/distribution.hpp"

namespace io_sim {

using NodeId = std::uint32_t;
/// Where nodes are that are near each other: a rack, a datacenter, a region.
using SiteId = std::uint16_t;

struct Link {
  Distribution latency = Distribution::uniform(core::Duration{200'000}, core::Duration{1'000'000});
  double loss = 0;         // of packets; streams send again, ever later, and break in the end
  double duplication = 0;  // of datagrams
  double reordering = 0;   // the share of datagrams that are held back
  core::Duration reorder_by{5'000'000};
  /// 0: without limit. What is sent meanwhile waits its turn.
  std::uint64_t bytes_per_second = 0;
  /// Datagrams that find more than this waiting are dropped; streams wait however long.
  std::uint64_t queue_bytes = 256 * 1024;
  /// The largest packet, headers included; 0: any. A larger datagram is sent in fragments, as IPv4 does, and is lost
  /// when one of them is. Without `fragments` it vanishes, as behind a tunnel that eats the ICMP answers.
  std::uint32_t mtu = 0;
  bool fragments = true;
};

/// IPv4 and UDP, or IPv4 and TCP with timestamps.
inline constexpr std::uint32_t datagram_header_bytes = 28;
inline constexpr std::uint32_t segment_header_bytes = 52;

using CutId = std::uint64_t;

class Network {
 public:
  Link& everywhere() { return everywhere_; }
  const Link& link(NodeId from, NodeId to) const;
  void set_link(NodeId from, NodeId to, Link link) { links_[{from, to}] = std::move(link); }
  void reset_link(NodeId from, NodeId to) { links_.erase({from, to}); }
  void set_site(NodeId node, SiteId site);
  SiteId site(NodeId node) const { return node < sites_.size() ? sites_[node] : SiteId{}; }
  void set_link_between_sites(SiteId from, SiteId to, Link link) { site_links_[{from, to}] = std::move(link); }

  /// Nothing goes from `from` to `to` any more; the other way is not touched.
  void cut(NodeId from, NodeId to) { cut_pairs_.emplace(from, to); }
  void heal(NodeId from, NodeId to) { cut_pairs_.erase({from, to}); }
  /// The same for all pairs of two sets. Cuts lie over each other: a way is open when no cut closes it.
  CutId cut_between(const std::vector<NodeId>& from, const std::vector<NodeId>& to);
  void heal(CutId cut) { cuts_.erase(cut); }
  bool is_cut(CutId cut) const { return cuts_.contains(cut); }
  /// A cut that is open lets everything through until it is closed again: a flaky link.
  void set_open(CutId cut, bool open);
  void heal_all();
  /// Whatever cuts there are and will be, the ways between these nodes stay open.
  void keep_open(const std::vector<NodeId>& nodes);
  bool reaches(NodeId from, NodeId to) const { return !any_cut() || from == to || !closed(from, to); }
  std::size_t cuts() const { return cut_pairs_.size() + cuts_.size(); }

  /// Sends `bytes` at `now` on a link of limited bandwidth: how long until the last of them is on the way. Nothing
  /// when they are `droppable` and the queue is full.
  std::optional<core::Duration> transmit(NodeId from, NodeId to, const Link& link, std::uint64_t bytes, bool droppable,
                                         core::Instant now);

 private:
  struct Cut {
    std::vector<bool> from;
    std::vector<bool> to;
    bool open = false;
  };
  bool any_cut() const { return !cut_pairs_.empty() || !cuts_.empty(); }
  bool closed(NodeId from, NodeId to) const;

  Link everywhere_;
  std::map<std::pair<NodeId, NodeId>, Link> links_;
  std::vector<SiteId> sites_;
  std::map<std::pair<SiteId, SiteId>, Link> site_links_;
  std::set<std::pair<NodeId, NodeId>> cut_pairs_;
  std::map<CutId, Cut> cuts_;
  CutId last_cut_ = 0;
  std::vector<bool> open_;                                         // by node: one of those that keep_open() named
  std::map<std::pair<NodeId, NodeId>, core::Instant> busy_until_;  // of links with limited bandwidth
};

/// In how many packets `bytes` of payload go.
std::uint64_t packets(std::uint64_t bytes, std::uint32_t mtu, std::uint32_t header_bytes);
/// The chance that at least one of `packets` is lost.
double any_lost(double loss, std::uint64_t packets);

}  // namespace io_sim
