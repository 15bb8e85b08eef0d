#include "core/raft/log.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace core::raft {

Log::Log(const Log& other)
    : base_index_(other.base_index_),
      base_term_(other.base_term_),
      block_(std::make_shared<Block>(*other.block_)),
      weight_(other.weight_) {}

std::optional<Term> Log::term_at(Index index) const {
  if (index == base_index_) return base_term_;
  if (index < base_index_ || index > last_index()) return std::nullopt;
  return (*block_)[index.value - base_index_.value - 1].term;
}

const Entry& Log::at(Index index) const {
  check(index > base_index_ && index <= last_index(), "an entry that is read lies within the log");
  return (*block_)[index.value - base_index_.value - 1];
}

Entries Log::slice(Index first, Index last) const {
  if (first > last) return {};
  check(first > base_index_ && last <= last_index(), "a slice lies within the log");
  return {block_, first.value - base_index_.value - 1, last.value - first.value + 1};
}

// Terms never fall along the log, so both searches may halve.
Index Log::first_of_term_at(Index index) const {
  const auto term = term_at(index);
  check(term.has_value(), "the term that is looked for is that of an entry of the log");
  const auto at =
      std::partition_point(block_->begin(), block_->end(), [&](const Entry& entry) { return entry.term < *term; });
  return {base_index_.value + static_cast<std::uint64_t>(at - block_->begin()) + 1};
}

Index Log::last_not_after(Term term) const {
  const auto at =
      std::partition_point(block_->begin(), block_->end(), [&](const Entry& entry) { return entry.term <= term; });
  return {base_index_.value + static_cast<std::uint64_t>(at - block_->begin())};
}

void Log::append(Entry entry) {
  check(entry.index == last_index().next(), "an entry goes to the end of the log");
  check(entry.term >= last_term(), "terms never fall along the log");
  weight_ += entry.weight();
  block_->push_back(std::move(entry));
}

void Log::truncate_from(Index index) {
  check(index > base_index_, "what a snapshot holds is never cut off");
  if (index > last_index()) return;
  const auto kept = block_->begin() + static_cast<std::ptrdiff_t>(index.value - base_index_.value - 1);
  for (auto entry = kept; entry != block_->end(); ++entry) weight_ -= entry->weight();
  if (shared())
    block_ = std::make_shared<Block>(block_->begin(), kept);
  else
    block_->erase(kept, block_->end());
}

void Log::compact_to(Index index) {
  if (index <= base_index_) return;
  base_term_ = at(index).term;
  const auto end = block_->begin() + static_cast<std::ptrdiff_t>(index.value - base_index_.value);
  for (auto entry = block_->begin(); entry != end; ++entry) weight_ -= entry->weight();
  if (shared())
    block_ = std::make_shared<Block>(end, block_->end());
  else
    block_->erase(block_->begin(), end);
  base_index_ = index;
}

void Log::reset(Index index, Term term) {
  block_ = std::make_shared<Block>();
  weight_ = 0;
  base_index_ = index;
  base_term_ = term;
}

}  // namespace core::raft
