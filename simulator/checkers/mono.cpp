#include "simulator/checkers/mono.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Mono::saw(const Sight& sight) {
  Seen& seen = seen_[sight.server];
  const core::raft::Raft& raft = sight.raft;
  // A machine that came back with an empty disk is another server under the old name.
  if (seen.id != sight.id) seen = Seen{.id = sight.id};
  if (seen.life == sight.life) {
    if (raft.term() < seen.term)
      return fmt::format("{} went back from term {} to {}", sight.name, seen.term.value, raft.term().value);
    if (raft.commit_index() < seen.commit)
      return fmt::format("{} took its commit index back from {} to {}", sight.name, seen.commit.value,
                         raft.commit_index().value);
    if (sight.state.index() < seen.applied)
      return fmt::format("{} took its applied index back from {} to {}", sight.name, seen.applied, sight.state.index());
  }
  if (raft.term() < seen.durable.term)
    return fmt::format("{} is in term {}, though its disk had term {}", sight.name, raft.term().value,
                       seen.durable.term.value);
  if (raft.term() == seen.durable.term && seen.durable.vote && raft.vote() != seen.durable.vote)
    return fmt::format("{} voted in term {} for {}, and now for {}", sight.name, raft.term().value, *seen.durable.vote,
                       raft.vote().value_or("nobody"));
  if (raft.hard_state_durable() && (raft.term() != seen.durable.term || raft.vote() != seen.durable.vote))
    seen.durable = {raft.term(), raft.vote()};
  seen.life = sight.life;
  seen.term = raft.term();
  seen.commit = raft.commit_index();
  seen.applied = sight.state.index();
  return std::nullopt;
}

}  // namespace simulator::checkers
