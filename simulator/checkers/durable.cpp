#include "simulator/checkers/durable.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Durable::saw(const Sight& sight) {
  Confirmed& was = confirmed_[sight.server];
  const core::raft::Log& log = sight.raft.log();
  std::optional<std::string> wrong;
  const bool restarted = was.life != 0 && was.life != sight.life && was.disk == sight.disk;
  // Messages that came while it read its disk are taken in before anybody can look: a later leader may have cut the
  // log.
  const bool cut = log.last_term() > was.term || sight.raft.term() > was.current;
  if (restarted && !cut && was.index >= log.first_index() && log.term_at(was.index) != was.term)
    wrong = fmt::format("the disk of {} had confirmed index {} of term {}; after a restart its log ends with index {}",
                        sight.name, was.index.value, was.term.value, log.last_index().value);
  const core::raft::Index index = std::min(sight.raft.durable_index(), log.last_index());
  was = {sight.disk, sight.life, index, log.term_at(index).value_or(core::raft::Term{}), sight.raft.term()};
  return wrong;
}

}  // namespace simulator::checkers
