#include "simulator/checkers/quorum.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace simulator::checkers {

void Quorum::look_at_disk(const Sight& sight) {
  Disk& disk = disks_[sight.server];
  if (disk.disk != sight.disk) disk = {.disk = sight.disk, .id = sight.id, .base = {}, .terms = {}};
  const core::raft::Log& log = sight.raft.log();
  const std::uint64_t base = log.first_index().value - 1;
  if (base > disk.base) {
    // A snapshot holds what was there, and is durable before the log loses it.
    const std::uint64_t gone = std::min<std::uint64_t>(base - disk.base, disk.terms.size());
    disk.terms.erase(disk.terms.begin(), disk.terms.begin() + static_cast<std::ptrdiff_t>(gone));
    disk.base = base;
  }
  const std::uint64_t durable = std::max(std::min(sight.raft.durable_index(), log.last_index()).value, base);
  const auto term_at = [&](std::uint64_t place) { return log.at({base + place}).term; };
  std::uint64_t same = std::min<std::uint64_t>(disk.terms.size(), durable - base);
  while (same > 0 && disk.terms[same - 1] != term_at(same)) --same;
  disk.terms.resize(same);
  for (std::uint64_t place = same + 1; place <= durable - base; ++place) disk.terms.push_back(term_at(place));
}

bool Quorum::holds(const core::raft::Configuration& configuration, core::raft::Index index, core::raft::Term term,
                   std::size_t& copies) const {
  copies = 0;
  for (const Disk& disk : disks_) {
    if (!configuration.is_voter(disk.id)) continue;
    const std::uint64_t end = disk.base + disk.terms.size();
    if (index.value <= disk.base || (index.value <= end && disk.terms[index.value - disk.base - 1] == term)) ++copies;
  }
  return 2 * copies > configuration.voters();
}

// What it knew before it led: others have decided that.
core::raft::Index Quorum::commit_when_elected(const Sight& sight) const {
  const Leading& leading = leading_[sight.server];
  return leading.life == sight.life ? leading.commit : core::raft::Index{};
}

std::optional<std::string> Quorum::saw(const Sight& sight) {
  look_at_disk(sight);
  Leading& leading = leading_[sight.server];
  if (!sight.raft.is_leader()) {
    leading = {sight.life, sight.raft.term(), sight.raft.commit_index()};
    return std::nullopt;
  }
  // The configuration may have been changed by the very event that committed.
  core::raft::Configuration now = sight.raft.configuration();
  const core::raft::Configuration before = std::exchange(before_, now);
  const core::raft::Index commit = sight.raft.commit_index();
  if (commit <= checked_) return std::nullopt;
  checked_ = commit;
  const auto term = sight.raft.log().term_at(commit);
  if (term && *term != sight.raft.term() && commit > commit_when_elected(sight))
    return fmt::format(
        "{} leads term {}, and has committed index {} of term {} by counting, which another leader may "
        "still take back (Raft figure 8)",
        sight.name, sight.raft.term().value, commit.value, term->value);
  std::size_t copies = 0;
  if (!term || holds(before, commit, *term, copies) || holds(now, commit, *term, copies)) return std::nullopt;
  return fmt::format("{} has committed index {} of term {}, which is on {} of the {} disks of voters", sight.name,
                     commit.value, term->value, copies, now.voters());
}

}  // namespace simulator::checkers
