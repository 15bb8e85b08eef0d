// Entries that follow each other, as the log, a record for the disk and every peer's message hold the same ones.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "core/raft/types.hpp"

namespace core::raft {

/// A part of a block of entries, shared with whoever else holds a part of it: to copy it copies no entry. What it holds
/// never changes under it; what is added through it, others do not see.
class Entries {
 public:
  using value_type = Entry;
  using const_iterator = const Entry*;

  Entries() = default;
  Entries(std::vector<Entry> entries) : block_(std::make_shared<Block>(std::move(entries))), count_(block_->size()) {}
  Entries(std::initializer_list<Entry> entries) : Entries(std::vector<Entry>(entries)) {}

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Entry* data() const { return count_ == 0 ? nullptr : block_->data() + first_; }
  const_iterator begin() const { return data(); }
  const_iterator end() const { return data() + count_; }
  /// `at` is under size(); there is a first and a last one.
  const Entry& operator[](std::size_t at) const { return data()[at]; }
  const Entry& front() const { return data()[0]; }
  const Entry& back() const { return data()[count_ - 1]; }

  Entry& emplace_back();
  void push_back(Entry entry) { emplace_back() = std::move(entry); }
  /// Without the first ones; empty when there are no more than that.
  Entries after(std::size_t count) const;

 private:
  friend class Log;
  using Block = std::vector<Entry>;

  Entries(std::shared_ptr<Block> block, std::size_t first, std::size_t count)
      : block_(std::move(block)), first_(first), count_(count) {}

  std::shared_ptr<Block> block_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace core::raft
