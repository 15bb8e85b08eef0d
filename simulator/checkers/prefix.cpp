#include "simulator/checkers/prefix.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Prefix::saw(const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  const std::uint64_t base = raft.log().first_index().value - 1;
  const std::uint64_t applied = sight.state.log_index();
  const std::uint64_t commit = raft.commit_index().value;
  const std::uint64_t last = raft.last_index().value;
  if (base <= commit && applied <= commit && commit <= last) return std::nullopt;
  return fmt::format("{} has a snapshot up to index {}, applied up to {}, committed up to {}, and a log up to {}",
                     sight.name, base, applied, commit, last);
}

}  // namespace simulator::checkers
