#include "simulator/checkers/changes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Changes::saw(const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  const Seen was = seen_[sight.server];
  seen_[sight.server] = {sight.life, raft.configuration_index()};
  if (!raft.is_leader() || was.life != sight.life || raft.configuration_index() <= was.index) return std::nullopt;
  // A leader takes up only configurations that it has proposed itself.
  const core::raft::Log& log = raft.log();
  if (log.term_at(raft.configuration_index()) != raft.term()) return std::nullopt;
  // The very event may have committed it, where one server decides.
  const core::raft::Index commit = raft.commit_index();
  if (commit < raft.configuration_index() && log.term_at(commit) != raft.term())
    return fmt::format(
        "{} leads term {} and changes the configuration at index {}, and has committed nothing of its term", sight.name,
        raft.term().value, raft.configuration_index().value);
  std::size_t open = 0;
  for (core::raft::Index at = std::max(commit.next(), log.first_index()); at <= log.last_index(); ++at)
    open += log.at(at).kind == core::raft::EntryKind::configuration ? 1 : 0;
  if (open <= 1) return std::nullopt;
  return fmt::format("{} has {} changes of the configuration under way at once", sight.name, open);
}

}  // namespace simulator::checkers
