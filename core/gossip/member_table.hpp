// The members by name: what Serf keeps of them, and what others read.
#pragma once

#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/gossip/member.hpp"
#include "core/gossip/name_index.hpp"

namespace core::gossip {

/// Members stay where they are until they are erased, so pointers to them last that long.
class MemberTable {
 public:
  /// Walks in the order of the names.
  class Iterator {
   public:
    using value_type = Member;
    using reference = const Member&;
    using pointer = const Member*;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;

    Iterator() = default;
    Iterator(const MemberTable* table, const std::uint32_t* row) : table_(table), row_(row) {}
    reference operator*() const { return table_->rows_[*row_]; }
    pointer operator->() const { return &**this; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    Iterator operator++(int) { return {table_, row_++}; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

   private:
    const MemberTable* table_ = nullptr;
    const std::uint32_t* row_ = nullptr;
  };

  const Member* find(std::string_view name) const;
  Member* find(std::string_view name) { return const_cast<Member*>(std::as_const(*this).find(name)); }
  /// It will be asked for in a moment: brings it near.
  void expect(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// One that is there.
  const Member& at(std::string_view name) const;
  Member& at(std::string_view name) { return const_cast<Member&>(std::as_const(*this).at(name)); }
  std::size_t size() const { return index_.size(); }

  /// A new one, whose name is not there yet.
  Member& insert(std::shared_ptr<const Identity> identity);
  void erase(const Member& member);

  Iterator begin() const { return {this, in_order().data()}; }
  Iterator end() const { return {this, in_order().data() + by_name_.size()}; }
  /// Each in its turn, to be changed. None may be erased meanwhile.
  template <class Visit>
  void each(const Visit& visit) {
    for (const std::uint32_t row : in_order()) visit(rows_[row]);
  }

 private:
  const std::vector<std::uint32_t>& in_order() const;
  auto names() const {
    return [this](std::uint32_t row) -> std::string_view { return rows_[row].identity->name; };
  }

  std::deque<Member> rows_;  // free ones have no identity
  std::vector<std::uint32_t> free_;
  NameIndex index_;
  // Sorted by name when it is next looked at: a list that is being learnt is not sorted a thousand times.
  mutable std::vector<std::uint32_t> by_name_;
  mutable std::size_t sorted_ = 0;  // so many of them are in their places, the others are new
};

}  // namespace core::gossip
