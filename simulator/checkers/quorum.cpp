#include "simulator/checkers/quorum.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

void Quorum::look_at_disk(const Sight& sight) {
  Disk& disk = disks_[sight.server];
  disk.id = sight.id;
  const core::raft::Log& log = sight.raft.log();
  const std::uint64_t durable = std::min(sight.raft.durable_index(), log.last_index()).value;
  if (const std::uint64_t base = log.base_index().value; base != disk.base) {
    const std::uint64_t gone = base > disk.base ? std::min<std::uint64_t>(base - disk.base, disk.terms.size()) : 0;
    disk.terms.erase(disk.terms.begin(), disk.terms.begin() + static_cast<std::ptrdiff_t>(gone));
    disk.base = base;
  }
  std::uint64_t same = std::min<std::uint64_t>(disk.base + disk.terms.size(), durable);
  while (same > disk.base && disk.terms[same - disk.base - 1] != log.at({same}).term) --same;
  disk.terms.resize(same - disk.base);
  for (std::uint64_t index = same + 1; index <= durable; ++index) disk.terms.push_back(log.at({index}).term);
}

bool Quorum::holds(const core::raft::Configuration& configuration, core::raft::Index index, core::raft::Term term,
                   std::size_t& copies) const {
  copies = 0;
  const auto has = [&](const Disk& disk) {
    if (index.value <= disk.base) return true;
    const std::uint64_t at = index.value - disk.base - 1;
    return at < disk.terms.size() && disk.terms[at] == term;
  };
  for (const Disk& disk : disks_)
    if (configuration.is_voter(disk.id) && has(disk)) ++copies;
  return 2 * copies > configuration.voters();
}

std::optional<std::string> Quorum::saw(const Sight& sight) {
  look_at_disk(sight);
  if (!sight.raft.is_leader()) return std::nullopt;
  // The configuration may have been changed by the very event that committed.
  core::raft::Configuration now = sight.raft.configuration();
  const core::raft::Configuration before = std::exchange(before_, now);
  const core::raft::Index commit = sight.raft.commit_index();
  if (commit <= checked_) return std::nullopt;
  checked_ = commit;
  const core::raft::Term term = sight.raft.log().term_at(commit).value_or(core::raft::Term{});
  std::size_t copies = 0;
  if (holds(before, commit, term, copies) || holds(now, commit, term, copies)) return std::nullopt;
  return fmt::format("{} has committed index {} of term {}, which is on {} of the {} disks of voters", sight.name,
                     commit.value, term.value, copies, now.voters());
}

}  // namespace simulator::checkers
