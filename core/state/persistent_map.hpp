// An ordered map of which a copy is a pointer copy and never changes: the tables of the state.
//
// A B+tree that shares its nodes between versions (Driscoll et al., "Making data structures persistent",
// 1989: path copying). A writer whose nodes nobody else holds changes them in place.
//
// Threads: any number may read, copy and let go of maps that share nodes; one map object has one writer.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.hpp"
#include "core/state/persistent_node.hpp"

namespace core::state {

/// `Compare` is a total order of keys, transparent: any type it compares with K can be looked up.
template <class K, class V, class Compare = std::less<>>
class PersistentMap {
  using Node = detail::TreeNode<K, V>;
  using Ptr = detail::NodePtr<K, V>;
  using Leaf = detail::Leaf<K, V>;
  using Inner = detail::Inner<K, V>;

  // 8 to the 20th is more than there is memory for.
  static constexpr std::size_t max_depth = 20;

 public:
  using Entry = detail::Entry<K, V>;

  /// Walks entries in the order of keys. Good for as long as the map it came from is neither changed nor gone.
  class Iterator {
   public:
    const Entry& operator*() const { return leaf().entries[position_[depth_ - 1]]; }
    const Entry* operator->() const { return &**this; }
    Iterator& operator++() {
      skip(0);
      return *this;
    }
    bool at_end() const { return depth_ == 0; }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.depth_ == b.depth_ &&
             (a.depth_ == 0 || (&a.leaf() == &b.leaf() && a.position_[a.depth_ - 1] == b.position_[b.depth_ - 1]));
    }

   private:
    friend class PersistentMap;
    const Leaf& leaf() const { return nodes_[depth_ - 1]->leaf(); }
    void push(const Node* node, std::size_t position) {
      nodes_[depth_] = node;
      position_[depth_++] = position;
    }
    void descend_first(const Node* node) {
      for (; node->height > 0; node = node->inner().children[0].get()) push(node, 0);
      push(node, 0);
    }
    /// On to the entry after the one it stands at (0), or after the subtree of its last `above` nodes.
    void skip(std::size_t above) {
      depth_ -= above;
      while (depth_ > 0 && ++position_[depth_ - 1] == nodes_[depth_ - 1]->size()) --depth_;
      if (depth_ == 0) return;
      const Node* top = nodes_[depth_ - 1];
      if (top->height > 0) descend_first(top->inner().children[position_[depth_ - 1]].get());
    }

    std::array<const Node*, max_depth> nodes_;
    std::array<std::size_t, max_depth> position_;
    std::size_t depth_ = 0;
  };

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The value, or null. Good until the map changes or goes.
  template <class Q>
  const V* find(const Q& key) const {
    if (!root_) return nullptr;
    const Node* node = root_.get();
    while (node->height > 0) node = node->inner().children[child_for(node->inner(), key)].get();
    const auto& entries = node->leaf().entries;
    const std::size_t at = lower_entry(node->leaf(), key);
    return at < entries.size() && !Compare{}(key, entries[at].key) ? &entries[at].value : nullptr;
  }
  template <class Q>
  bool contains(const Q& key) const {
    return find(key) != nullptr;
  }

  /// True when the key is new.
  bool insert_or_assign(K key, V value) {
    if (!root_) root_ = Ptr(new Leaf);
    bool added = false;
    if (auto split = insert(root_, std::move(key), std::move(value), added)) {
      auto* top = new Inner(static_cast<std::uint8_t>(root_.get()->height + 1));
      Ptr owned(top);
      top->children.insert(0, std::move(root_));
      top->children.insert(1, std::move(split->right));
      top->separators.insert(0, std::move(split->separator));
      root_ = std::move(owned);
    }
    size_ += added ? 1 : 0;
    return added;
  }

  /// False when the key is not there (nothing is copied then).
  template <class Q>
  bool erase(const Q& key) {
    if (!contains(key)) return false;
    erase(root_, key);
    --size_;
    if (root_.get()->size() == 0) {
      root_ = Ptr();
    } else if (root_.get()->height > 0 && root_.get()->size() == 1) {
      Ptr only = root_.get()->inner().children[0];
      root_ = std::move(only);
    }
    return true;
  }

  Iterator begin() const {
    Iterator it;
    if (root_) it.descend_first(root_.get());
    return it;
  }
  Iterator end() const { return {}; }

  /// The first entry whose key is not below `key`.
  template <class Q>
  Iterator lower_bound(const Q& key) const {
    Iterator it;
    if (!root_) return it;
    const Node* node = root_.get();
    while (node->height > 0) {
      const std::size_t at = child_for(node->inner(), key);
      it.push(node, at);
      node = node->inner().children[at].get();
    }
    const std::size_t at = lower_entry(node->leaf(), key);
    it.push(node, at);
    if (at == node->leaf().entries.size()) {
      --it.position_[it.depth_ - 1];
      ++it;
    }
    return it;
  }

  /// Calls visit(key, value) for entries from `key` on, in order, until it returns false.
  template <class Q, class Visit>
  void for_each_from(const Q& key, Visit&& visit) const {
    for (Iterator it = lower_bound(key); !it.at_end(); ++it)
      if (!visit(it->key, it->value)) return;
  }

  /// Calls visit(key, before, after) for each key whose value differs, in order; null where a key is not
  /// there. Costs about what has changed: subtrees that both versions share are stepped over.
  template <class Visit>
  static void diff(const PersistentMap& before, const PersistentMap& after, Visit&& visit) {
    Iterator a = before.begin();
    Iterator b = after.begin();
    while (!a.at_end() || !b.at_end()) {
      if (skip_shared(a, b)) continue;
      const V* absent = nullptr;
      if (b.at_end() || (!a.at_end() && Compare{}(a->key, b->key))) {
        visit(a->key, &a->value, absent);
        ++a;
      } else if (a.at_end() || Compare{}(b->key, a->key)) {
        visit(b->key, absent, &b->value);
        ++b;
      } else {
        if (!(a->value == b->value)) visit(a->key, &a->value, &b->value);
        ++a;
        ++b;
      }
    }
  }

  /// Do both hold equal values under equal keys? At once when one is a copy of the other.
  friend bool operator==(const PersistentMap& a, const PersistentMap& b) {
    if (a.size_ != b.size_) return false;
    bool same = true;
    diff(a, b, [&](const K&, const V*, const V*) { same = false; });
    return same;
  }

  /// Stops if the tree is not what persistent_node.hpp says it is. For tests.
  void check_invariants() const {
    const std::size_t counted = root_ ? check_node(root_.get(), true, nullptr, nullptr) : 0;
    base::check(counted == size_, "a map counts its entries");
  }

 private:
  struct Split {
    K separator;
    Ptr right;
  };

  /// Whether hints order `Q` and keys as Compare does.
  template <class Q>
  static constexpr bool hinted = std::same_as<K, std::string> && std::same_as<Compare, std::less<>> &&
                                 std::convertible_to<const Q&, std::string_view>;

  /// Which child holds `key`: the number of separators that are not above it.
  template <class Q>
  static std::size_t child_for(const Inner& node, const Q& key) {
    const std::uint64_t hint = hint_for(key);
    std::size_t low = 0;
    for (std::size_t high = node.separators.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      const std::uint64_t there = node.separators.hint(middle);
      if (hinted<Q> && hint != there ? hint < there : Compare{}(key, node.separators[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }
  template <class Q>
  static std::size_t lower_entry(const Leaf& leaf, const Q& key) {
    const std::uint64_t hint = hint_for(key);
    std::size_t low = 0;
    for (std::size_t high = leaf.entries.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      const std::uint64_t there = leaf.entries.hint(middle);
      if (hinted<Q> && hint != there ? there < hint : Compare{}(leaf.entries[middle].key, key))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  template <class Q>
  static std::uint64_t hint_for(const Q& key) {
    if constexpr (hinted<Q>)
      return detail::hint_of(std::string_view(key));
    else
      return 0;
  }

  static std::optional<Split> insert(Ptr& place, K key, V value, bool& added) {
    Node& node = place.own();
    return node.height == 0 ? insert_into_leaf(node.leaf(), std::move(key), std::move(value), added)
                            : insert_into_inner(node.inner(), std::move(key), std::move(value), added);
  }

  static std::optional<Split> insert_into_leaf(Leaf& leaf, K key, V value, bool& added) {
    auto& entries = leaf.entries;
    const std::size_t at = lower_entry(leaf, key);
    if (at < entries.size() && !Compare{}(key, entries[at].key)) {
      entries[at].value = std::move(value);
      return std::nullopt;
    }
    added = true;
    if (entries.size() < detail::max_entries) {
      entries.insert(at, Entry{std::move(key), std::move(value)});
      return std::nullopt;
    }
    auto* right = new Leaf;
    Ptr owned(right);
    entries.move_tail(detail::min_entries, right->entries);
    auto& half = at <= detail::min_entries ? entries : right->entries;
    half.insert(at <= detail::min_entries ? at : at - detail::min_entries, Entry{std::move(key), std::move(value)});
    return Split{right->entries[0].key, std::move(owned)};
  }

  static std::optional<Split> insert_into_inner(Inner& node, K key, V value, bool& added) {
    const std::size_t at = child_for(node, key);
    auto below = insert(node.children[at], std::move(key), std::move(value), added);
    if (!below) return std::nullopt;
    if (node.children.size() < detail::max_entries) {
      node.separators.insert(at, std::move(below->separator));
      node.children.insert(at + 1, std::move(below->right));
      return std::nullopt;
    }
    auto* right = new Inner(node.height);
    Ptr owned(right);
    node.children.move_tail(detail::min_entries, right->children);
    node.separators.move_tail(detail::min_entries, right->separators);
    // The separator between the halves goes up, to the parent.
    K middle = node.separators.take(detail::min_entries - 1);
    const bool in_left = at < detail::min_entries;
    Inner& half = in_left ? node : *right;
    const std::size_t place = in_left ? at : at - detail::min_entries;
    half.separators.insert(place, std::move(below->separator));
    half.children.insert(place + 1, std::move(below->right));
    return Split{std::move(middle), std::move(owned)};
  }

  template <class Q>
  static void erase(Ptr& place, const Q& key) {
    Node& node = place.own();
    if (node.height == 0) {
      node.leaf().entries.take(lower_entry(node.leaf(), key));
      return;
    }
    Inner& inner = node.inner();
    const std::size_t at = child_for(inner, key);
    erase(inner.children[at], key);
    if (inner.children[at].get()->size() < detail::min_entries) rebalance(inner, at > 0 ? at - 1 : 0);
  }

  /// When both stand at the first entry of a shared subtree: past the highest such, on both sides.
  static bool skip_shared(Iterator& a, Iterator& b) {
    std::size_t shared = 0;
    for (std::size_t up = 1; up <= a.depth_ && up <= b.depth_; ++up) {
      if (a.position_[a.depth_ - up] != 0 || b.position_[b.depth_ - up] != 0) break;
      if (a.nodes_[a.depth_ - up] == b.nodes_[b.depth_ - up]) shared = up;
    }
    if (shared == 0) return false;
    a.skip(shared);
    b.skip(shared);
    return true;
  }

  static std::size_t check_node(const Node* node, bool is_root, const K* low, const K* high) {
    base::check(is_root || node->size() >= detail::min_entries, "a node is at least half full");
    base::check(node->size() <= detail::max_entries, "a node is not overfull");
    if (node->height == 0) {
      const auto& entries = node->leaf().entries;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        base::check(entries.hint(i) == detail::hint_of(entries[i].key), "an entry's hint is of its key");
        base::check(i == 0 || Compare{}(entries[i - 1].key, entries[i].key), "keys ascend");
        base::check(low == nullptr || !Compare{}(entries[i].key, *low), "no key is below its separator");
        base::check(high == nullptr || Compare{}(entries[i].key, *high), "every key is below the next separator");
      }
      return entries.size();
    }
    const Inner& inner = node->inner();
    base::check(inner.separators.size() + 1 == inner.children.size(), "a separator between two children");
    for (std::size_t i = 0; i < inner.separators.size(); ++i)
      base::check(inner.separators.hint(i) == detail::hint_of(inner.separators[i]), "a separator's hint is of its key");
    std::size_t counted = 0;
    for (std::size_t i = 0; i < inner.children.size(); ++i) {
      base::check(inner.children[i].get()->height + 1 == node->height, "leaves are equally deep");
      counted += check_node(inner.children[i].get(), false, i == 0 ? low : &inner.separators[i - 1],
                            i + 1 == inner.children.size() ? high : &inner.separators[i]);
    }
    return counted;
  }

  Ptr root_;
  std::size_t size_ = 0;
};

}  // namespace core::state
