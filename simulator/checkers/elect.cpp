#include "simulator/checkers/elect.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

// A disk that has a later term may well have had the vote.
std::size_t Elect::votes_on_disks(const Sight& sight) const {
  return static_cast<std::size_t>(std::count_if(disks_.begin(), disks_.end(), [&](const Disk& disk) {
    if (!sight.raft.configuration().is_voter(disk.id)) return false;
    return disk.hard_state.term > sight.raft.term() ||
           (disk.hard_state.term == sight.raft.term() && disk.hard_state.vote == sight.id);
  }));
}

std::optional<std::string> Elect::saw(const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  if (!disks_.empty()) {
    Disk& disk = disks_[sight.server];
    disk.id = sight.id;
    if (raft.hard_state_durable() && (disk.hard_state.term != raft.term() || disk.hard_state.vote != raft.vote()))
      disk.hard_state = {raft.term(), raft.vote()};
  }
  if (!raft.is_leader()) return std::nullopt;
  const auto [place, is_new] = leaders_.emplace(raft.term(), sight.name);
  if (!is_new) {
    if (place->second == sight.name) return std::nullopt;
    return fmt::format("{} and {} both lead term {}", place->second, sight.name, raft.term().value);
  }
  // It stood for election as a voter of its own configuration, or before it knew that one committed (thesis §4.2.2), and
  // its log has not changed since.
  if (!raft.configuration().is_voter(sight.id) && raft.configuration_index() <= raft.commit_index())
    return fmt::format("{} was elected for term {}, and is no voter of its configuration, which is committed",
                       sight.name, raft.term().value);
  if (disks_.empty()) return std::nullopt;
  const std::size_t votes = votes_on_disks(sight);
  if (2 * votes > raft.configuration().voters()) return std::nullopt;
  return fmt::format("{} was elected for term {}, and {} of the {} disks of voters hold a vote for it", sight.name,
                     raft.term().value, votes, raft.configuration().voters());
}

}  // namespace simulator::checkers
