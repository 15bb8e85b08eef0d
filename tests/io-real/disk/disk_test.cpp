// The contract of core/world/disk.hpp, held against the machine's disk and the one in memory.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io-real/disk/file_disk.hpp"
#include "io-real/disk/memory_disk.hpp"
#include "io-real/disk/path.hpp"
#include "tests/io-real/answers.hpp"
#include "tests/io-real/scratch_folder.hpp"

namespace {

namespace world = core::world;
using io_real::disk::Disk;
using io_real::disk::FileDisk;
using io_real::disk::MemoryDisk;
using tests::ScratchFolder;

struct OnFiles {
  ScratchFolder folder;
  std::unique_ptr<Disk> make(io_real::disk::Report report) {
    auto disk = FileDisk::open((folder.path() / "data").string(), std::move(report));
    return disk ? std::move(*disk) : nullptr;
  }
};
struct InMemory {
  std::unique_ptr<Disk> make(io_real::disk::Report report) { return std::make_unique<MemoryDisk>(std::move(report)); }
};

template <class Kind>
class DiskContract : public testing::Test {
 protected:
  void SetUp() override {
    disk = kind.make([this](world::Event event) { answers.push(std::move(event)); });
    ASSERT_NE(disk, nullptr);
  }

  /// Runs a batch and gives its error.
  std::string batch(std::vector<world::DiskOp> ops) {
    disk->carry_out(world::DiskBatch{.token = {++token}, .ops = std::move(ops)});
    const auto event = answers.next();
    const auto* done = event ? std::get_if<world::DiskBatchDone>(&*event) : nullptr;
    if (!done || done->token.value != token) return "no answer";
    return done->error;
  }
  /// "name=bytes name=bytes", or the error.
  std::string listing(std::string path) {
    disk->carry_out(world::ReadDirectory{.token = {++token}, .path = std::move(path)});
    const auto event = answers.next();
    const auto* read = event ? std::get_if<world::DirectoryRead>(&*event) : nullptr;
    if (!read || read->token.value != token) return "no answer";
    if (!read->error.empty()) return read->error;
    std::string text;
    for (const auto& file : read->files) text += (text.empty() ? "" : " ") + file.name + "=" + file.bytes;
    return text;
  }

  Kind kind;
  tests::Answers answers;
  std::uint64_t token = 0;
  std::unique_ptr<Disk> disk;  // last: its thread reports to the above
};
using Kinds = testing::Types<OnFiles, InMemory>;
TYPED_TEST_SUITE(DiskContract, Kinds);

TYPED_TEST(DiskContract, WritesAreReadBackSortedByName) {
  EXPECT_EQ(this->batch({world::MakeDirectory{"server/raft"}, world::WriteAt{"server/raft/b", 0, "two"},
                         world::WriteAt{"server/raft/a", 0, "one"}, world::Sync{"server/raft/a"},
                         world::SyncDirectory{"server/raft"}, world::SyncDirectory{""}}),
            "");
  EXPECT_EQ(this->listing("server/raft"), "a=one b=two");
  EXPECT_EQ(this->listing("server"), "") << "files below are not listed";
  EXPECT_EQ(this->listing("nowhere"), "");
  EXPECT_EQ(this->listing("nowhere/deeper"), "");
}

TYPED_TEST(DiskContract, AWriteBehindTheEndLeavesZeroes) {
  EXPECT_EQ(this->batch({world::WriteAt{"log", 2, "x"}, world::WriteAt{"log", 0, "ab"}}), "");
  EXPECT_EQ(this->listing(""), "log=abx");
  EXPECT_EQ(this->batch({world::WriteAt{"log", 4, "y"}}), "");
  EXPECT_EQ(this->listing(""), std::string("log=abx\0y", 9));
}

TYPED_TEST(DiskContract, PreallocatedBytesReadAsZeroAndKeepWhatIsThere) {
  EXPECT_EQ(this->batch({world::WriteAt{"log", 0, "ab"}, world::Preallocate{"log", 4}}), "");
  EXPECT_EQ(this->listing(""), std::string("log=ab\0\0", 8));
  EXPECT_EQ(this->batch({world::Preallocate{"log", 1}, world::Truncate{"log", 1}}), "");
  EXPECT_EQ(this->listing(""), "log=a");
}

// Zeros are written ahead of what is written in order, and never over anything.
TYPED_TEST(DiskContract, ReservedFilesKeepWhatIsWrittenInAnyOrder) {
  constexpr std::uint64_t size = 1 << 20, step = 100'000;
  std::string wanted(size, '\0');
  const auto write = [&](const std::string& file, std::uint64_t offset, char letter) {
    wanted.replace(offset, step, step, letter);
    EXPECT_EQ(this->batch({world::WriteAt{file, offset, std::string(step, letter)}, world::Sync{file}}), "");
  };
  EXPECT_EQ(this->batch({world::Preallocate{"ordered", size}}), "");
  for (std::uint64_t i = 0; i < 10; ++i) write("ordered", i * step, static_cast<char>('a' + i));
  write("ordered", 2 * step, 'z');
  EXPECT_EQ(this->listing(""), "ordered=" + wanted);
  EXPECT_EQ(this->batch({world::Remove{"ordered"}, world::Preallocate{"mixed", size}}), "");

  wanted.assign(size, '\0');
  write("mixed", 0, 'a');
  write("mixed", 8 * step, 'b');
  for (std::uint64_t i = 1; i < 8; ++i) write("mixed", i * step, 'c');
  EXPECT_EQ(this->listing(""), "mixed=" + wanted);
  EXPECT_EQ(this->batch({world::Remove{"mixed"}, world::Preallocate{"full", step}}), "");

  // Written to its end at once, and then again from its beginning.
  wanted.assign(step, 'd');
  EXPECT_EQ(this->batch({world::WriteAt{"full", 0, wanted}, world::WriteAt{"full", 0, "dd"}}), "");
  EXPECT_EQ(this->listing(""), "full=" + wanted);
  EXPECT_EQ(this->batch({world::Remove{"full"}, world::Preallocate{"cut", size}}), "");

  // A file that was cut is not made longer again by them.
  EXPECT_EQ(this->batch({world::WriteAt{"cut", 0, "abc"}, world::Truncate{"cut", 0}, world::WriteAt{"cut", 0, "ab"}}),
            "");
  EXPECT_EQ(this->listing(""), "cut=ab");
}

TYPED_TEST(DiskContract, RenameReplacesAndMovesFolders) {
  EXPECT_EQ(this->batch({world::MakeDirectory{"d"}, world::WriteAt{"d/new", 0, "new"},
                         world::WriteAt{"d/old", 0, "older"}, world::Rename{"d/new", "d/old"}}),
            "");
  EXPECT_EQ(this->listing("d"), "old=new");
  EXPECT_EQ(this->batch({world::Rename{"d", "e"}, world::WriteAt{"e/old", 3, "!"}}), "");
  EXPECT_EQ(this->listing("e"), "old=new!");
  EXPECT_EQ(this->listing("d"), "");
}

TYPED_TEST(DiskContract, AFileWrittenAfterARenameIsANewOne) {
  EXPECT_EQ(this->batch({world::WriteAt{"a", 0, "first"}, world::Rename{"a", "b"}, world::WriteAt{"a", 0, "2"}}), "");
  EXPECT_EQ(this->listing(""), "a=2 b=first");
}

TYPED_TEST(DiskContract, RemoveTakesFoldersWithAllInThemAndForgivesWhatIsNotThere) {
  EXPECT_EQ(
      this->batch({world::MakeDirectory{"d/e"}, world::WriteAt{"d/e/f", 0, "x"}, world::WriteAt{"d-other", 0, "y"},
                   world::Remove{"d"}, world::Remove{"d"}, world::Remove{"d/e/f"}, world::Remove{"d-other/below"}}),
      "");
  EXPECT_EQ(this->listing(""), "d-other=y");
  EXPECT_EQ(this->batch({world::WriteAt{"d/e/f", 0, "x"}}), "open d/e/f: No such file or directory");
}

TYPED_TEST(DiskContract, ABatchStopsAtItsFirstErrorAndLaterOnesGoOn) {
  EXPECT_EQ(this->batch({world::WriteAt{"a", 0, "1"}, world::Sync{"missing"}, world::WriteAt{"b", 0, "2"}}),
            "open missing: No such file or directory");
  EXPECT_EQ(this->listing(""), "a=1");
  EXPECT_EQ(this->batch({world::WriteAt{"b", 0, "2"}, world::Sync{"b"}}), "");
  EXPECT_EQ(this->listing(""), "a=1 b=2");
}

TYPED_TEST(DiskContract, ErrorsNameTheOperationThePathAndTheCause) {
  ASSERT_EQ(this->batch({world::MakeDirectory{"d"}, world::WriteAt{"d/x", 0, ""}, world::WriteAt{"f", 0, "1"}}), "");
  EXPECT_EQ(this->batch({world::Truncate{"t", 0}}), "open t: No such file or directory");
  EXPECT_EQ(this->batch({world::WriteAt{"d", 0, "1"}}), "open d: Is a directory");
  EXPECT_EQ(this->batch({world::WriteAt{"f/g", 0, "1"}}), "open f/g: Not a directory");
  EXPECT_EQ(this->batch({world::MakeDirectory{"f"}}), "mkdir f: Not a directory");
  EXPECT_EQ(this->batch({world::MakeDirectory{"f/g"}}), "mkdir f/g: Not a directory");
  EXPECT_EQ(this->batch({world::Rename{"no", "g"}}), "rename no: No such file or directory");
  EXPECT_EQ(this->batch({world::Rename{"f", "no/g"}}), "rename f: No such file or directory");
  EXPECT_EQ(this->batch({world::Rename{"f", "d"}}), "rename f: Is a directory");
  EXPECT_EQ(this->batch({world::Rename{"d", "f"}}), "rename d: Not a directory");
  EXPECT_EQ(this->batch({world::MakeDirectory{"e"}, world::Rename{"e", "d"}}), "rename e: Directory not empty");
  EXPECT_EQ(this->batch({world::Rename{"d", "d/below"}}), "rename d: Invalid argument");
  EXPECT_EQ(this->batch({world::SyncDirectory{"no"}}), "open no: No such file or directory");
  EXPECT_EQ(this->batch({world::SyncDirectory{"f"}}), "open f: Not a directory");
  EXPECT_EQ(this->listing("f"), "open f: Not a directory");
  EXPECT_EQ(this->batch({world::WriteAt{"f", ~std::uint64_t{0}, "1"}}), "pwrite f: File too large");
  EXPECT_EQ(this->batch({world::Truncate{"f", ~std::uint64_t{0}}}), "ftruncate f: File too large");
  EXPECT_EQ(this->batch({world::Preallocate{"f", ~std::uint64_t{0}}}), "fallocate f: File too large");
}

TYPED_TEST(DiskContract, NoPathLeavesTheRoot) {
  const std::string leaves = ": leaves the data directory";
  for (const std::string path : {"../x", "/etc/x", "a/../../x", ".."}) {
    EXPECT_EQ(this->batch({world::WriteAt{path, 0, "1"}}), "path " + path + leaves);
    EXPECT_EQ(this->batch({world::MakeDirectory{path}}), "path " + path + leaves);
    EXPECT_EQ(this->batch({world::Remove{path}}), "path " + path + leaves);
    EXPECT_EQ(this->batch({world::Rename{"a", path}}), "path " + path + leaves);
    EXPECT_EQ(this->batch({world::Rename{path, "a"}}), "path " + path + leaves);
    EXPECT_EQ(this->listing(path), "path " + path + leaves);
  }
  EXPECT_EQ(this->batch({world::WriteAt{"a//b", 0, "1"}}), "path a//b: malformed");
  EXPECT_EQ(this->batch({world::WriteAt{"./b", 0, "1"}}), "path ./b: malformed");
  EXPECT_EQ(this->batch({world::Remove{""}}), "unlink : Device or resource busy");
}

TYPED_TEST(DiskContract, QueuedBatchesAreAnsweredInOrder) {
  constexpr std::uint64_t count = 200;
  for (std::uint64_t i = 1; i <= count; ++i)
    this->disk->carry_out(world::DiskBatch{{i}, {world::WriteAt{"log", i - 1, "x"}, world::Sync{"log"}}});
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto event = this->answers.next();
    ASSERT_TRUE(event);
    const auto* done = std::get_if<world::DiskBatchDone>(&*event);
    ASSERT_NE(done, nullptr);
    EXPECT_EQ(done->token.value, i);
    EXPECT_EQ(done->error, "");
  }
  EXPECT_EQ(this->listing(""), "log=" + std::string(count, 'x'));
}

TYPED_TEST(DiskContract, MoreFilesThanStayOpenKeepTheirBytes) {
  constexpr std::size_t count = 3 * io_real::disk::max_open_files;
  for (const std::string half : {"ab", "cd"})
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(1000 + i);
      ASSERT_EQ(this->batch({world::WriteAt{name, half == "ab" ? 0u : 2u, half}, world::Sync{name}}), "");
    }
  std::string expected;
  for (std::size_t i = 0; i < count; ++i) expected += (i ? " f" : "f") + std::to_string(1000 + i) + "=abcd";
  EXPECT_EQ(this->listing(""), expected);
}

TEST(FileDisk, WhatWasQueuedIsOnDiskAfterTheEnd) {
  ScratchFolder folder;
  tests::Answers answers;
  {
    auto disk = FileDisk::open(folder.path().string(), [&](world::Event event) { answers.push(std::move(event)); });
    ASSERT_TRUE(disk) << disk.error();
    for (std::uint64_t i = 0; i < 50; ++i)
      (*disk)->carry_out(world::DiskBatch{{i}, {world::WriteAt{"log", i, "x"}, world::Sync{"log"}}});
  }
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "log"), 50u);
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_TRUE(answers.next());
}

TEST(FileDisk, TwoAgentsDoNotShareADataDirectory) {
  ScratchFolder folder;
  const auto first = FileDisk::open(folder.path().string(), [](world::Event) {});
  ASSERT_TRUE(first) << first.error();
  const auto second = FileDisk::open(folder.path().string(), [](world::Event) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "lock " + folder.path().string() + ": another agent uses this data directory");
}

TEST(FileDisk, ARootThatCannotBeIsRefused) {
  ScratchFolder folder;
  {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen((folder.path() / "f").c_str(), "w"), &std::fclose);
  }
  const std::string root = (folder.path() / "f/data").string();
  const auto disk = FileDisk::open(root, [](world::Event) {});
  ASSERT_FALSE(disk);
  EXPECT_EQ(disk.error(), "mkdir " + root + ": Not a directory");
}

TEST(FileDisk, AFullDiskIsAnErrorWithItsText) {
  // /dev/full refuses every write: the one full disk that any machine has.
  ScratchFolder folder;
  tests::Answers answers;
  std::filesystem::create_symlink("/dev/full", folder.path() / "log");
  auto disk = FileDisk::open(folder.path().string(), [&](world::Event event) { answers.push(std::move(event)); });
  ASSERT_TRUE(disk) << disk.error();
  (*disk)->carry_out(world::DiskBatch{{1}, {world::WriteAt{"log", 0, "x"}}});
  const auto event = answers.next();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<world::DiskBatchDone>(*event).error, "pwrite log: No space left on device");
}

TEST(FileDisk, NoSignalsComeToItsThread) {
  ScratchFolder folder;
  tests::Answers answers;
  bool blocked = false;
  {
    auto disk = FileDisk::open(folder.path().string(), [&](world::Event) {
      sigset_t mask;
      ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      blocked = ::sigismember(&mask, SIGTERM) == 1 && ::sigismember(&mask, SIGUSR1) == 1;
    });
    ASSERT_TRUE(disk) << disk.error();
    (*disk)->carry_out(world::DiskBatch{{1}, {}});
  }
  EXPECT_TRUE(blocked);
  sigset_t mine;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(::sigismember(&mine, SIGTERM), 0);
}

TEST(FileDisk, AnUnwritableFolderIsAnErrorWithItsText) {
  ScratchFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const auto look = [&] {
    const auto disk = FileDisk::open(folder.path().string(), [](world::Event) {});
    return disk ? std::string("opened") : disk.error();
  };
  const std::string wanted = "access " + folder.path().string() + ": Permission denied";
  if (::geteuid() != 0) {
    EXPECT_EQ(look(), wanted);
    return;
  }
  // Root may write everywhere: another user has to look.
  constexpr uid_t nobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::setuid(nobody) == 0 && look() == wanted ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
