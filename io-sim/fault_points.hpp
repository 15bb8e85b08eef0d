// Fault points: the moments at which an agent makes a promise, or is about to. Faults at random moments find the easy
// bugs; a crash between a message and the sync it rests on has to be aimed (reference/simulation-anchors.md, 0.5).
//
// A trap waits at one of these edges and strikes: kills the process, takes the power, cuts a link, whatever whoever
// armed it wants. It strikes right there: what the agent wanted done before that point is done, the rest is not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "io-sim/choices.hpp"
#include "io-sim/network.hpp"

namespace io_sim {

enum class Edge : std::uint8_t {
  persist_asked,    // a batch that ends in a sync was handed to the disk; nothing of it is done
  persist_written,  // it is in the cache, and not synced
  persist_synced,   // it is on the platter, and the agent has not heard
  persist_heard,    // the agent has heard; nothing that it wants in answer is done
  sent,             // a message was handed over to the network
  sent_unsynced,    // ... while a batch with a sync was under way: does the message rest on it?
  sent_on_sync,     // ... in answer to a sync: a vote, an append's acknowledgement
  received,         // a message is here, and the agent has not seen it
  taken_in,         // the agent has seen it; nothing that it wants in answer is done
};

using TrapId = std::uint64_t;

struct Trap {
  Edge edge = Edge::sent;
  std::vector<NodeId> nodes;  // nobody named: all
  /// Which messages count, by their bytes; null: all. Other edges are reached without bytes.
  std::function<bool(NodeId, std::string_view bytes)> wants;
  std::uint64_t skip = 0;   // so many times nothing happens
  double chance = 1;        // of each time after that
  std::uint64_t times = 1;  // how often it strikes before it is gone
  std::function<void(NodeId)> strike;
};

class FaultPoints {
 public:
  using Strikes = std::vector<std::function<void(NodeId)>>;

  TrapId arm(Trap trap);
  void disarm(TrapId trap) { traps_.erase(trap); }
  void disarm_all() { traps_.clear(); }
  bool armed() const { return !traps_.empty(); }
  bool is_armed(TrapId trap) const { return traps_.contains(trap); }
  /// `node` is at `edge`: what is to be done to it there, in the order in which the traps were armed.
  Strikes reached(Edge edge, NodeId node, std::string_view bytes, Stream& chance);

 private:
  std::map<TrapId, Trap> traps_;
  TrapId last_trap_ = 0;
};

}  // namespace io_sim
