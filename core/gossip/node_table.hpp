// The members as SWIM knows them: by name, and in the shuffled order in which they are probed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/rng.hpp"
#include "core/gossip/ids.hpp"
#include "core/gossip/member.hpp"
#include "core/gossip/suspicion.hpp"

namespace core::gossip {

enum class NodeState { alive, suspect, dead, left };

inline constexpr Instant long_ago{std::numeric_limits<std::int64_t>::min() / 2};

struct Node {
  std::string name;
  Address address;
  std::string meta;
  ProtocolVersions versions;
  Incarnation incarnation;
  NodeState state = NodeState::dead;
  Instant changed;                       ///< when `state` last changed
  std::unique_ptr<Suspicion> suspicion;  ///< while the state is suspect
  Instant accused = long_ago;            ///< when we last told it what is held against it
  Instant returned = long_ago;           ///< when it last came back from the dead
  std::uint8_t returns = 0;              ///< how often it did so lately

  bool living() const { return state == NodeState::alive || state == NodeState::suspect; }
};

/// Nodes stay where they are until they are erased, so pointers to them last that long.
class NodeTable {
 public:
  using Test = std::function<bool(const Node&)>;

  Node* find(const std::string& name);
  const Node* find(const std::string& name) const;
  /// A new node, dead as yet, at a random place of the probe order.
  Node& insert(Rng& rng, std::string name);
  void erase(const std::string& name);
  void set_state(Node& node, NodeState state, Instant now);

  /// Up to `count` different nodes that pass, drawn at random.
  std::vector<Node*> pick(Rng& rng, std::size_t count, const Test& test);
  /// The next node of the round-robin that passes; none if there is none. At the end of a round the order is shuffled
  /// (SWIM §4.3).
  Node* next_to_probe(Rng& rng, const Test& test);
  /// Up to `count` different nodes that pass, in turn: nobody is told twice before the others were told once.
  std::vector<Node*> next_to_tell(std::size_t count, const Test& test);

  std::size_t size() const { return order_.size(); }
  std::size_t count(NodeState state) const { return counts_[static_cast<std::size_t>(state)]; }
  /// Alive and suspected ones, ourselves included.
  std::size_t living() const { return count(NodeState::alive) + count(NodeState::suspect); }
  const std::vector<Node*>& in_probe_order() const { return order_; }

 private:
  std::map<std::string, Node> nodes_;
  std::vector<Node*> order_;
  std::size_t next_ = 0;       // to probe
  std::size_t next_told_ = 0;  // to gossip to
  std::array<std::size_t, 4> counts_{};
};

}  // namespace core::gossip
