#include "simulator/records/files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace simulator::records {
namespace {

namespace fs = std::filesystem;

// The numbers of the segments beside the file, oldest first.
std::vector<std::uint32_t> older_segments(const fs::path& path) {
  std::vector<std::uint32_t> out;
  std::error_code error;
  const std::string start = path.filename().string() + ".";
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(start)) continue;
    std::uint32_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [stopped, wrong] = std::from_chars(name.data() + start.size(), end, number);
    if (wrong == std::errc{} && stopped == end && number > 0) out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::expected<Life, std::string> read_life(const std::string& path) {
  Life out;
  out.path = path;
  std::vector<std::string> files;
  for (const std::uint32_t number : older_segments(path)) files.push_back(fmt::format("{}.{}", path, number));
  files.push_back(path);
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const bool is_file = fs::is_regular_file(file, error);
    std::ifstream in;
    if (is_file) in.open(file, std::ios::binary);
    if (!is_file || !in)
      return std::unexpected(
          fmt::format("{}: found no readable file, wanted a recording of nomad agent -record", file));
    bytes += fs::file_size(file, error);
    if (bytes > most_bytes)
      return std::unexpected(
          fmt::format("{}: found more than {} bytes, which is more than this reads", path, most_bytes));
    out.segments.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  const auto first = core::agent::SegmentReader::open(out.segments.front());
  if (!first) return std::unexpected(fmt::format("{}: {}", files.front(), first.error()));
  out.header = first->header();
  out.agent = first->config().node_name;
  return out;
}

}  // namespace simulator::records
