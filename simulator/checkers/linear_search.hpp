// Is a history of one register linearizable? The exact search (Wing and Gong, with Lowe's memory of what was tried),
// for histories whose answers name no versions. Exponential at worst, and bounded: it may give up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace simulator::checkers {

/// An operation on a register of numbers, 0 at first, that was asked for and answered at moments of one clock.
struct RegisterOp {
  enum class Kind { write, read, check_and_set, refused_check_and_set } kind = Kind::read;
  std::uint64_t value = 0;     // written, or read
  std::uint64_t expected = 0;  // of check-and-sets
  std::uint64_t began = 0;
  std::optional<std::uint64_t> answered;  // nothing: its outcome is unknown; reads are then left out
};

enum class Linearizable { yes, no, gave_up };

/// At most 64 operations are searched, with at most `most_states` states remembered.
Linearizable search_linearization(const std::vector<RegisterOp>& history, std::size_t most_states = 1'000'000);

}  // namespace simulator::checkers
