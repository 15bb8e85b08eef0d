#include "io-real/disk/memory_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <variant>

#include "io-real/disk/path.hpp"

namespace io_real::disk {
namespace world = core::world;

void MemoryDisk::carry_out(world::DiskBatch batch) {
  world::DiskBatchDone done{.token = batch.token, .error = {}};
  for (auto& op : batch.ops) {
    done.error = std::visit([this](auto& each) { return on(each); }, op);
    if (!done.error.empty()) break;
  }
  report_(std::move(done));
}

void MemoryDisk::carry_out(world::ReadDirectory read) {
  world::DirectoryRead answer{.token = read.token, .files = {}, .error = path_error_text(read.path)};
  const int error = answer.error.empty() ? directory_error(read.path) : 0;
  if (error && error != ENOENT) answer.error = error_text("open", read.path, error);
  if (error || !answer.error.empty()) return report_(std::move(answer));
  for (const auto& [path, bytes] : files_)
    if (parent_of(path) == read.path)
      answer.files.push_back({path.substr(read.path.empty() ? 0 : read.path.size() + 1), bytes});
  report_(std::move(answer));
}

std::string MemoryDisk::on(world::MakeDirectory& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  for (std::string_view part = op.path; !part.empty(); part = parent_of(part))
    if (files_.contains(std::string(part))) return error_text("mkdir", op.path, ENOTDIR);
  for (std::string_view part = op.path; !part.empty(); part = parent_of(part)) directories_.emplace(part);
  return {};
}

std::string MemoryDisk::on(world::WriteAt& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.offset > max_memory_file_bytes || op.bytes.size() > max_memory_file_bytes - op.offset)
    return error_text("pwrite", op.path, EFBIG);
  if (const int error = open_error(op.path, true)) return error_text("open", op.path, error);
  auto& file = files_[op.path];
  if (op.bytes.empty()) return {};
  if (file.size() < op.offset + op.bytes.size()) file.resize(op.offset + op.bytes.size());
  std::ranges::copy(op.bytes, file.begin() + static_cast<std::ptrdiff_t>(op.offset));
  return {};
}

std::string MemoryDisk::on(world::Preallocate& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.size > max_memory_file_bytes) return error_text("fallocate", op.path, EFBIG);
  if (const int error = open_error(op.path, true)) return error_text("open", op.path, error);
  auto& file = files_[op.path];
  if (file.size() < op.size) file.resize(op.size);
  return {};
}

std::string MemoryDisk::on(world::Truncate& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.size > max_memory_file_bytes) return error_text("ftruncate", op.path, EFBIG);
  if (const int error = open_error(op.path, false)) return error_text("open", op.path, error);
  files_[op.path].resize(op.size);
  return {};
}

std::string MemoryDisk::on(world::Sync& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  const int error = open_error(op.path, false);
  return error ? error_text("open", op.path, error) : std::string{};
}

std::string MemoryDisk::on(world::Rename& op) {
  if (auto error = path_error_text(op.from); !error.empty()) return error;
  if (auto error = path_error_text(op.to); !error.empty()) return error;
  if (const int error = rename_error(op.from, op.to)) return error_text("rename", op.from, error);
  if (op.from == op.to) return {};
  remove(op.to);
  std::map<std::string, std::string> moved;
  std::erase_if(files_, [&](auto& file) {
    if (!is_within(file.first, op.from)) return false;
    moved.emplace(op.to + file.first.substr(op.from.size()), std::move(file.second));
    return true;
  });
  files_.merge(moved);
  std::set<std::string> moved_directories;
  std::erase_if(directories_, [&](const auto& directory) {
    if (!is_within(directory, op.from)) return false;
    moved_directories.insert(op.to + directory.substr(op.from.size()));
    return true;
  });
  directories_.merge(moved_directories);
  return {};
}

std::string MemoryDisk::on(world::Remove& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  if (op.path.empty()) return error_text("unlink", op.path, EBUSY);
  remove(op.path);
  return {};
}

std::string MemoryDisk::on(world::SyncDirectory& op) {
  if (auto error = path_error_text(op.path); !error.empty()) return error;
  const int error = directory_error(op.path);
  return error ? error_text("open", op.path, error) : std::string{};
}

int MemoryDisk::open_error(const std::string& path, bool create) const {
  if (directories_.contains(path)) return EISDIR;
  if (files_.contains(path)) return 0;
  const int error = directory_error(std::string(parent_of(path)));
  return error ? error : create ? 0 : ENOENT;
}

int MemoryDisk::directory_error(const std::string& path) const {
  if (directories_.contains(path)) return 0;
  for (std::string_view part = path; !part.empty(); part = parent_of(part))
    if (files_.contains(std::string(part))) return ENOTDIR;
  return ENOENT;
}

int MemoryDisk::rename_error(const std::string& from, const std::string& to) const {
  if (from.empty() || to.empty()) return EBUSY;
  const bool from_directory = directories_.contains(from);
  if (!from_directory && !files_.contains(from)) {
    const int error = directory_error(std::string(parent_of(from)));
    return error ? error : ENOENT;
  }
  if (const int error = directory_error(std::string(parent_of(to)))) return error;
  if (from == to) return 0;
  if (from_directory && is_within(to, from)) return EINVAL;
  if (from_directory && files_.contains(to)) return ENOTDIR;
  if (!directories_.contains(to)) return 0;
  if (!from_directory) return EISDIR;
  const auto inside = [&](const std::string& path) { return path != to && is_within(path, to); };
  const bool is_empty = std::ranges::none_of(directories_, inside) &&
                        std::ranges::none_of(files_, [&](const auto& file) { return inside(file.first); });
  return is_empty ? 0 : ENOTEMPTY;
}

void MemoryDisk::remove(const std::string& path) {
  std::erase_if(files_, [&](const auto& file) { return is_within(file.first, path); });
  std::erase_if(directories_, [&](const auto& directory) { return is_within(directory, path); });
}

}  // namespace io_real::disk
