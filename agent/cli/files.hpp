// Files as commands read and write them: by the streams where those have files of their own (the simulator's have), and
// on the disk otherwise. Errors are the system's words, in lower case as Go says them.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "agent/cli/streams.hpp"
#include "core/world/disk.hpp"

namespace agent::cli {

/// The largest file that is read when it is no job: a snapshot, a segment of a log.
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 30;

std::expected<std::string, std::string> read_file(const Streams& io, const std::string& path,
                                                  std::size_t most = max_file_bytes);
bool file_exists(const Streams& io, const std::string& path);
/// Never overwrites a file, and leaves none that is not whole.
std::expected<void, std::string> write_new_file(const Streams& io, const std::string& path, std::string_view bytes);
/// The regular files of a folder, sorted by name. One that is not there has none.
core::world::DirectoryRead read_directory(const std::string& path);

}  // namespace agent::cli
