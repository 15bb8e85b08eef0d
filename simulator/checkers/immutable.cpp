#include "simulator/checkers/immutable.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Immutable::saw(const Sight& sight) {
  Kept& kept = kept_[sight.server];
  if (kept.disk != sight.disk) kept = {sight.disk, {}};
  const core::raft::Log& log = sight.raft.log();
  const auto committed_here = [&](core::raft::Index index) {
    return index < log.first_index() || log.term_at(index) == history_.term_at(index);
  };
  // The same term at the last index: then LOGMATCH vouches for all before it.
  if (kept.index != core::raft::Index{} && !committed_here(kept.index)) {
    const auto term = log.term_at(kept.index);
    return fmt::format("{} had index {} of term {} on its disk, which is committed, and now has {} there", sight.name,
                       kept.index.value, history_.term_at(kept.index).value,
                       term ? fmt::format("an entry of term {}", term->value) : "none");
  }
  core::raft::Index now = std::min(sight.raft.durable_index(), core::raft::Index{history_.length()});
  while (now > kept.index && !committed_here(now)) now = {now.value - 1};
  kept.index = std::max(kept.index, now);
  return std::nullopt;
}

}  // namespace simulator::checkers
