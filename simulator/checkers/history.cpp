#include "simulator/checkers/history.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/text.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace simulator::checkers {

core::raft::Index History::decided_before(core::raft::Term term) const {
  std::uint64_t length = 0;
  for (auto at = last_decided_.begin(); at != last_decided_.lower_bound(term); ++at)
    length = std::max(length, at->second);
  return {length};
}

std::optional<std::string> History::saw(const Sight& sight) {
  Checked& checked = checked_[sight.server];
  if (checked.life != sight.life) checked = {sight.life, 0};
  const std::uint64_t commit = sight.raft.commit_index().value;
  if (const std::uint64_t base = sight.raft.log().base_index().value; base > checked.up_to) {
    // A snapshot has taken the place of what was to be looked at. Its last entry tells which history it is of.
    if (base > entries_.size())
      return fmt::format("{} has a snapshot up to index {}, and only {} were committed anywhere", sight.name, base,
                         entries_.size());
    if (entries_[base - 1].entry.term != sight.raft.log().base_term())
      return fmt::format("{} has a snapshot that ends at index {} with term {}, where {} had committed term {}",
                         sight.name, base, sight.raft.log().base_term().value, entries_[base - 1].server,
                         entries_[base - 1].entry.term.value);
    checked.up_to = base;
  }
  if (sight.raft.is_leader() || checked.led == sight.raft.term())
    decided_ = std::max(decided_, sight.raft.known_committed());
  for (std::uint64_t index = checked.up_to + 1; index <= commit; ++index) {
    const core::raft::Entry& entry = sight.raft.log().at({index});
    if (index <= entries_.size()) {
      const Kept& kept = entries_[index - 1];
      if (!(kept.entry == entry))
        return fmt::format("at index {} {} has committed a {} of term {}, where {} had committed a {} of term {}",
                           index, sight.name, core::describe::text_of(entry.kind), entry.term.value, kept.server,
                           core::describe::text_of(kept.entry.kind), kept.entry.term.value);
      continue;
    }
    if (in_order_ && core::raft::Index{index} > decided_)
      return fmt::format("{} has committed index {}, which no leader has decided", sight.name, index);
    if (index > entries_.size() + 1)
      return fmt::format("{} has committed index {}, and nobody has committed index {}", sight.name, index,
                         entries_.size() + 1);
    entries_.push_back({entry, sight.name, sight.raft.term()});
    last_decided_[sight.raft.term()] = index;
    if (!on_commit) continue;
    if (entry.kind == core::raft::EntryKind::command) {
      const auto decoded = core::wire::protobuf::decode<core::state::LogEntry>(entry.bytes());
      on_commit({sight, entry, decoded ? &decoded->command : nullptr});
    } else {
      on_commit({sight, entry, nullptr});
    }
  }
  checked.up_to = std::max(checked.up_to, commit);
  checked.led = sight.raft.is_leader() ? std::optional(sight.raft.term()) : std::nullopt;
  return std::nullopt;
}

}  // namespace simulator::checkers
