#include "io-real/disk/path.hpp"

#include <system_error>

namespace io_real::disk {

PathError check_path(std::string_view path) {
  if (path.empty()) return PathError::none;
  if (path.find('\0') != std::string_view::npos) return PathError::malformed;
  if (path.front() == '/') return PathError::leaves_root;
  while (true) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part == "..") return PathError::leaves_root;
    if (part.empty() || part == ".") return PathError::malformed;
    if (slash == std::string_view::npos) return PathError::none;
    path.remove_prefix(slash + 1);
  }
}

std::string path_error_text(std::string_view path) {
  switch (check_path(path)) {
    case PathError::none:
      return {};
    case PathError::leaves_root:
      return "path " + std::string(path) + ": leaves the data directory";
    case PathError::malformed:
      return "path " + std::string(path) + ": malformed";
  }
  return {};
}

std::string error_text(std::string_view operation, std::string_view path, int error) {
  return std::string(operation) + " " + std::string(path) + ": " + std::generic_category().message(error);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_within(std::string_view path, std::string_view folder) {
  if (folder.empty()) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace io_real::disk
