#include "simulator/checkers/log_match.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace simulator::checkers {

std::optional<std::string> LogMatch::saw(const Sight& sight) {
  Server& mine = logs_[sight.server];
  const core::raft::Log& log = sight.raft.log();
  const std::uint64_t last = log.last_index().value;
  if (mine.life != sight.life) mine = {sight.life, 0, 0, {}, sight.name};
  if (mine.base != log.base_index().value)
    if (auto wrong = move_base(mine, log)) return wrong;
  // Most often nothing has changed, or entries were added.
  std::uint64_t same = std::min<std::uint64_t>(mine.base + mine.entries.size(), last);
  const auto differs = [&](std::uint64_t index) {
    const core::raft::Entry& entry = log.at({index});
    const Mine& was = mine.entries[index - mine.base - 1];
    return entry.term != was.term || entry.payload != was.payload;
  };
  while (same > mine.base && differs(same)) --same;
  mine.entries.resize(same - mine.base);
  for (std::uint64_t index = same + 1; index <= last; ++index) {
    const core::raft::Entry& entry = log.at({index});
    core::describe::Hasher hasher;
    hasher.add(mine.entries.empty() ? mine.base_chain : mine.entries.back().chain);
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

// The log begins later than it did: what it no longer holds was some server's, up to the same entry.
std::optional<std::string> LogMatch::move_base(Server& mine, const core::raft::Log& log) {
  const std::uint64_t base = log.base_index().value;
  const auto none = [&] {
    return fmt::format("the log of {} begins after an entry of term {} at index {}, which no log ever had", mine.name,
                       log.base_term().value, base);
  };
  if (base > known_.size()) return none();
  const auto& here = known_[base - 1];
  const auto found = std::find_if(here.begin(), here.end(), [&](const Known& k) { return k.term == log.base_term(); });
  if (found == here.end()) return none();
  const std::uint64_t gone = base > mine.base ? std::min<std::uint64_t>(base - mine.base, mine.entries.size()) : 0;
  mine.entries.erase(mine.entries.begin(), mine.entries.begin() + static_cast<std::ptrdiff_t>(gone));
  mine.base = base;
  mine.base_chain = found->chain;
  return std::nullopt;
}

}  // namespace simulator::checkers
