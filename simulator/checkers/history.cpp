#include "simulator/checkers/history.hpp"

#include <fmt/format.h>

#include "core/describe/text.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace simulator::checkers {

std::optional<std::string> History::saw(const Sight& sight) {
  Checked& checked = checked_[sight.server];
  if (checked.life != sight.life) checked = {sight.life, 0};
  const std::uint64_t commit = sight.raft.commit_index().value;
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
    entries_.push_back({entry, sight.name});
    if (!on_commit) continue;
    if (entry.kind == core::raft::EntryKind::command) {
      const auto decoded = core::wire::protobuf::decode<core::state::LogEntry>(entry.bytes());
      on_commit({sight, entry, decoded ? &decoded->command : nullptr});
    } else {
      on_commit({sight, entry, nullptr});
    }
  }
  checked.up_to = commit;
  return std::nullopt;
}

}  // namespace simulator::checkers
