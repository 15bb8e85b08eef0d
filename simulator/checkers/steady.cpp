#include "simulator/checkers/steady.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Steady::saw(const Sight& sight) {
  ids_[sight.server] = sight.id;
  const core::raft::Raft& raft = sight.raft;
  const Led was = led_[sight.server];
  Led& is = led_[sight.server];
  if (!raft.is_leader())
    is = {};
  else if (was.term != raft.term() || was.life != sight.life)
    is = {sight.life, raft.term(), sight.at};
  // Who steps down within its term has a reason of its own: its disk, its quorum, a hand-over.
  const bool deposed = was.term != core::raft::Term{} && was.life == sight.life && raft.term() > was.term;
  if (!deposed || sight.hands_over || was.since + calm > sight.at) return std::nullopt;
  ServerSet voters = 0;
  for (std::size_t server = 0; server < ids_.size(); ++server)
    if (raft.configuration().is_voter(ids_[server])) voters |= ServerSet{1} << server;
  // A voter that was never seen cannot be judged.
  if (static_cast<std::size_t>(__builtin_popcount(voters)) != raft.configuration().voters()) return std::nullopt;
  const TrueTime since = sight.at - calm;
  if (health_.majority_since(voters, sight.node, since) == 0) return std::nullopt;
  return fmt::format("{} led term {}, together with a majority for {} s, and was deposed by term {}", sight.name,
                     was.term.value, calm.count() / 1'000'000'000, raft.term().value);
}

}  // namespace simulator::checkers
