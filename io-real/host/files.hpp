// Small files, whole: those of /proc and /sys, and our own records.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "io-real/host/fd.hpp"

namespace io_real::host {

inline constexpr std::size_t max_small_file_bytes = 4 * 1024 * 1024;

/// The bytes of a file, at most `limit` of them; nothing when it cannot be read.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit = max_small_file_bytes);

/// A file of one line (a sysfs value), without the white space around it; "" when it cannot be read.
std::string read_line(const std::string& path);

/// Writes all of `bytes` into an existing file (a cgroup's or sysfs control). False with errno set when refused.
bool write_control(const std::string& path, std::string_view bytes);

/// Writes all of `bytes` to a descriptor. False with errno set when some could not be written.
bool write_all(int fd, std::string_view bytes);

/// Puts `bytes` at `path` such that a reader, or whoever looks after a power loss, finds the old bytes or the new
/// ones. With `durable` the new ones are on the disk when it returns. False with errno set when it failed.
bool replace_file(const std::string& path, std::string_view bytes, bool durable);

/// Opens `path`, which is relative, below the folder `root` to read. The kernel keeps the walk inside (RESOLVE_BENEATH,
/// Linux 5.6), links and races included. Empty with errno set when refused; EXDEV: it leads out.
Fd open_beneath(const Fd& root, const std::string& path, int flags = 0);

/// Whether `name` can be one component of a path: not empty, "." or "..", no '/' or NUL, at most 200 bytes.
bool is_plain_name(std::string_view name);

/// Whether an errno tells of too little memory or too few descriptors, not of what was asked for.
bool is_shortage(int error);

/// `prefix: what errno says`.
std::string errno_text(std::string_view prefix, int error);

}  // namespace io_real::host
