#include "core/gossip/node_table.hpp"

#include <algorithm>
#include <utility>

namespace core::gossip {

const Node* NodeTable::find(std::string_view name) const {
  const auto row = index_.find(name, name_digest(name), names());
  return row ? &nodes_[*row] : nullptr;
}

void NodeTable::expect(std::string_view name) const {
  if (const auto row = index_.guess(name_digest(name))) __builtin_prefetch(&nodes_[*row]);
}

Node& NodeTable::insert(Rng& rng, std::shared_ptr<const Identity> identity) {
  auto row = static_cast<std::uint32_t>(nodes_.size());
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    row = free_.back();
    free_.pop_back();
  }
  Node& node = nodes_[row];
  index_.insert(identity->name, identity->digest, row, names());
  ++versions_[identity->versions];
  node.identity = std::move(identity);
  order_.push_back(&node);
  std::swap(order_.back(), order_[rng.below(order_.size())]);
  ++counts_[static_cast<std::size_t>(node.state)];
  return node;
}

void NodeTable::erase(std::string_view name) {
  const std::uint32_t digest = name_digest(name);
  const auto row = index_.find(name, digest, names());
  if (!row) return;
  Node& node = nodes_[*row];
  const auto place = std::find(order_.begin(), order_.end(), &node);
  if (static_cast<std::size_t>(place - order_.begin()) < next_) --next_;
  order_.erase(place);
  --counts_[static_cast<std::size_t>(node.state)];
  index_.erase(name, digest, names());
  forget_versions(node);
  node = {};
  free_.push_back(*row);
}

void NodeTable::forget_versions(const Node& node) {
  const auto spoken = versions_.find(node.versions());
  if (--spoken->second == 0) versions_.erase(spoken);
}

void NodeTable::set_identity(Node& node, std::shared_ptr<const Identity> identity) {
  if (node.versions() != identity->versions) {
    forget_versions(node);
    ++versions_[identity->versions];
  }
  node.identity = std::move(identity);
}

void NodeTable::set_state(Node& node, NodeState state, Instant now) {
  if (node.state == state) return;
  --counts_[static_cast<std::size_t>(node.state)];
  ++counts_[static_cast<std::size_t>(state)];
  node.state = state;
  node.changed = now;
}

std::vector<Node*> NodeTable::pick(Rng& rng, std::size_t count, const Test& test) {
  std::vector<Node*> picked;
  if (order_.size() < 3 * count) {
    // Few enough to look at all of them: drawing could miss the only one that passes.
    for (Node* node : order_)
      if (test(*node)) picked.push_back(node);
    rng.shuffle(picked);
    if (picked.size() > count) picked.resize(count);
    return picked;
  }
  for (std::size_t tries = 3 * order_.size(); tries > 0 && picked.size() < count; --tries) {
    Node* node = order_[rng.below(order_.size())];
    if (test(*node) && std::find(picked.begin(), picked.end(), node) == picked.end()) picked.push_back(node);
  }
  return picked;
}

Node* NodeTable::next_to_probe(Rng& rng, const Test& test) {
  for (std::size_t looked = 0; looked <= order_.size(); ++looked) {
    if (next_ >= order_.size()) {
      rng.shuffle(order_);
      next_ = 0;
      if (order_.empty()) return nullptr;
    }
    Node* node = order_[next_++];
    if (test(*node)) return node;
  }
  return nullptr;
}

std::vector<Node*> NodeTable::next_to_tell(std::size_t count, const Test& test) {
  std::vector<Node*> told;
  for (std::size_t looked = 0; looked < order_.size() && told.size() < count; ++looked) {
    if (next_told_ >= order_.size()) next_told_ = 0;
    Node* node = order_[next_told_++];
    if (test(*node)) told.push_back(node);
  }
  return told;
}

}  // namespace core::gossip
