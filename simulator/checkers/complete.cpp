#include "simulator/checkers/complete.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Complete::saw(const Sight& sight) {
  if (!sight.raft.is_leader()) return std::nullopt;
  // An older leader may decide something after a newer one was elected; that had to be in the newer one's log, too.
  const Checked now{sight.life, sight.raft.term(), history_.length()};
  Checked& checked = checked_[sight.server];
  const bool news = checked.life != now.life || checked.term != now.term || checked.length != now.length;
  checked = now;
  if (!news) return std::nullopt;
  const core::raft::Index index = history_.decided_before(sight.raft.term());
  if (index < sight.raft.log().first_index()) return std::nullopt;
  // The same term at the last index: then LOGMATCH vouches for all before it.
  const auto term = sight.raft.log().term_at(index);
  if (term == history_.term_at(index)) return std::nullopt;
  return fmt::format(
      "{} leads term {}, and at index {}, where an entry of term {} was committed before, its log has {}", sight.name,
      sight.raft.term().value, index.value, history_.term_at(index).value,
      term ? fmt::format("one of term {}", term->value) : "none");
}

}  // namespace simulator::checkers
