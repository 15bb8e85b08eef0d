#include "simulator/scenario/files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "simulator/scenario/problem.hpp"

namespace simulator {

std::optional<std::string> Files::read(const std::string& path) {
  if (const auto known = texts_.find(path); known != texts_.end()) return known->second;
  std::error_code ignored;
  if (only_these_ || !std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_bytes) return std::nullopt;
  return texts_.emplace(path, std::move(text)).first->second;
}

bool Files::exists(const std::string& path) const {
  std::error_code ignored;
  return texts_.contains(path) || (!only_these_ && std::filesystem::exists(path, ignored));
}

std::string Files::nearest_beside(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return nearest(std::filesystem::path(path).filename().string(), {names.begin(), names.end()});
}

std::string Files::why_not(const std::string& path, const char* missing) const {
  std::error_code error;
  const bool is_long = !only_these_ && std::filesystem::is_regular_file(path, error) &&
                       std::filesystem::file_size(path, error) > max_bytes && !error;
  return is_long ? "a file of more than 1 MiB" : missing;
}

}  // namespace simulator
