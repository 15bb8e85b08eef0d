// The nodes of a PersistentMap: a B+tree whose nodes are counted, shared between versions of the map, and
// written in place only by one who holds the sole reference.
//
// Invariants: all leaves are at height 0 and equally deep; every node but the root holds at least
// min_entries; separators[i] is above every key of children[i] and not above any key of children[i + 1].
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace core::state::detail {

/// Up to `N` items in place, in order. The caller minds the bounds.
template <class T, std::size_t N>
class FixedVector {
 public:
  FixedVector() = default;
  FixedVector(const FixedVector& other) : size_(other.size_) {
    std::uninitialized_copy_n(other.data(), other.size_, data());
  }
  FixedVector& operator=(const FixedVector&) = delete;
  ~FixedVector() { std::destroy_n(data(), size_); }

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }

  void insert(std::size_t at, T item) {
    if (at == size_) {
      std::construct_at(data() + size_, std::move(item));
    } else {
      std::construct_at(data() + size_, std::move(data()[size_ - 1]));
      for (std::size_t i = size_ - 1; i > at; --i) data()[i] = std::move(data()[i - 1]);
      data()[at] = std::move(item);
    }
    ++size_;
  }
  T take(std::size_t at) {
    T taken = std::move(data()[at]);
    for (std::size_t i = at; i + 1 < size_; ++i) data()[i] = std::move(data()[i + 1]);
    --size_;
    std::destroy_at(data() + size_);
    return taken;
  }
  /// Moves the items from `from` on to the end of `into`.
  void move_tail(std::size_t from, FixedVector& into) {
    for (std::size_t i = from; i < size_; ++i) into.insert(into.size_, std::move(data()[i]));
    std::destroy_n(data() + from, size_ - from);
    size_ = from;
  }

 private:
  T* data() { return std::launder(reinterpret_cast<T*>(storage_)); }
  const T* data() const { return std::launder(reinterpret_cast<const T*>(storage_)); }

  std::size_t size_ = 0;
  alignas(T) std::byte storage_[N * sizeof(T)];
};

/// The front of a text as a number that orders as the texts do, as far as it goes. Searches mostly end on these, side
/// by side in the node, without a look at keys that lie all over the memory.
inline std::uint64_t hint_of(std::string_view key) {
  constexpr std::size_t bytes = 8;
  std::uint64_t out = 0;
  if (key.size() >= bytes) {  // compilers make one load of it
    for (std::size_t i = 0; i < bytes; ++i) out = out << 8 | static_cast<unsigned char>(key[i]);
    return out;
  }
  for (std::size_t i = 0; i < bytes; ++i) out = out << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  return out;
}
/// Of other keys nothing is known in advance.
template <class K>
std::uint64_t hint_of(const K&)
  requires(!std::convertible_to<const K&, std::string_view>)
{
  return 0;
}

// 16 entries: a copied path costs little, and a million rows are six levels deep.
inline constexpr std::size_t max_entries = 16;
inline constexpr std::size_t min_entries = max_entries / 2;

template <class K, class V>
struct Leaf;
template <class K, class V>
struct Inner;

template <class K, class V>
struct TreeNode {
  explicit TreeNode(std::uint8_t level) : height(level) {}
  // A copy is a new node: nobody refers to it yet.
  TreeNode(const TreeNode& other) : height(other.height) {}
  TreeNode& operator=(const TreeNode&) = delete;

  std::atomic<std::uint32_t> references{0};
  const std::uint8_t height;  // 0: a leaf

  Leaf<K, V>& leaf() { return static_cast<Leaf<K, V>&>(*this); }
  const Leaf<K, V>& leaf() const { return static_cast<const Leaf<K, V>&>(*this); }
  Inner<K, V>& inner() { return static_cast<Inner<K, V>&>(*this); }
  const Inner<K, V>& inner() const { return static_cast<const Inner<K, V>&>(*this); }
  /// Entries of a leaf, children of an inner node.
  std::size_t size() const { return height == 0 ? leaf().entries.size() : inner().children.size(); }
};

/// Counts a reference to a node; the last one frees it. Counts are atomic: versions are let go on any thread.
template <class K, class V>
class NodePtr {
 public:
  using Node = TreeNode<K, V>;

  NodePtr() = default;
  explicit NodePtr(Node* node) : node_(node) { retain(); }
  NodePtr(const NodePtr& other) : node_(other.node_) { retain(); }
  NodePtr(NodePtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodePtr& operator=(NodePtr other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodePtr() { release(); }

  const Node* get() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }

  /// The node, for writing: itself when nobody else refers to it, else a copy put in its place.
  Node& own() {
    // Acquire: what other holders read before they let go happened before what we write now.
    if (node_->references.load(std::memory_order_acquire) != 1)
      *this = node_->height == 0 ? NodePtr(new Leaf<K, V>(node_->leaf())) : NodePtr(new Inner<K, V>(node_->inner()));
    return *node_;
  }

 private:
  void retain() {
    if (node_ != nullptr) node_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() {
    if (node_ == nullptr || node_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (node_->height == 0)
      delete &node_->leaf();
    else
      delete &node_->inner();
  }

  Node* node_ = nullptr;
};

template <class K, class V>
struct Entry {
  K key;
  V value;
};

template <class K>
const K& key_of(const K& key) {
  return key;
}
template <class K, class V>
const K& key_of(const Entry<K, V>& entry) {
  return entry.key;
}

/// Keys, or entries by their keys, with the hint of each beside them. Items are changed here; only what is no key may
/// be written through a reference.
template <class T, std::size_t N>
class HintedVector {
 public:
  std::size_t size() const { return items_.size(); }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  std::uint64_t hint(std::size_t i) const { return hints_[i]; }

  void insert(std::size_t at, T item) {
    hints_.insert(at, hint_of(key_of(item)));
    items_.insert(at, std::move(item));
  }
  T take(std::size_t at) {
    hints_.take(at);
    return items_.take(at);
  }
  /// Puts another item in the place of one, which is given back.
  T exchange(std::size_t at, T item) {
    hints_[at] = hint_of(key_of(item));
    return std::exchange(items_[at], std::move(item));
  }
  void move_tail(std::size_t from, HintedVector& into) {
    hints_.move_tail(from, into.hints_);
    items_.move_tail(from, into.items_);
  }

 private:
  FixedVector<std::uint64_t, N> hints_;
  FixedVector<T, N> items_;
};

template <class K, class V>
struct Leaf : TreeNode<K, V> {
  Leaf() : TreeNode<K, V>(0) {}
  HintedVector<Entry<K, V>, max_entries> entries;
};

template <class K, class V>
struct Inner : TreeNode<K, V> {
  explicit Inner(std::uint8_t level) : TreeNode<K, V>(level) {}
  FixedVector<NodePtr<K, V>, max_entries> children;
  HintedVector<K, max_entries> separators;  // one fewer than children, once whole
};

/// Evens out children `left` and `left + 1` of `parent` after one of them has become too small: one node of
/// both when they fit, else an entry moved over.
template <class K, class V>
void rebalance(Inner<K, V>& parent, std::size_t left) {
  auto& a = parent.children[left].own();
  auto& b = parent.children[left + 1].own();
  if (a.size() + b.size() <= max_entries) {
    if (a.height == 0) {
      b.leaf().entries.move_tail(0, a.leaf().entries);
    } else {
      a.inner().separators.insert(a.inner().separators.size(), parent.separators[left]);
      b.inner().separators.move_tail(0, a.inner().separators);
      b.inner().children.move_tail(0, a.inner().children);
    }
    parent.separators.take(left);
    parent.children.take(left + 1);
    return;
  }
  const bool to_left = a.size() < b.size();
  if (a.height == 0) {
    auto& x = a.leaf().entries;
    auto& y = b.leaf().entries;
    if (to_left)
      x.insert(x.size(), y.take(0));
    else
      y.insert(0, x.take(x.size() - 1));
    parent.separators.exchange(left, y[0].key);
    return;
  }
  auto& x = a.inner();
  auto& y = b.inner();
  if (to_left) {
    x.children.insert(x.children.size(), y.children.take(0));
    x.separators.insert(x.separators.size(), parent.separators.exchange(left, y.separators.take(0)));
  } else {
    y.children.insert(0, x.children.take(x.children.size() - 1));
    y.separators.insert(0, parent.separators.exchange(left, x.separators.take(x.separators.size() - 1)));
  }
}

}  // namespace core::state::detail
