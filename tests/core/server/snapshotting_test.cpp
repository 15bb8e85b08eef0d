// Snapshots that are made and received at once, over a disk that answers when it likes.
#include <gtest/gtest.h>

#include "core/server/snapshotting.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

raft::SnapshotMeta meta(std::uint64_t index) { return {{index}, {1}, {1}, {{{"id", "127.0.0.1:4647", {}}}}}; }

raft::SnapshotRef snapshot_of(std::uint64_t index) {
  BuildSnapshot work(state::State{}, meta(index), 1 << 16);
  work.run();
  return work.take();
}

class SnapshottingTest : public testing::Test {
 protected:
  SnapshottingTest() : snapshots_({.directory = "snapshots", .threshold = 1, .interval = 0s}, Rng(1)) {
    EXPECT_TRUE(snapshots_.recover(Instant{}, world::DirectoryRead{}));
  }
  // Everything the disk is asked for, until it is asked for nothing more. What was removed is told.
  void write_all(const std::string& removal_error = "") {
    while (snapshots_.wants_batch()) {
      const auto batch = snapshots_.take_batch({++token_});
      const bool removes = std::holds_alternative<world::Remove>(batch.ops.front());
      if (removes) ++removals_;
      snapshots_.disk_done(Instant{}, {batch.token, removes ? removal_error : ""}, said_);
    }
  }
  void build(std::uint64_t index) {
    snapshots_.applied({index}, 1);
    building_ = snapshots_.build(Instant{}, state::State{}, meta(index), {++token_});
  }
  void built() {
    building_->work->run();
    snapshots_.computed(Instant{}, {building_->token}, said_);
  }
  template <class T>
  std::size_t told() const {
    return static_cast<std::size_t>(
        std::count_if(said_.begin(), said_.end(), [](const auto& one) { return std::holds_alternative<T>(one); }));
  }

  Snapshotting snapshots_;
  std::uint64_t token_ = 0;
  std::optional<world::Compute> building_;
  std::vector<Snapshotting::Output> said_;
  int removals_ = 0;
};

TEST_F(SnapshottingTest, OneOfOurOwnThatIsBuiltWhileAReceivedOneIsWrittenIsNotForgotten) {
  build(5);
  snapshots_.received(snapshot_of(4));
  auto opening = snapshots_.open(Instant{}, {++token_});
  opening.work->run();
  snapshots_.computed(Instant{}, {opening.token}, said_);
  ASSERT_TRUE(snapshots_.wants_batch());
  built();  // waits for the disk
  write_all();
  EXPECT_EQ(told<Snapshotting::Received>(), 1u);
  EXPECT_EQ(told<Snapshotting::Taken>(), 1u) << "the own one is still waiting";
  snapshots_.received_done();
  // And the next can be made.
  snapshots_.applied({6}, 1);
  EXPECT_TRUE(snapshots_.wants_build(Instant{}));
}

TEST_F(SnapshottingTest, AnOldOneThatCannotBeRemovedDoesNoHarmAndGoesWithTheNext) {
  for (std::uint64_t index = 1; index <= 3; ++index) {
    build(index);
    built();
    write_all(index == 2 ? "Read-only file system" : "");
    EXPECT_EQ(told<Snapshotting::Taken>(), index);
  }
  EXPECT_EQ(told<Snapshotting::Failed>(), 0u);
  EXPECT_EQ(removals_, 2);
}

TEST_F(SnapshottingTest, OneThatCameWithAWrongByteIsRefusedAndNothingOfItIsWritten) {
  const raft::SnapshotRef whole = snapshot_of(4);
  for (std::size_t byte = 0; byte < whole->chunks[0]->size(); byte += 7) {
    auto damaged = std::make_shared<raft::Snapshot>(*whole);
    std::string bytes = *damaged->chunks[0];
    bytes[byte] = static_cast<char>(bytes[byte] ^ 1);
    damaged->chunks[0] = std::make_shared<const std::string>(std::move(bytes));
    said_.clear();
    snapshots_.received(damaged);
    const auto opening = snapshots_.open(Instant{}, {++token_});
    opening.work->run();
    snapshots_.computed(Instant{}, {opening.token}, said_);
    ASSERT_EQ(told<Snapshotting::Received>(), 1u) << "byte " << byte;
    EXPECT_FALSE(std::get<Snapshotting::Received>(said_[0]).error.empty());
    EXPECT_FALSE(snapshots_.wants_batch());
    snapshots_.received_done();
  }
  EXPECT_GT(snapshots_.stats().refused, 0u);
  // The same one, whole, is taken.
  said_.clear();
  snapshots_.received(whole);
  const auto opening = snapshots_.open(Instant{}, {++token_});
  opening.work->run();
  snapshots_.computed(Instant{}, {opening.token}, said_);
  write_all();
  ASSERT_EQ(told<Snapshotting::Received>(), 1u);
  EXPECT_EQ(std::get<Snapshotting::Received>(said_[0]).error, "");
}

TEST_F(SnapshottingTest, AWriteThatFailsIsToldAndCounted) {
  build(5);
  built();
  ASSERT_TRUE(snapshots_.wants_batch());
  const auto batch = snapshots_.take_batch({++token_});
  snapshots_.disk_done(Instant{}, {batch.token, "No space left on device"}, said_);
  EXPECT_EQ(told<Snapshotting::Failed>(), 1u);
  EXPECT_EQ(snapshots_.stats().failed, 1u);
  EXPECT_EQ(told<Snapshotting::Taken>(), 0u);
}

}  // namespace
}  // namespace tests
