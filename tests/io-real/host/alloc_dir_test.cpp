#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/io-real/host/host_fixture.hpp"

namespace io_real::host {
namespace {

using namespace core::world;
namespace fs = std::filesystem;

class AllocDirTest : public HostTest {
 protected:
  AllocDirTest() : agent(sandbox.config()) { make_alloc_dir(agent); }

  AllocFileRead read(const std::string& path, std::uint64_t offset = 0, std::uint64_t limit = 1000) {
    agent.carry_out(ReadAllocFile{HostToken{7}, alloc_id, path, offset, limit});
    auto answer = agent.wait_for<AllocFileRead>();
    EXPECT_EQ(answer.token, HostToken{7});
    return answer;
  }
  AllocDirListed list(const std::string& path) {
    agent.carry_out(ListAllocDir{HostToken{8}, alloc_id, path});
    return agent.wait_for<AllocDirListed>();
  }
  void write(const fs::path& path, const std::string& text) { std::ofstream(alloc_root() / path) << text; }

  Agent agent;
};

TEST_F(AllocDirTest, HasTheFoldersAndRightsOfTheDocumentation) {
  const auto mode = [&](const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat((alloc_root() / path).c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  };
  for (const auto* path : {"alloc", "alloc/data", "alloc/logs", "alloc/tmp", "web", "web/local"})
    EXPECT_EQ(mode(path), 0777u) << path;
  EXPECT_EQ(mode("web/tmp"), 01777u);
  EXPECT_EQ(mode("web/secrets"), 0700u);
  EXPECT_EQ(mode("web/private"), 0700u);
}

TEST_F(AllocDirTest, CanBeMadeAgainWithoutLosingWhatIsInIt) {
  write("web/local/kept", "kept");
  make_alloc_dir(agent);
  EXPECT_EQ(read("web/local/kept").bytes, "kept");
}

TEST_F(AllocDirTest, IsRefusedForNamesThatLeadElsewhere) {
  for (const auto& [alloc, task] : {std::pair<std::string, std::string>{"..", "web"},
                                    {"a/b", "web"},
                                    {alloc_id, ".."},
                                    {alloc_id, "a/b"},
                                    {alloc_id, ""},
                                    {alloc_id, "alloc"}}) {
    agent.carry_out(MakeAllocDir{alloc, {task}});
    EXPECT_NE(agent.wait_for<AllocDirMade>().error, "") << alloc << ' ' << task;
  }
}

TEST_F(AllocDirTest, TellsWhyItCouldNotBeMade) {
  write("../file", "in the way");
  agent.carry_out(MakeAllocDir{"file", {"web"}});
  const auto made = agent.wait_for<AllocDirMade>();
  EXPECT_NE(made.error.find("allocs/file: not a directory"), std::string::npos) << made.error;
}

TEST_F(AllocDirTest, IsReadInParts) {
  write("web/local/file", "0123456789");
  EXPECT_EQ(read("/web/local/file").bytes, "0123456789");
  EXPECT_EQ(read("web/local/file", 3, 4).bytes, "3456");
  const auto past = read("web/local/file", 10, 4);
  EXPECT_EQ(past.bytes, "");
  EXPECT_EQ(past.file_size, 10u);
  EXPECT_EQ(past.error, "");
}

TEST_F(AllocDirTest, NamesWhatCannotBeRead) {
  EXPECT_EQ(read("web/local/none").error, "open web/local/none: no such file or directory");
  EXPECT_EQ(read("web/local").error, "read web/local: is a directory");
  EXPECT_EQ(list("web/none").error, "open web/none: no such file or directory");
  ASSERT_EQ(::mkfifo((alloc_root() / "web/local/fifo").c_str(), 0600), 0);
  EXPECT_EQ(read("web/local/fifo").error, "read web/local/fifo: not a regular file");  // and does not wait for it
}

TEST_F(AllocDirTest, IsNotLeftByAnyPath) {
  write("../outside", "outside");
  fs::create_symlink("../../../outside", alloc_root() / "web/local/relative");
  fs::create_symlink("/etc/passwd", alloc_root() / "web/local/absolute");
  fs::create_symlink("/etc", alloc_root() / "web/local/etc");
  fs::create_symlink("/proc/self/root", alloc_root() / "web/local/magic");
  for (const auto* path : {"../outside", "web/../../outside", "web/local/relative", "web/local/absolute",
                           "web/local/etc/passwd", "web/local/magic/etc/passwd"}) {
    const auto answer = read(path);
    EXPECT_EQ(answer.bytes, "") << path;
    EXPECT_EQ(answer.error, "Path escapes the alloc directory") << path;
  }
  EXPECT_EQ(list("..").error, "Path escapes the alloc directory");
  EXPECT_EQ(list("web/local/etc").error, "Path escapes the alloc directory");
}

TEST_F(AllocDirTest, MayHoldLinksThatStayInside) {
  write("alloc/data/file", "inside");
  fs::create_symlink("../../alloc/data/file", alloc_root() / "web/local/link");
  EXPECT_EQ(read("web/local/link").bytes, "inside");
}

TEST_F(AllocDirTest, KeepsItsSecrets) {
  write("web/secrets/token", "secret");
  write("web/private/token", "secret");
  fs::create_symlink("../secrets/token", alloc_root() / "web/local/link");
  for (const auto* path : {"web/secrets/token", "/web//secrets/token", "web/local/../secrets/token", "web/local/link",
                           "web/private/token"}) {
    const auto answer = read(path);
    EXPECT_EQ(answer.bytes, "") << path;
    EXPECT_EQ(answer.error, std::string("Reading secret file prohibited: ") + path);
  }
  EXPECT_NE(list("web/secrets").error, "");
  fs::create_directory(alloc_root() / "alloc/secrets");
  write("alloc/secrets/shared", "no secret");
  EXPECT_EQ(read("alloc/secrets/shared").bytes, "no secret");
}

TEST_F(AllocDirTest, IsListedInOrderWithGosModes) {
  write("web/local/b", "22");
  write("web/local/a", "1");
  fs::permissions(alloc_root() / "web/local/a", fs::perms(0640));
  fs::create_symlink("a", alloc_root() / "web/local/c");
  const auto listed = list("web/local");
  ASSERT_EQ(listed.files.size(), 3u);
  EXPECT_EQ(listed.files[0].name, "a");
  EXPECT_EQ(listed.files[0].file_mode, "-rw-r-----");
  EXPECT_EQ(listed.files[0].size, 1u);
  EXPECT_TRUE(listed.files[0].mod_time.is_set());
  EXPECT_EQ(listed.files[1].name, "b");
  EXPECT_EQ(listed.files[2].file_mode, "Lrwxrwxrwx");

  const auto top = list("/");
  ASSERT_EQ(top.files.size(), 2u);
  EXPECT_EQ(top.files[0].name, "alloc");
  EXPECT_TRUE(top.files[0].is_dir);
  EXPECT_EQ(top.files[0].file_mode, "drwxrwxrwx");
  const auto task = list("web");
  ASSERT_EQ(task.files.size(), 4u);
  EXPECT_EQ(task.files[3].name, "tmp");
  EXPECT_EQ(task.files[3].file_mode, "dtrwxrwxrwx");
}

TEST_F(AllocDirTest, IsRemovedButNotWhatItsLinksPointTo) {
  const auto outside = sandbox.root / "outside";
  fs::create_directory(outside);
  std::ofstream(outside / "kept") << "kept";
  fs::create_symlink(outside, alloc_root() / "web/local/link");
  agent.carry_out(RemoveAllocDir{alloc_id});
  EXPECT_EQ(list("/").error, "open " + alloc_id + ": no such file or directory");
  EXPECT_FALSE(fs::exists(alloc_root()));
  EXPECT_TRUE(fs::exists(outside / "kept"));
}

}  // namespace
}  // namespace io_real::host
