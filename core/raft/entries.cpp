#include "core/raft/entries.hpp"

#include <algorithm>

namespace core::raft {

Entry& Entries::emplace_back() {
  const bool alone = block_ && block_.use_count() == 1 && first_ + count_ == block_->size();
  if (!alone) *this = Entries(std::vector<Entry>(begin(), end()));
  ++count_;
  return block_->emplace_back();
}

Entries Entries::after(std::size_t count) const {
  count = std::min(count, count_);
  return {block_, first_ + count, count_ - count};
}

}  // namespace core::raft
