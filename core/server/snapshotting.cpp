#include "core/server/snapshotting.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"

namespace core::server {

std::expected<Snapshotting::Recovered, std::string> Snapshotting::recover(Instant now,
                                                                          const world::DirectoryRead& read) {
  auto found = store_.recover(read);
  if (!found) return std::unexpected(found.error());
  Recovered out;
  out.notes = std::move(found->notes);
  wait_again(now);
  if (!found->snapshot) return out;
  const raft::SnapshotMeta& meta = found->snapshot->meta;
  auto state = open_snapshot(*found->snapshot);
  if (!state)
    return std::unexpected("the snapshot at index " + std::to_string(meta.index.value) +
                           " cannot be restored: " + state.error());
  stats_.restored.add(Duration{});
  out.state = std::move(*state);
  out.meta = meta;
  on_disk_ = begun_at_ = applied_ = meta.index;
  stats_.last_index = meta.index.value;
  stats_.last_term = meta.term.value;
  return out;
}

void Snapshotting::reload(Instant now, std::uint64_t threshold, Duration interval) {
  config_.threshold = threshold;
  if (interval == config_.interval) return;  // or each reload would put the next one off
  config_.interval = interval;
  const Instant before = not_before_;
  wait_again(now);
  not_before_ = std::min(not_before_, before);
}

void Snapshotting::applied(raft::Index index, std::size_t weight) {
  applied_ = index;
  bytes_since_ += weight;
}

// Not all servers at once: each draws its own share of another interval.
void Snapshotting::wait_again(Instant now) {
  not_before_ = now + config_.interval;
  if (config_.interval > Duration{}) not_before_ = not_before_ + rng_.between(Duration{}, config_.interval);
}

bool Snapshotting::wants_build(Instant now) const {
  if (building_ || to_write_ || applied_ == raft::Index{}) return false;
  if (wanted_) return true;
  if (opened_ || opening_ || !store_.idle()) return false;
  return (due() && now >= not_before_) || (bytes_since_ >= config_.max_bytes_between && applied_ > begun_at_);
}

Instant Snapshotting::deadline() const {
  if (building_ || to_write_ || opened_ || opening_ || !store_.idle() || !due()) return Instant::never();
  return not_before_;
}

world::Compute Snapshotting::build(Instant now, state::State state, raft::SnapshotMeta meta,
                                   world::ComputeToken token) {
  check(meta.index == applied_, "a snapshot is of the state with every committed entry applied");
  begun_at_ = meta.index;
  bytes_since_ = 0;
  wait_again(now);
  building_for_follower_ = std::exchange(wanted_, false);
  auto work = std::make_shared<BuildSnapshot>(std::move(state), std::move(meta), config_.chunk_bytes);
  stats_.copied.add(Duration{});
  building_ = {token, work, now};
  return {token, "build a snapshot", std::move(work)};
}

world::Compute Snapshotting::open(Instant now, world::ComputeToken token) {
  auto work = std::make_shared<OpenSnapshot>(std::move(to_open_));
  to_open_ = nullptr;
  opening_ = {token, work, now};
  return {token, "open a snapshot", std::move(work)};
}

void Snapshotting::computed(Instant now, const world::Computed& computed, std::vector<Output>& out) {
  if (building_ && building_->token == computed.token) {
    raft::SnapshotRef built = building_->work->take();
    stats_.built.add(now - building_->since);
    built_since_ = building_->since;
    building_.reset();
    if (building_for_follower_) out.push_back(Built{built});
    if (base::mutant("K28")) out.push_back(Taken{built->meta});
    if (built->meta.index > on_disk_) to_write_ = std::move(built);
  } else if (opening_ && opening_->token == computed.token) {
    const raft::SnapshotRef snapshot = opening_->work->snapshot();
    auto state = opening_->work->take();
    if (state) {
      stats_.restored.add(now - opening_->since);
      opened_.emplace(snapshot, std::move(*state));
    } else {
      ++stats_.refused;
      out.push_back(Received{snapshot->meta, state.error()});
    }
    opening_.reset();
  }
  write_next(now, out);
}

// A received one goes first: this server is of no use until it is in.
void Snapshotting::write_next(Instant now, std::vector<Output>& out) {
  if (!store_.idle()) return;
  writing_since_ = now;
  if (opened_ && !told_ && opened_->first->meta.index > on_disk_) {
    storing_received_ = true;
    return store_.write(opened_->first);
  }
  if (opened_ && !told_) {  // one of our own is newer: Raft is past it, and will say so
    told_ = true;
    out.push_back(Received{opened_->first->meta, ""});
  }
  if (to_write_) {
    storing_received_ = false;
    whole_since_ = built_since_;
    const raft::SnapshotRef next = std::exchange(to_write_, nullptr);
    if (next->meta.index > on_disk_) store_.write(next);
  }
}

void Snapshotting::stored(const raft::SnapshotMeta& meta) {
  on_disk_ = std::max(on_disk_, meta.index);
  begun_at_ = std::max(begun_at_, meta.index);
  stats_.last_index = meta.index.value;
  stats_.last_term = meta.term.value;
}

void Snapshotting::disk_done(Instant now, const world::DiskBatchDone& done, std::vector<Output>& out) {
  const storage::SnapshotStore::Outcome outcome = store_.on(done);
  if (const auto* whole = std::get_if<storage::SnapshotStore::Stored>(&outcome)) {
    stored(whole->meta);
    if (storing_received_) {
      told_ = true;
      out.push_back(Received{whole->meta, ""});
    } else {
      ++stats_.taken;
      stats_.written.add(now - writing_since_);
      stats_.whole.add(now - whole_since_);
      out.push_back(Taken{whole->meta});
    }
  } else if (const auto* failed = std::get_if<storage::SnapshotStore::Failed>(&outcome)) {
    ++stats_.failed;
    wait_again(now);
    if (storing_received_) {
      opened_.reset();
      out.push_back(Received{failed->meta, failed->reason});
    } else {
      out.push_back(Failed{failed->reason});
    }
  } else {
    return;
  }
  storing_received_ = false;
  write_next(now, out);
}

state::State Snapshotting::installed(const raft::SnapshotMeta& meta) {
  check(opened_ && opened_->first->meta == meta, "what Raft installs is what was stored");
  state::State state = std::move(opened_->second);
  opened_.reset();
  applied_ = meta.index;
  bytes_since_ = 0;
  ++stats_.installed;
  return state;
}

}  // namespace core::server
