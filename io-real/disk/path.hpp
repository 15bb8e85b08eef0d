// Paths of disk effects: relative to the data directory, and never above it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace io_real::disk {

/// The errors a path may have by itself.
enum class PathError { none, leaves_root, malformed };

/// Whether `path` stays beneath the root by its letters: relative, no empty, "." or ".." part, no NUL.
/// The empty path is the root itself.
PathError check_path(std::string_view path);

/// "path ../x: leaves the data directory", or empty when the path is fine.
std::string path_error_text(std::string_view path);

/// "fdatasync server/raft/wal/0000000001.log: Input/output error", for an errno.
std::string error_text(std::string_view operation, std::string_view path, int error);

/// "a/b" of "a/b/c"; empty (the root) for a name without '/'.
std::string_view parent_of(std::string_view path);

/// Whether `path` is `folder` or lies below it.
bool is_within(std::string_view path, std::string_view folder);

}  // namespace io_real::disk
