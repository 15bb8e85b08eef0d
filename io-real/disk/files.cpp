#include "io-real/disk/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <variant>

#include "io-real/disk/path.hpp"

namespace io_real::disk {
namespace {

namespace world = core::world;

// The data directory holds tokens, keys and task environments: nobody else may look.
constexpr mode_t directory_mode = 0700;
constexpr mode_t file_mode = 0600;

// How far zeros are written ahead in a reserved file.
constexpr std::uint64_t zeros_ahead = 256 * 1024;
char zeros[zeros_ahead];  // never written to, so it takes no memory

bool is_directory(int root, const char* name) {
  struct stat status{};
  return ::fstatat(root, name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

/// The result of `call`, which is made again when a signal interrupted it: core takes an error for the disk's.
template <class Call>
int uninterrupted(Call call) {
  int result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

/// Zero, or the errno.
int write_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return 0;
}

/// Appends the whole file to `bytes`. Zero, or the errno.
int read_all(int fd, std::string& bytes, std::uint64_t size) {
  bytes.resize(size);
  std::size_t got = 0;
  while (got < bytes.size()) {
    const auto count = ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return 0;
}

/// Removes `name` in the directory `at` and all below it. Zero, or the errno. A link is removed, not followed.
int remove_tree(int at, const char* name) {
  if (::unlinkat(at, name, 0) == 0 || errno == ENOENT) return 0;
  // Linux says EISDIR for a directory, POSIX EPERM.
  if (errno != EISDIR && errno != EPERM) return errno;
  const int fd = ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), &::closedir);
  if (!directory) {
    const int error = errno;
    ::close(fd);
    return error;
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view child = entry->d_name;
    if (child == "." || child == "..") continue;
    if (const int error = remove_tree(fd, entry->d_name)) return error;
  }
  return ::unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Files::carry_out(const world::DiskOp& op) {
  return std::visit([this](const auto& each) { return on(each); }, op);
}

std::string Files::on(const world::MakeDirectory& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  for (std::size_t at = 0; at != std::string::npos && !op.path.empty();) {
    at = op.path.find('/', at + 1);
    const auto name = op.path.substr(0, at);
    if (::mkdirat(root_.get(), name.c_str(), directory_mode) == 0) continue;
    if (errno != EEXIST) return error_text("mkdir", op.path, errno);
    if (!is_directory(root_.get(), name.c_str())) return error_text("mkdir", op.path, ENOTDIR);
  }
  return {};
}

std::string Files::on(const world::WriteAt& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.offset > max_file_bytes || op.bytes.size() > max_file_bytes - op.offset)
    return error_text("pwrite", op.path, EFBIG);
  const int fd = open(op.path, true);
  if (fd < 0) return error_text("open", op.path, errno);
  if (const int error = write_all(fd, op.bytes, op.offset)) return error_text("pwrite", op.path, error);
  open_.front().written(op.offset, op.offset + op.bytes.size());
  return {};
}

// Not in order, or to its end: it is left alone from then on.
void Files::OpenFile::written(std::uint64_t from, std::uint64_t to) {
  if (reserved == 0 || to <= end) return;
  if (from > std::max(end, zeroed) || to >= reserved) return forget_reserve();
  end = to;
}

// A file system keeps a record of which parts of reserved space were written, and a sync after the first write to one
// has that record to sync, too. With zeros there before, most syncs have only the data.
void Files::prepare() {
  for (OpenFile& file : open_) {
    if (file.reserved == 0 || file.end == 0 || file.zeroed >= file.end + zeros_ahead / 2) continue;
    const std::uint64_t from = std::max(file.end, file.zeroed);
    const std::uint64_t count = std::min(zeros_ahead, file.reserved - from);
    file.zeroed = from + count;
    // They were only to make things faster: nobody asked for them, and what harms the file, its sync will tell.
    if (write_all(file.descriptor.get(), {zeros, count}, from) != 0) file.forget_reserve();
  }
}

std::string Files::on(const world::Preallocate& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.size > max_file_bytes) return error_text("fallocate", op.path, EFBIG);
  const int fd = open(op.path, true);
  if (fd < 0) return error_text("open", op.path, errno);
  if (op.size == 0) return {};
  struct stat status{};
  const bool empty = ::fstat(fd, &status) == 0 && status.st_size == 0;
  // posix_fallocate writes zeroes itself where the file system cannot reserve.
  int error = 0;
  do error = ::posix_fallocate(fd, 0, static_cast<off_t>(op.size));
  while (error == EINTR);
  if (!error && empty) open_.front().reserved = op.size;
  return error ? error_text("fallocate", op.path, error) : std::string{};
}

std::string Files::on(const world::Truncate& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.size > max_file_bytes) return error_text("ftruncate", op.path, EFBIG);
  const int fd = open(op.path, false);
  if (fd < 0) return error_text("open", op.path, errno);
  open_.front().forget_reserve();
  const int failed = uninterrupted([&] { return ::ftruncate(fd, static_cast<off_t>(op.size)); });
  return failed ? error_text("ftruncate", op.path, errno) : std::string{};
}

std::string Files::on(const world::Sync& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  // A descriptor opened again after an eviction still sees a write error that nobody has been told of
  // (Linux 4.16 and later), so closing an unsynced file hides nothing.
  const int fd = open(op.path, false);
  if (fd < 0) return error_text("open", op.path, errno);
  if (uninterrupted([&] { return ::fdatasync(fd); }) == 0) return {};
  const int error = errno;
  open_.front().forget_reserve();  // nobody knows what the disk holds now: nothing more is written there unasked
  return error_text("fdatasync", op.path, error);
}

std::string Files::on(const world::Rename& op) {
  if (auto error = path_error_text(op.from); !error.empty()) return error;
  if (auto error = path_error_text(op.to); !error.empty()) return error;
  forget(op.from);
  forget(op.to);
  const bool failed = ::renameat(root_.get(), name_of(op.from), root_.get(), name_of(op.to)) != 0;
  return failed ? error_text("rename", op.from, errno) : std::string{};
}

std::string Files::on(const world::Remove& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.path.empty()) return error_text("unlink", op.path, EBUSY);
  forget(op.path);
  const int error = remove_tree(root_.get(), op.path.c_str());
  return error && error != ENOTDIR ? error_text("unlink", op.path, error) : std::string{};
}

std::string Files::on(const world::SyncDirectory& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  const Descriptor directory(::openat(root_.get(), name_of(op.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return error_text("open", op.path, errno);
  return uninterrupted([&] { return ::fsync(directory.get()); }) ? error_text("fsync", op.path, errno) : std::string{};
}

world::DirectoryRead Files::read(const world::ReadDirectory& read) {
  world::DirectoryRead answer{.token = read.token, .files = {}, .error = path_error_text(read.path)};
  if (!answer.error.empty()) return answer;
  const int fd = ::openat(root_.get(), name_of(read.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    if (errno != ENOENT) answer.error = error_text("open", read.path, errno);
    return answer;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), &::closedir);
  std::uint64_t total = 0;
  const auto fail = [&](const std::string& path, int error) {
    answer.files.clear();
    answer.error = error_text("read", path, error);
    return answer;
  };
  if (!directory) return fail(read.path, ENOMEM);
  while (const dirent* entry = ::readdir(directory.get())) {
    struct stat status{};
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::string name = entry->d_name;
    const std::string path = read.path.empty() ? name : read.path + "/" + name;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > max_directory_read_bytes - total) return fail(path, EFBIG);
    total += size;
    const Descriptor file(::openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open()) return fail(path, errno);
    auto& contents = answer.files.emplace_back(world::FileContents{.name = name, .bytes = {}});
    if (const int error = read_all(file.get(), contents.bytes, size)) return fail(path, error);
  }
  std::ranges::sort(answer.files, {}, &world::FileContents::name);
  return answer;
}

int Files::open(const std::string& path, bool create) {
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return found->second->descriptor.get();
  }
  const int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0);
  Descriptor descriptor(uninterrupted([&] { return ::openat(root_.get(), name_of(path), flags, file_mode); }));
  if (!descriptor.is_open()) return -1;
  if (open_.size() == max_open_files) {
    by_path_.erase(open_.back().path);
    open_.pop_back();
  }
  open_.push_front({.path = path, .descriptor = std::move(descriptor)});
  by_path_[path] = open_.begin();
  return open_.front().descriptor.get();
}

void Files::forget(const std::string& path) {
  // Names below "a/b" sort behind "a/b" but not next to it ("a/b-c" comes first), so each is looked at:
  // there are at most max_open_files.
  std::erase_if(by_path_, [&](const auto& entry) {
    if (!is_within(entry.first, path)) return false;
    open_.erase(entry.second);
    return true;
  });
}

}  // namespace io_real::disk
