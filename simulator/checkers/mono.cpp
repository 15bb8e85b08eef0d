#include "simulator/checkers/mono.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Mono::within_a_life(const Seen& seen, const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  if (raft.term() < seen.term)
    return fmt::format("{} went back from term {} to {}", sight.name, seen.term.value, raft.term().value);
  if (raft.commit_index() < seen.commit)
    return fmt::format("{} took its commit index back from {} to {}", sight.name, seen.commit.value,
                       raft.commit_index().value);
  if (sight.state.index() < seen.applied)
    return fmt::format("{} took its applied index back from {} to {}", sight.name, seen.applied, sight.state.index());
  return std::nullopt;
}

std::optional<std::string> Mono::over_lives(const Seen& seen, const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  if (raft.term() < seen.durable.term)
    return fmt::format("{} is in term {}, though its disk had term {}", sight.name, raft.term().value,
                       seen.durable.term.value);
  if (raft.term() == seen.durable.term && seen.durable.vote && raft.vote() != seen.durable.vote)
    return fmt::format("{} voted in term {} for {}, and now for {}", sight.name, raft.term().value, *seen.durable.vote,
                       raft.vote().value_or("nobody"));
  return std::nullopt;
}

std::optional<std::string> Mono::of_followers(Seen& seen, const Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  if (seen.led != raft.term() || seen.life != sight.life) seen.followers.clear();
  seen.led = raft.term();
  for (const core::raft::Progress& peer : raft.progress()) {
    const auto at = seen.followers.try_emplace(peer.id).first;
    const Seen::Follower before = std::exchange(at->second, {peer.match(), peer.next()});
    if (peer.match() < before.match)
      return fmt::format("{} took what it knows {} to match back from {} to {}", sight.name, peer.id.get(),
                         before.match.value, peer.match().value);
    if (peer.next() <= peer.match())
      return fmt::format("{} knows {} to match index {}, and would send it index {} next", sight.name, peer.id.get(),
                         peer.match().value, peer.next().value);
    // What was under way may be lost. Of whom nothing is known, nothing was under way but a question.
    if (sight.connection_closed && peer.match() == core::raft::Index{} && peer.next() < before.next)
      return fmt::format("{} would send {} index {} next, and no longer {}, for no more than that a connection closed",
                         sight.name, peer.id.get(), peer.next().value, before.next.value);
  }
  // Who was taken out and comes back begins anew.
  std::erase_if(seen.followers, [&](const auto& known) {
    return std::none_of(raft.progress().begin(), raft.progress().end(),
                        [&](const core::raft::Progress& peer) { return peer.id == known.first; });
  });
  return std::nullopt;
}

std::optional<std::string> Mono::saw(const Sight& sight) {
  Seen& seen = seen_[sight.server];
  if (seen.disk != sight.disk) seen = {};
  std::optional<std::string> wrong;
  if (seen.life == sight.life) wrong = within_a_life(seen, sight);
  if (!wrong) wrong = over_lives(seen, sight);
  if (!wrong && sight.raft.is_leader()) wrong = of_followers(seen, sight);
  const core::raft::Raft& raft = sight.raft;
  if (raft.hard_state_durable() && (raft.term() != seen.durable.term || raft.vote() != seen.durable.vote))
    seen.durable = {raft.term(), raft.vote()};
  seen.life = sight.life;
  seen.disk = sight.disk;
  seen.term = raft.term();
  seen.commit = raft.commit_index();
  seen.applied = sight.state.index();
  return wrong;
}

}  // namespace simulator::checkers
