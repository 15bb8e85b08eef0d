// The operations of disk effects as system calls, beneath one directory. Blocking: FileDisk calls them on
// its own thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "core/world/disk.hpp"

namespace io_real::disk {

/// The largest file a batch may make; an offset past it is a bug or a hostile length, not a wish.
inline constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 40;
/// How many descriptors of recently used files stay open.
inline constexpr std::size_t max_open_files = 64;
/// What one ReadDirectory may bring into memory.
inline constexpr std::uint64_t max_directory_read_bytes = std::uint64_t{20} << 30;

/// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

class Files {
 public:
  /// `root` is an open directory.
  explicit Files(Descriptor root) : root_(std::move(root)) {}

  /// Carries one operation out. Empty, or the error's text.
  std::string carry_out(const core::world::DiskOp& op);
  core::world::DirectoryRead read(const core::world::ReadDirectory& read);
  /// Makes what will be written next cheaper to sync; to be called when what was asked for is done and answered.
  void prepare();

 private:
  std::string on(const core::world::MakeDirectory& op);
  std::string on(const core::world::WriteAt& op);
  std::string on(const core::world::Preallocate& op);
  std::string on(const core::world::Truncate& op);
  std::string on(const core::world::Sync& op);
  std::string on(const core::world::Rename& op);
  std::string on(const core::world::Remove& op);
  std::string on(const core::world::SyncDirectory& op);

  /// The descriptor of `path`, or -1 with errno set.
  int open(const std::string& path, bool create);
  /// Closes what is open of `path` and below.
  void forget(const std::string& path);
  /// A name the system calls take: the root is ".".
  static const char* name_of(const std::string& path) { return path.empty() ? "." : path.c_str(); }

  struct OpenFile {
    std::string path;
    Descriptor descriptor;
    // Of a file that is written from its front to its end, and was reserved while it was empty: up to `end` it is
    // written, up to `zeroed` there are zeros, and from there to `reserved` nothing was ever written. Of any other all
    // are 0.
    std::uint64_t end = 0;
    std::uint64_t zeroed = 0;
    std::uint64_t reserved = 0;

    void written(std::uint64_t from, std::uint64_t to);
    void forget_reserve() { end = zeroed = reserved = 0; }
  };
  Descriptor root_;
  std::list<OpenFile> open_;  // the most recently used first
  std::map<std::string, std::list<OpenFile>::iterator> by_path_;
};

}  // namespace io_real::disk
