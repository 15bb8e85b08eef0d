// Which event sent what an event received: found from the bytes alone, as a tap on the wire would.
//
// Datagrams are matched by sender, receiver and content. The two ends of a stream are paired by the first bytes that
// arrive; from then on each byte has its place, so that it does not matter how the world cuts the bytes up.
//
// Invariant: what was sent is reported once, as received or as lost.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "simulator/report/labels.hpp"

namespace simulator::report {

/// Something that was sent: by which event, and what it says.
struct Sent {
  std::uint64_t event = 0;
  TrueTime at;
  NodeId from = 0;
  NodeId to = 0;
  std::optional<Label> label;  // nothing: only part of a message
};

class Links {
 public:
  explicit Links(Labels& labels) : labels_(labels) {}

  /// An end of a stream: the node, the life of its process, and its own number for the stream.
  using End = std::tuple<NodeId, std::uint64_t, std::uint64_t>;

  void datagram_sent(std::uint64_t event, TrueTime at, NodeId from, NodeId to, std::string_view bytes);
  /// Who sent it; nothing when nobody is known to have.
  std::optional<Sent> datagram_received(NodeId from, NodeId to, std::string_view bytes);

  void stream_opened(const End& end, NodeId to, bool serf, TrueTime at);
  void stream_accepted(const End& end, NodeId from, bool serf, TrueTime at);
  void stream_sent(const End& end, std::uint64_t event, TrueTime at, std::string_view bytes);
  /// What was completed by these bytes, the oldest first.
  std::vector<Sent> stream_received(const End& end, std::string_view bytes);
  void stream_closed(const End& end);

  /// Takes out what was sent longer ago than anything is on its way, or all: it is lost.
  std::vector<Sent> take_lost(TrueTime now, bool all);

  static constexpr core::Duration longest_way{60'000'000'000};

 private:
  struct Flight {
    Sent sent;
    std::uint64_t until = 0;  // of a stream: how many of the way's bytes there are up to its end
    bool arrived = false;     // of a datagram: a duplicate may follow
  };
  // What goes from one end to the other.
  struct Way {
    NodeId from = 0;
    NodeId to = 0;
    std::string first;  // bytes, for pairing
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::deque<Flight> flights;
    bool ended = false;  // nothing more is sent
    bool serf = false;
    core::wire::rpc::FrameReader reader;
    explicit Way(bool opener) : reader(opener) {}
  };
  struct Half {
    std::uint64_t out = 0;
    std::uint64_t in = 0;  // 0: not paired yet
    NodeId peer = 0;
    bool opener = false;
  };
  Half* find(const End& end);
  void add_end(const End& end, NodeId peer, bool opener, bool serf);
  void pair(const End& end, Half& half, std::string_view bytes);

  Labels& labels_;
  std::map<std::tuple<NodeId, NodeId, std::uint64_t>, std::deque<Flight>> datagrams_;  // by from, to, hash
  std::map<std::uint64_t, Way> ways_;
  std::map<End, Half> halves_;
  std::map<std::pair<NodeId, NodeId>, std::vector<std::pair<End, std::uint64_t>>> unpaired_;  // ways, by from and to
  std::uint64_t last_way_ = 0;
};

}  // namespace simulator::report
