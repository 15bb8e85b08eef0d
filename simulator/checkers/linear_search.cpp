#include "simulator/checkers/linear_search.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace simulator::checkers {
namespace {

using Set = std::uint64_t;  // of operations

class Search {
 public:
  Search(const std::vector<RegisterOp>& ops, std::size_t most_states) : ops_(ops), most_states_(most_states) {
    for (std::size_t i = 0; i < ops_.size(); ++i)
      if (ops_[i].answered) must_ |= Set{1} << i;
  }

  Linearizable run() {
    const bool found = extend(0, 0);
    if (found) return Linearizable::yes;
    return gave_up_ ? Linearizable::gave_up : Linearizable::no;
  }

 private:
  // Whether all that must happen can, when `done` has and the register holds `value`.
  bool extend(Set done, std::uint64_t value) {
    if ((must_ & ~done) == 0) return true;
    if (!tried_.emplace(done, value).second) return false;
    if (tried_.size() > most_states_) {
      gave_up_ = true;
      return false;
    }
    // Nothing may go before what was answered before it began.
    std::uint64_t first_answer = ~std::uint64_t{0};
    for (std::size_t i = 0; i < ops_.size(); ++i)
      if ((done >> i & 1) == 0 && ops_[i].answered) first_answer = std::min(first_answer, *ops_[i].answered);
    for (std::size_t i = 0; i < ops_.size() && !gave_up_; ++i) {
      if ((done >> i & 1) != 0 || ops_[i].began > first_answer) continue;
      const auto after = apply(ops_[i], value);
      if (after && extend(done | Set{1} << i, *after)) return true;
    }
    return false;
  }

  static std::optional<std::uint64_t> apply(const RegisterOp& op, std::uint64_t value) {
    using Kind = RegisterOp::Kind;
    switch (op.kind) {
      case Kind::write:
        return op.value;
      case Kind::read:
        return op.value == value ? std::optional(value) : std::nullopt;
      case Kind::check_and_set:
        return op.expected == value ? std::optional(op.value) : std::nullopt;
      case Kind::refused_check_and_set:
        return op.expected != value ? std::optional(value) : std::nullopt;
    }
    return std::nullopt;
  }

  const std::vector<RegisterOp>& ops_;
  std::size_t most_states_;
  Set must_ = 0;
  std::set<std::pair<Set, std::uint64_t>> tried_;
  bool gave_up_ = false;
};

}  // namespace

Linearizable search_linearization(const std::vector<RegisterOp>& history, std::size_t most_states) {
  if (history.size() > 64) return Linearizable::gave_up;
  return Search(history, most_states).run();
}

}  // namespace simulator::checkers
