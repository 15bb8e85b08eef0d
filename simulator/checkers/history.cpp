#include "simulator/checkers/history.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/text.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace simulator::checkers {

core::raft::Index History::decided_before(core::raft::Term term) const {
  std::uint64_t length = entries_.size();
  while (length > 0 && entries_[length - 1].decided >= term) --length;
  return {length};
}

std::optional<std::string> History::saw(const Sight& sight) {
  Checked& checked = checked_[sight.server];
  if (checked.life != sight.life) checked = {sight.life, 0};
  const core::raft::Log& log = sight.raft.log();
  const std::uint64_t commit = sight.raft.commit_index().value;
  // What a snapshot has taken the place of is compared by STATEHASH.
  for (std::uint64_t index = std::max(checked.up_to + 1, log.first_index().value); index <= commit; ++index) {
    const core::raft::Entry& entry = log.at({index});
    if (index <= entries_.size()) {
      const Kept& kept = entries_[index - 1];
      if (!(kept.entry == entry))
        return fmt::format("at index {} {} has committed a {} of term {}, where {} had committed a {} of term {}",
                           index, sight.name, core::describe::text_of(entry.kind), entry.term.value, kept.server,
                           core::describe::text_of(kept.entry.kind), kept.entry.term.value);
      continue;
    }
    if (in_order_ && !checked.led && !sight.raft.is_leader())
      return fmt::format("{} has committed index {}, which no leader has decided", sight.name, index);
    if (index > entries_.size() + 1)
      return fmt::format("{} has committed index {}, and nobody has committed index {}", sight.name, index,
                         entries_.size() + 1);
    entries_.push_back({entry, sight.name, sight.raft.term()});
    if (!on_commit) continue;
    if (entry.kind == core::raft::EntryKind::command) {
      const auto decoded = core::wire::protobuf::decode<core::state::LogEntry>(entry.bytes());
      on_commit({sight, entry, decoded ? &decoded->command : nullptr});
    } else {
      on_commit({sight, entry, nullptr});
    }
  }
  checked.up_to = std::max(checked.up_to, commit);
  checked.led = sight.raft.is_leader();
  return std::nullopt;
}

}  // namespace simulator::checkers
