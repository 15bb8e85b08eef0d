// The log as a server holds it in memory: entries of rising index and never falling term.
//
// It may begin after a base, the last entry that a snapshot has taken the place of; (0, 0) when there is none.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/raft/entries.hpp"

namespace core::raft {

class Log {
 public:
  explicit Log(Index base_index = {}, Term base_term = {})
      : base_index_(base_index), base_term_(base_term), block_(std::make_shared<Block>()) {}
  Log(const Log& other);
  Log& operator=(const Log& other) { return *this = Log(other); }
  Log(Log&&) = default;
  Log& operator=(Log&&) = default;

  bool empty() const { return last_index() == Index{}; }
  /// The last entry that the log no longer holds, because a snapshot does.
  Index base_index() const { return base_index_; }
  Term base_term() const { return base_term_; }
  /// Where the next entry would have gone when the log was new: the base's index + 1.
  Index first_index() const { return base_index_.next(); }
  Index last_index() const { return {base_index_.value + block_->size()}; }
  Term last_term() const { return block_->empty() ? base_term_ : block_->back().term; }
  /// Term of the entry at `index`; zero at index zero; nothing past the end or before the base.
  std::optional<Term> term_at(Index index) const;
  /// The entry at `index`, which is in [first_index, last_index].
  const Entry& at(Index index) const;
  /// The entries from `first` to `last`, both included; empty when first > last. No entry is copied for it, and it
  /// stays as it is whatever becomes of the log.
  Entries slice(Index first, Index last) const;

  /// The first index whose term is `term_at(index)`'s.
  Index first_of_term_at(Index index) const;
  /// The last index whose term is `term` or smaller; the base's index when there is none.
  Index last_not_after(Term term) const;

  /// Adds the entry, whose index is last_index + 1 and whose term is not below the last one's.
  void append(Entry entry);
  /// Drops `index` and all after it.
  void truncate_from(Index index);
  /// Lets go of the entries up to `index`, which the log holds: they are in a snapshot.
  void compact_to(Index index);
  /// Forgets every entry and goes on after that one, which a snapshot holds.
  void reset(Index index, Term term);
  /// What its entries weigh together: memory, for the limits.
  std::size_t weight() const { return weight_; }

 private:
  using Block = Entries::Block;

  // To change what is in the block, when slices share it, would change them: then the log goes on in another block. To
  // add to its end does not.
  bool shared() const { return block_.use_count() > 1; }

  Index base_index_;
  Term base_term_;
  std::shared_ptr<Block> block_;
  std::size_t weight_ = 0;
};

}  // namespace core::raft
