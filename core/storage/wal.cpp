#include "core/storage/wal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/storage/frame.hpp"

namespace core::storage {
namespace {

constexpr std::size_t small_frame = 80;  // M07: holds a term and a vote, and no entry

}  // namespace

std::string Wal::path(std::uint64_t segment) const { return fmt::format("{}/{:020}.wal", config_.directory, segment); }

void Wal::persist(raft::Persist effect) {
  check(recovered_, "the log is read before it is written");
  check(effect.sequence > (pending_.empty() ? std::max(writing_, durable_) : pending_.back().sequence),
        "effects are persisted in their order");
  pending_.push_back(std::move(effect));
}

// With its name made durable in the folders above it, save for the agent's own data directory.
void Wal::make_directory(std::vector<world::DiskOp>& ops) const {
  ops.push_back(world::MakeDirectory{config_.directory});
  for (auto slash = config_.directory.rfind('/'); slash != std::string::npos && slash > 0;
       slash = config_.directory.rfind('/', slash - 1))
    ops.push_back(world::SyncDirectory{config_.directory.substr(0, slash)});
}

// What is pending, up to a bound, as records; the hard state and the last index move on with it.
FrameBuilder Wal::gather() {
  FrameBuilder frame;
  std::size_t entries = 0, bytes = 0;
  for (const raft::Persist& effect : pending_) {
    if (bytes >= config_.max_frame_bytes) break;
    entries += effect.entries.size();
    for (const raft::Entry& entry : effect.entries) bytes += entry.bytes().size();
  }
  frame.reserve(entries, bytes);
  std::size_t count = 0;
  std::optional<raft::Persist> late;  // K02: the vote, in a write of its own
  for (; count < pending_.size() && (count == 0 || frame.size() < config_.max_frame_bytes); ++count) {
    const raft::Persist& effect = pending_[count];
    if (base::mutant("K02") && effect.hard_state && effect.hard_state->vote &&
        effect.hard_state->term > hard_state_.term) {
      frame.hard_state(hard_state_ = raft::HardState{effect.hard_state->term, {}});
      late = raft::Persist{.sequence = effect.sequence, .hard_state = effect.hard_state};
    } else if (effect.hard_state) {
      frame.hard_state(hard_state_ = *effect.hard_state);
    }
    if (effect.base) {
      frame.base(*effect.base);
      writing_base_ = *effect.base;
      if (last_index_ <= writing_base_.index) {
        last_index_ = writing_base_.index;
        last_term_ = writing_base_.term;
      }
    }
    if (effect.truncate_from) {
      frame.truncate_from(*effect.truncate_from);
      last_index_ = {effect.truncate_from->value - 1};
      last_term_ = last_index_ == writing_base_.index ? writing_base_.term : raft::Term{};
    }
    for (const raft::Entry& entry : effect.entries) frame.entry(entry);
    if (!effect.entries.empty()) {
      last_index_ = effect.entries.back().index;
      last_term_ = effect.entries.back().term;
    }
    writing_ = effect.sequence;
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  if (late) pending_.insert(pending_.begin(), std::move(*late));
  return frame;
}

void Wal::make_marker(const std::string& path, std::vector<world::DiskOp>& ops) {
  ops.push_back(world::WriteAt{path, 0, "Something was promised on the log in raft/wal.\n"});
  ops.push_back(world::Sync{path});
  ops.push_back(world::SyncDirectory{path.substr(0, path.rfind('/'))});
}

world::DiskBatch Wal::take_batch(world::DiskToken token) {
  check(wants_batch(), "a batch is taken when there is one");
  in_flight_ = token;
  if (!repairs_.empty()) return {token, std::exchange(repairs_, {})};
  if (pending_.empty()) {
    world::DiskBatch batch{token, {}};
    take_removals(batch.ops);
    return batch;
  }

  FrameBuilder start;
  start.hard_state(hard_state_);
  if (writing_base_.index != raft::Index{}) start.base(writing_base_);
  const raft::Index first_index = last_index_.next();
  const raft::Term previous_term = last_term_;
  FrameBuilder frame = gather();
  world::DiskBatch batch{token, {}};
  const bool first_ever = segment_ == 0;
  const bool new_segment = first_ever || offset_ + frame_extent(frame.size()) > config_.segment_bytes;
  if (new_segment) {
    ++segment_;
    offset_ = segment_header_size;
  }
  // A segment begins with the hard state and the base, so that older ones can go once a snapshot holds their entries.
  if (offset_ == segment_header_size) frame = std::move(start.append(frame));
  const std::uint64_t extent = frame_extent(frame.size());
  const std::string file = path(segment_);
  if (new_segment) {
    if (first_ever) make_directory(batch.ops);
    batch.ops.push_back(world::Preallocate{file, std::max(config_.segment_bytes, offset_ + extent)});
    batch.ops.push_back(world::WriteAt{file, 0,
                                       encode(SegmentHeader{.number = segment_,
                                                            .first_index = first_index.value,
                                                            .first_frame = frame_,
                                                            .previous_term = previous_term.value})});
    segments_.push_back({segment_, first_index});
  }
  batch.ops.push_back(world::WriteAt{file, offset_, std::move(frame).frame(segment_, offset_, frame_)});
  if (!base::mutant("M07") || extent > frame_extent(small_frame)) batch.ops.push_back(world::Sync{file});
  if (new_segment) {
    if (!base::mutant("M06")) batch.ops.push_back(world::SyncDirectory{config_.directory});
    if (first_ever && !config_.marker.empty()) make_marker(config_.marker, batch.ops);
    take_removals(batch.ops);
  }
  offset_ += extent;
  ++frame_;
  return batch;
}

Wal::Outcome Wal::on(const world::DiskBatchDone& done) {
  check(in_flight_ == done.token, "an answer belongs to the batch under way");
  in_flight_.reset();
  if (!done.error.empty()) {
    failed_ = true;
    return Failed{done.error};
  }
  durable_ = std::max(durable_, writing_);
  if (base_.index < writing_base_.index) {
    base_ = writing_base_;
    drop_segments();
  }
  return Durable{durable_};
}

// A segment is of no more use when the next one begins no later than the log does.
void Wal::drop_segments() {
  while (segments_.size() > 1 && segments_[1].first_index <= base_.index.next()) {
    removable_.push_back(segments_.front().number);
    segments_.pop_front();
  }
}

// One after the other, each for good before the next: a power loss leaves no hole in the numbers.
void Wal::take_removals(std::vector<world::DiskOp>& ops) {
  for (const std::uint64_t segment : std::exchange(removable_, {})) {
    ops.push_back(world::Remove{path(segment)});
    ops.push_back(world::SyncDirectory{config_.directory});
  }
}

}  // namespace core::storage
