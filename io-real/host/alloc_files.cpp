#include "io-real/host/alloc_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <expected>
#include <utility>

#include "io-real/host/fd.hpp"
#include "io-real/host/files.hpp"

namespace io_real::host {
namespace {

namespace fs = std::filesystem;
using core::world::AllocDirListed;
using core::world::AllocFile;
using core::world::AllocFileRead;

std::string real_path(const Fd& file) {
  char target[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(file.get());
  const auto length = ::readlink(link.c_str(), target, sizeof target);
  return length < 0 ? "" : std::string(target, static_cast<std::size_t>(length));
}

// `<task>/secrets/...` and `<task>/private/...`; the shared folder `alloc` may have folders of these names.
bool is_secret(const fs::path& inside) {
  auto part = inside.begin();
  if (part == inside.end() || *part == "alloc" || ++part == inside.end()) return false;
  return *part == "secrets" || *part == "private";
}

// What it arrived at, not what was asked for, tells whether it is a secret: a link may point there.
std::expected<Fd, std::string> open_inside(const fs::path& alloc_dir, const std::string& alloc_id,
                                           const std::string& asked, int flags) {
  if (!is_plain_name(alloc_id)) return std::unexpected("unknown allocation");
  if (asked.size() >= PATH_MAX || asked.find('\0') != std::string::npos)
    return std::unexpected("the path is too long or holds a NUL");
  const Fd root(::open((alloc_dir / alloc_id).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(errno_text("open " + alloc_id, errno));
  std::string path = asked.substr(std::min(asked.find_first_not_of('/'), asked.size()));
  if (path.empty()) path = ".";

  Fd file = open_beneath(root, path, flags);
  if (!file && errno == EXDEV) return std::unexpected("Path escapes the alloc directory");
  if (!file) return std::unexpected(errno_text("open " + asked, errno));
  const auto base = real_path(root);
  const auto arrived = real_path(file);
  if (arrived != base && !arrived.starts_with(base + '/')) return std::unexpected("Path escapes the alloc directory");
  if (is_secret(fs::path(arrived.substr(std::min(base.size() + 1, arrived.size())))))
    return std::unexpected("Reading secret file prohibited: " + asked);
  return file;
}

// Go's os.FileMode in text: a letter for what is not a plain file, then for sticky and the like, then the rights.
std::string go_file_mode(mode_t mode) {
  std::string text;
  if (S_ISDIR(mode)) text += 'd';
  if (S_ISLNK(mode)) text += 'L';
  if (S_ISBLK(mode) || S_ISCHR(mode)) text += 'D';
  if (S_ISFIFO(mode)) text += 'p';
  if (S_ISSOCK(mode)) text += 'S';
  if ((mode & S_ISUID) != 0) text += 'u';
  if ((mode & S_ISGID) != 0) text += 'g';
  if (S_ISCHR(mode)) text += 'c';
  if ((mode & S_ISVTX) != 0) text += 't';
  if (text.empty()) text = "-";
  constexpr std::string_view rights = "rwxrwxrwx";
  for (std::size_t i = 0; i < rights.size(); ++i) text += (mode & (0400u >> i)) != 0 ? rights[i] : '-';
  return text;
}

AllocFile describe(std::string name, const struct stat& status) {
  return {.name = std::move(name),
          .is_dir = S_ISDIR(status.st_mode),
          .size = static_cast<std::uint64_t>(status.st_size),
          .file_mode = go_file_mode(status.st_mode),
          .mod_time = {status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec}};
}

}  // namespace

AllocFileRead read_alloc_file(const fs::path& alloc_dir, const core::world::ReadAllocFile& read) {
  AllocFileRead answer{.token = read.token, .bytes = "", .file_size = 0, .error = ""};
  const auto fail = [&](std::string text) {
    answer.error = std::move(text);
    return answer;
  };
  const auto file = open_inside(alloc_dir, read.alloc_id, read.path, 0);
  if (!file) return fail(file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return fail(errno_text("stat " + read.path, errno));
  if (S_ISDIR(status.st_mode)) return fail(errno_text("read " + read.path, EISDIR));
  if (!S_ISREG(status.st_mode)) return fail("read " + read.path + ": not a regular file");
  answer.file_size = static_cast<std::uint64_t>(status.st_size);
  if (read.offset >= answer.file_size) return answer;

  answer.bytes.resize(std::min({read.limit, max_read_bytes, answer.file_size - read.offset}));
  std::size_t got = 0;
  while (got < answer.bytes.size()) {
    const auto count = ::pread(file->get(), answer.bytes.data() + got, answer.bytes.size() - got,
                               static_cast<off_t>(read.offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return answer.bytes.clear(), fail(errno_text("read " + read.path, errno));
    if (count == 0) break;  // it has been cut since
    got += static_cast<std::size_t>(count);
  }
  answer.bytes.resize(got);
  return answer;
}

AllocDirListed list_alloc_dir(const fs::path& alloc_dir, const core::world::ListAllocDir& list) {
  AllocDirListed answer{.token = list.token, .files = {}, .error = ""};
  auto folder = open_inside(alloc_dir, list.alloc_id, list.path, O_DIRECTORY);
  if (!folder) return answer.error = folder.error(), answer;
  const int number = folder->get();
  DIR* const directory = ::fdopendir(number);
  if (directory == nullptr) return answer.error = errno_text("open " + list.path, errno), answer;
  folder->release();  // closedir closes it
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    struct stat status{};
    if (name == "." || name == ".." || ::fstatat(number, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (answer.files.size() == max_listed_files) {
      answer.files.clear();
      answer.error = "the folder has more than " + std::to_string(max_listed_files) + " entries";
      break;
    }
    answer.files.push_back(describe(name, status));
  }
  ::closedir(directory);
  std::ranges::sort(answer.files, {}, &AllocFile::name);
  return answer;
}

}  // namespace io_real::host
