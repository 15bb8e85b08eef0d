#include "simulator/checkers/quorum.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace simulator::checkers {

void Quorum::look_at_disk(const Sight& sight) {
  Disk& disk = disks_[sight.server];
  if (disk.disk != sight.disk) disk = {.disk = sight.disk, .id = sight.id, .base = {}, .terms = {}};
  const core::raft::Log& log = sight.raft.log();
  // Up to its base the log is in a snapshot, which is on the disk although the log's own word of it may not be yet.
  const std::uint64_t durable =
      std::max(log.base_index(), std::min(sight.raft.durable_index(), log.last_index())).value;
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

// What it knew before it led: others have decided that.
core::raft::Index Quorum::commit_when_elected(const Sight& sight) const {
  const Leading& leading = leading_[sight.server];
  return leading.life == sight.life ? leading.commit : core::raft::Index{};
}

namespace {

// The first entry of the leader's own term, with which all before it are committed. They are handed out in steps, so
// that the commit index may stand before it.
std::optional<core::raft::Index> first_of_own_term(const core::raft::Raft& raft) {
  for (core::raft::Index at = raft.commit_index(); at <= raft.last_index(); ++at.value)
    if (raft.log().term_at(at) == raft.term()) return at;
  return std::nullopt;
}

}  // namespace

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
  const core::raft::Term term = sight.raft.log().term_at(commit).value_or(core::raft::Term{});
  std::size_t copies = 0;
  const auto is_on_a_majority = [&](core::raft::Index index, core::raft::Term of) {
    return holds(before, index, of, copies) || holds(now, index, of, copies);
  };
  const bool by_counting =
      term != core::raft::Term{} && term != sight.raft.term() && commit > commit_when_elected(sight);
  const auto own = by_counting ? first_of_own_term(sight.raft) : std::nullopt;
  if (by_counting && (!own || !is_on_a_majority(*own, sight.raft.term())))
    return fmt::format(
        "{} leads term {}, and has committed index {} of term {} by counting, which another leader may "
        "still take back (Raft figure 8)",
        sight.name, sight.raft.term().value, commit.value, term.value);
  if (is_on_a_majority(commit, term)) return std::nullopt;
  return fmt::format("{} has committed index {} of term {}, which is on {} of the {} disks of voters", sight.name,
                     commit.value, term.value, copies, now.voters());
}

}  // namespace simulator::checkers
