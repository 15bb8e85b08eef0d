#include "core/gossip/member_table.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace core::gossip {

const Member* MemberTable::find(std::string_view name) const {
  const auto row = index_.find(name, name_digest(name), names());
  return row ? &rows_[*row] : nullptr;
}

void MemberTable::expect(std::string_view name) const {
  if (const auto row = index_.guess(name_digest(name))) __builtin_prefetch(&rows_[*row]);
}

const Member& MemberTable::at(std::string_view name) const {
  const Member* member = find(name);
  check(member != nullptr, "the member is in the table");
  return *member;
}

Member& MemberTable::insert(std::shared_ptr<const Identity> identity) {
  auto row = static_cast<std::uint32_t>(rows_.size());
  if (free_.empty()) {
    rows_.emplace_back();
  } else {
    row = free_.back();
    free_.pop_back();
  }
  Member& member = rows_[row];
  index_.insert(identity->name, identity->digest, row, names());
  member.identity = std::move(identity);
  by_name_.push_back(row);
  return member;
}

void MemberTable::erase(const Member& member) {
  const std::string_view name = member.name();
  const std::uint32_t row = *index_.find(name, member.identity->digest, names());
  const auto place = std::find(by_name_.begin(), by_name_.end(), row);
  if (static_cast<std::size_t>(place - by_name_.begin()) < sorted_) --sorted_;
  by_name_.erase(place);
  index_.erase(name, member.identity->digest, names());
  rows_[row] = {};
  free_.push_back(row);
}

const std::vector<std::uint32_t>& MemberTable::in_order() const {
  if (sorted_ == by_name_.size()) return by_name_;
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return rows_[a].name() < rows_[b].name(); };
  const auto added = by_name_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  std::sort(added, by_name_.end(), before);
  std::vector<std::uint32_t> merged(by_name_.size());
  std::merge(by_name_.begin(), added, added, by_name_.end(), merged.begin(), before);
  by_name_ = std::move(merged);
  sorted_ = by_name_.size();
  return by_name_;
}

}  // namespace core::gossip
