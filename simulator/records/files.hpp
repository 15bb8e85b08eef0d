// The files of recordings: each life is one file or, when its recording was long, several.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent/recording.hpp"

namespace simulator::records {

/// One life of one agent, from the disk.
struct Life {
  std::string path;                    // as named
  std::vector<std::string> segments;   // their bytes, in order
  core::wire::RecordingHeader header;  // of the first segment that is there
  std::string agent;                   // its name

  std::vector<std::string_view> views() const { return {segments.begin(), segments.end()}; }
};

/// Reads PATH and the segments beside it (PATH.1, PATH.2, ...). The error is the whole line to print.
std::expected<Life, std::string> read_life(const std::string& path);

/// What all segments of one life may have together.
inline constexpr std::uint64_t most_bytes = std::uint64_t{8} << 30;

}  // namespace simulator::records
