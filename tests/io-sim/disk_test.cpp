#include "io-sim/disk.hpp"

#include <gtest/gtest.h>

namespace io_sim {
namespace {

namespace world = core::world;

std::string content(Disk& disk, const std::string& directory, const std::string& name) {
  for (const world::FileContents& file : disk.read(directory))
    if (file.name == name) return file.bytes;
  return "(no file)";
}

TEST(Disk, SyncedWritesOutliveAPowerLoss) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"d/f", 0, "hello"}, world::Sync{"d/f"}, world::SyncDirectory{"d"}}), "");
    disk.lose_power(chance);
    EXPECT_EQ(content(disk, "d", "f"), "hello");
  }
}

TEST(Disk, AnUnsyncedNameMayBeLost) {
  bool lost = false;
  bool kept = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"d/f", 0, "hello"}, world::Sync{"d/f"}}), "");
    disk.lose_power(chance);
    const std::string found = content(disk, "d", "f");
    lost = lost || found == "(no file)";
    kept = kept || found == "hello";
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
}

TEST(Disk, AnUnsyncedWriteIsLostKeptOrTornAtASector) {
  bool lost = false;
  bool kept = false;
  bool torn = false;
  const std::string old_bytes(4 * Disk::sector_bytes, 'o');
  const std::string new_bytes(4 * Disk::sector_bytes, 'n');
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 0, old_bytes}, world::Sync{"f"}, world::SyncDirectory{""}}), "");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 0, new_bytes}}), "");
    disk.lose_power(chance);
    const std::string found = content(disk, "", "f");
    ASSERT_EQ(found.size(), old_bytes.size());
    const std::size_t changed = found.find('o') == std::string::npos ? found.size() : found.find('o');
    EXPECT_EQ(changed % Disk::sector_bytes, 0U);
    EXPECT_EQ(found.find('n', changed), std::string::npos);  // the front reaches the platter first
    lost = lost || changed == 0;
    kept = kept || changed == found.size();
    torn = torn || (changed > 0 && changed < found.size());
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
  EXPECT_TRUE(torn);
}

TEST(Disk, SectorsAreThoseOfThePlatterNotOfTheWrite) {
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::Preallocate{"f", 2048}, world::Sync{"f"}, world::SyncDirectory{""}}), "");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 200, std::string(544, 'x')}}), "");
    disk.lose_power(chance);
    const std::string found = content(disk, "", "f");
    const auto last = found.find_last_of('x');
    const std::size_t end = last == std::string::npos ? 200 : last + 1;
    EXPECT_TRUE(end == 200 || end == 512 || end == 744) << end;
    torn = torn || end == 512;
  }
  EXPECT_TRUE(torn);
}

TEST(Disk, ARenameIsWhollyThereOrNot) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"d/a", 0, "old"}, world::Sync{"d/a"}, world::WriteAt{"d/b", 0, "new"},
                              world::Sync{"d/b"}, world::SyncDirectory{"d"}}),
              "");
    ASSERT_EQ(disk.carry_out({world::Rename{"d/b", "d/a"}}), "");
    disk.lose_power(chance);
    const std::string a = content(disk, "d", "a");
    const std::string b = content(disk, "d", "b");
    EXPECT_TRUE((a == "old" && b == "new") || (a == "new" && b == "(no file)")) << a << " " << b;
  }
}

TEST(Disk, ATruncatedFileComesBackOrStaysShort) {
  bool came_back = false;
  bool short_now = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 0, "hello"}, world::Sync{"f"}, world::SyncDirectory{""}}), "");
    ASSERT_EQ(disk.carry_out({world::Truncate{"f", 2}}), "");
    disk.lose_power(chance);
    came_back = came_back || content(disk, "", "f") == "hello";
    short_now = short_now || content(disk, "", "f") == "he";
  }
  EXPECT_TRUE(came_back);
  EXPECT_TRUE(short_now);
}

TEST(Disk, PreallocatedBytesReadAsZero) {
  Disk disk;
  ASSERT_EQ(disk.carry_out({world::Preallocate{"f", 8}, world::WriteAt{"f", 2, "xy"}}), "");
  EXPECT_EQ(content(disk, "", "f"), std::string("\0\0xy\0\0\0\0", 8));
}

TEST(Disk, RemovesFoldersWithAllInThem) {
  Disk disk;
  ASSERT_EQ(disk.carry_out({world::WriteAt{"d/a", 0, "1"}, world::WriteAt{"d/e/b", 0, "2"},
                            world::WriteAt{"de", 0, "3"}, world::Remove{"d"}}),
            "");
  EXPECT_TRUE(disk.read("d").empty());
  EXPECT_TRUE(disk.read("d/e").empty());
  EXPECT_EQ(content(disk, "", "de"), "3");
}

TEST(Disk, AFolderWhoseNameIsNotSyncedMayVanishWithAllInIt) {
  int lost = 0, kept = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("power");
    ASSERT_EQ(disk.carry_out({world::MakeDirectory{"a/b"}, world::WriteAt{"a/b/f", 0, "x"}, world::Sync{"a/b/f"},
                              world::SyncDirectory{"a/b"}, world::SyncDirectory{"a"}}),
              "");
    Disk synced = disk;
    disk.lose_power(chance);
    ++(content(disk, "a/b", "f") == "x" ? kept : lost);
    ASSERT_EQ(synced.carry_out({world::SyncDirectory{""}}), "");
    synced.lose_power(chance);
    EXPECT_EQ(content(synced, "a/b", "f"), "x");
    // It is made anew, and has to be synced anew.
    ASSERT_EQ(disk.carry_out({world::MakeDirectory{"a/b"}, world::WriteAt{"a/b/f", 0, "y"}}), "");
    EXPECT_EQ(content(disk, "a/b", "f"), "y");
  }
  EXPECT_GT(lost, 10);
  EXPECT_GT(kept, 10);
}

TEST(Disk, SaysWhichOperationFailedAndStopsThere) {
  Disk disk;
  EXPECT_EQ(disk.carry_out({world::Sync{"f"}, world::WriteAt{"f", 0, "x"}}), "fdatasync f: no such file or directory");
  EXPECT_TRUE(disk.read("").empty());
  disk.fail_with("No space left on device");
  EXPECT_EQ(disk.carry_out({world::WriteAt{"f", 0, "x"}}), "write f: No space left on device");
  disk.fail_with("");
  EXPECT_EQ(disk.carry_out({world::WriteAt{"f", 0, "x"}}), "");
}

}  // namespace
}  // namespace io_sim
