// The members as SWIM knows them: by name, and in the shuffled order in which they are probed.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/rng.hpp"
#include "core/gossip/coordinates.hpp"
#include "core/gossip/identity.hpp"
#include "core/gossip/ids.hpp"
#include "core/gossip/name_index.hpp"
#include "core/gossip/suspicion.hpp"

namespace core::gossip {

enum class NodeState : std::uint8_t { alive, suspect, dead, left };

inline constexpr Instant long_ago{std::numeric_limits<std::int64_t>::min() / 2};

/// What few members have about them.
struct Doubts {
  std::optional<Suspicion> suspicion;  ///< while the state is suspect
  Instant accused = long_ago;          ///< when we last told it what is held against it
  Instant returned = long_ago;         ///< when it last came back from the dead
  std::uint8_t returns = 0;            ///< how often it did so lately
};

/// One cache line: a pool of thousands has millions of them, and each push/pull looks at all of one member's.
struct alignas(64) Node {
  std::shared_ptr<const Identity> identity;  ///< never null
  Incarnation incarnation;
  NodeState state = NodeState::dead;
  Instant changed;                 ///< when `state` last changed
  std::unique_ptr<Doubts> doubts;  ///< of those that were ever doubted
  RoundTrips round_trips;

  const std::string& name() const { return identity->name; }
  const Address& address() const { return identity->address; }
  const ProtocolVersions& versions() const { return identity->versions; }
  Doubts& doubted() {
    if (doubts == nullptr) doubts = std::make_unique<Doubts>();
    return *doubts;
  }
  Suspicion* suspicion() const { return doubts != nullptr && doubts->suspicion ? &*doubts->suspicion : nullptr; }
  bool living() const { return state == NodeState::alive || state == NodeState::suspect; }
};
static_assert(sizeof(void*) != 8 || sizeof(Node) == 64);

/// Nodes stay where they are until they are erased, so pointers to them last that long.
class NodeTable {
 public:
  using Test = std::function<bool(const Node&)>;

  Node* find(std::string_view name) { return const_cast<Node*>(std::as_const(*this).find(name)); }
  const Node* find(std::string_view name) const;
  /// It will be asked for in a moment: brings it near.
  void expect(std::string_view name) const;
  /// A new node, dead as yet, at a random place of the probe order. Its name must not be there yet.
  Node& insert(Rng& rng, std::shared_ptr<const Identity> identity);
  void erase(std::string_view name);
  void set_state(Node& node, NodeState state, Instant now);
  /// What it says of itself now, under the same name.
  void set_identity(Node& node, std::shared_ptr<const Identity> identity);

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
  /// Which versions they speak, and how many of them each: in most pools all the same.
  const std::map<ProtocolVersions, std::size_t>& versions() const { return versions_; }
  const std::vector<Node*>& in_probe_order() const { return order_; }

 private:
  void forget_versions(const Node& node);
  auto names() const {
    return [this](std::uint32_t row) -> std::string_view { return nodes_[row].identity->name; };
  }

  std::deque<Node> nodes_;  // free ones have no identity
  std::vector<std::uint32_t> free_;
  NameIndex index_;
  std::vector<Node*> order_;
  std::size_t next_ = 0;       // to probe
  std::size_t next_told_ = 0;  // to gossip to
  std::array<std::size_t, 4> counts_{};
  std::map<ProtocolVersions, std::size_t> versions_;
};

}  // namespace core::gossip
