#include "simulator/checkers/log_match.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace simulator::checkers {

const LogMatch::Known* LogMatch::find(std::uint64_t index, core::raft::Term term) const {
  if (index == 0 || index > known_.size()) return nullptr;
  const auto& here = known_[index - 1];
  const auto found = std::find_if(here.begin(), here.end(), [&](const Known& known) { return known.term == term; });
  return found == here.end() ? nullptr : &*found;
}

bool LogMatch::move_base(Server& mine, const core::raft::Log& log) const {
  const std::uint64_t base = log.first_index().value - 1;
  if (base == mine.base) return true;
  const std::uint64_t gone = base > mine.base ? base - mine.base : 0;
  // A log that was replaced as a whole is read anew.
  const bool kept = gone > 0 && gone < mine.entries.size();
  mine.entries.erase(mine.entries.begin(),
                     kept ? mine.entries.begin() + static_cast<std::ptrdiff_t>(gone) : mine.entries.end());
  mine.base = base;
  const Known* const known = find(base, log.term_at({base}).value_or(core::raft::Term{}));
  mine.base_chain = known == nullptr ? 0 : known->chain;
  return base == 0 || known != nullptr;
}

std::optional<std::string> LogMatch::saw(const Sight& sight) {
  Server& mine = logs_[sight.server];
  const core::raft::Log& log = sight.raft.log();
  if (mine.life != sight.life) mine = {sight.life, 0, 0, {}, sight.name};
  if (!move_base(mine, log))
    return fmt::format("the log of {} begins after an entry of term {} at index {}, which no log ever had", sight.name,
                       log.term_at({mine.base}).value_or(core::raft::Term{}).value, mine.base);
  const std::uint64_t length = log.last_index().value - mine.base;
  // Most often nothing has changed, or entries were added.
  std::uint64_t same = std::min<std::uint64_t>(mine.entries.size(), length);
  const auto differs = [&](std::uint64_t place) {
    const core::raft::Entry& entry = log.at({mine.base + place});
    const Mine& was = mine.entries[place - 1];
    return entry.term != was.term || entry.payload != was.payload;
  };
  while (same > 0 && differs(same)) --same;
  mine.entries.resize(same);
  for (std::uint64_t place = same + 1; place <= length; ++place) {
    const std::uint64_t index = mine.base + place;
    const core::raft::Entry& entry = log.at({index});
    core::describe::Hasher hasher;
    hasher.add(mine.entries.empty() ? mine.base_chain : mine.entries.back().chain);
    hasher.add(entry.term.value);
    hasher.add(static_cast<std::uint64_t>(entry.kind));
    hasher.add(entry.bytes());
    mine.entries.push_back({entry.term, entry.payload, hasher.value()});
    if (known_.size() < index) known_.resize(index);
    const Known* const found = find(index, entry.term);
    if (found == nullptr)
      known_[index - 1].push_back({entry.term, hasher.value(), sight.server});
    else if (found->chain != hasher.value())
      return fmt::format("the logs of {} and {} both have an entry of term {} at index {}, and differ up to there",
                         sight.name, logs_[found->server].name, entry.term.value, index);
  }
  return std::nullopt;
}

}  // namespace simulator::checkers
