#include "simulator/checkers/log_match.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace simulator::checkers {

std::optional<std::string> LogMatch::saw(const Sight& sight) {
  Server& mine = logs_[sight.server];
  const core::raft::Log& log = sight.raft.log();
  const std::uint64_t last = log.last_index().value;
  if (mine.life != sight.life) mine = {sight.life, {}, sight.name};
  // Most often nothing has changed, or entries were added.
  std::uint64_t same = std::min<std::uint64_t>(mine.entries.size(), last);
  const auto differs = [&](std::uint64_t index) {
    const core::raft::Entry& entry = log.at({index});
    const Mine& was = mine.entries[index - 1];
    return entry.term != was.term || entry.payload != was.payload;
  };
  while (same > 0 && differs(same)) --same;
  mine.entries.resize(same);
  for (std::uint64_t index = same + 1; index <= last; ++index) {
    const core::raft::Entry& entry = log.at({index});
    core::describe::Hasher hasher;
    hasher.add(index == 1 ? 0 : mine.entries.back().chain);
    hasher.add(entry.term.value);
    hasher.add(static_cast<std::uint64_t>(entry.kind));
    hasher.add(entry.bytes());
    mine.entries.push_back({entry.term, entry.payload, hasher.value()});
    if (known_.size() < index) known_.resize(index);
    auto& here = known_[index - 1];
    const auto found = std::find_if(here.begin(), here.end(), [&](const Known& k) { return k.term == entry.term; });
    if (found == here.end())
      here.push_back({entry.term, hasher.value(), sight.server});
    else if (found->chain != hasher.value())
      return fmt::format("the logs of {} and {} both have an entry of term {} at index {}, and differ up to there",
                         sight.name, logs_[found->server].name, entry.term.value, index);
  }
  return std::nullopt;
}

}  // namespace simulator::checkers
