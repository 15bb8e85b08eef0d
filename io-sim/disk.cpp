#include "io-sim/disk.hpp"

#include <algorithm>

namespace io_sim {

namespace world = core::world;

namespace {

std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace

void Disk::File::write(std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t end = offset + bytes.size();
  if (data.size() < end) data.resize(end, '\0');
  std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(offset));
  size = std::max(size, end);
}

void Disk::File::apply(const world::DiskOp& op) {
  if (const auto* write_at = std::get_if<world::WriteAt>(&op)) {
    write(write_at->offset, write_at->bytes);
  } else if (const auto* cut = std::get_if<world::Truncate>(&op)) {
    size = cut->size;
    if (data.size() > size) data.resize(size);
  } else if (const auto* reserve = std::get_if<world::Preallocate>(&op)) {
    size = std::max(size, reserve->size);
  }
}

void Disk::File::remember(const world::DiskOp& op) {
  Unsynced one{op, {}, size, data.size()};
  if (const auto* write_at = std::get_if<world::WriteAt>(&op)) {
    if (write_at->offset < data.size()) one.old_data = data.substr(write_at->offset, write_at->bytes.size());
  } else if (const auto* cut = std::get_if<world::Truncate>(&op)) {
    if (cut->size < data.size()) one.old_data = data.substr(cut->size);
  }
  unsynced.push_back(std::move(one));
}

void Disk::File::undo(const Unsynced& one) {
  std::uint64_t from = 0;
  if (const auto* write_at = std::get_if<world::WriteAt>(&one.op)) from = write_at->offset;
  if (const auto* cut = std::get_if<world::Truncate>(&one.op)) from = cut->size;
  data.resize(std::max<std::uint64_t>(one.old_length, one.old_data.empty() ? 0 : from + one.old_data.size()), '\0');
  std::copy(one.old_data.begin(), one.old_data.end(), data.begin() + static_cast<std::ptrdiff_t>(from));
  data.resize(one.old_length);
  size = one.old_size;
}

Disk::File& Disk::open(const std::string& path) {
  if (const auto found = names_.find(path); found != names_.end()) return files_.at(found->second);
  const std::uint64_t inode = ++last_inode_;
  set_name(path, inode, ++last_group_);
  return files_[inode];
}

void Disk::set_name(const std::string& path, std::uint64_t file, std::uint64_t group) {
  const auto found = names_.find(path);
  unsynced_names_.push_back({path, found == names_.end() ? 0 : found->second, file, group});
  if (file == 0)
    names_.erase(path);
  else
    names_[path] = file;
}

std::string Disk::carry_out(const std::vector<world::DiskOp>& ops) {
  for (const world::DiskOp& op : ops)
    if (std::string error = carry_out_one(op); !error.empty()) return error;
  return "";
}

std::string Disk::carry_out_one(const world::DiskOp& op) {
  return std::visit(
      [&]<class T>(const T& what) -> std::string {
        if constexpr (std::same_as<T, world::MakeDirectory>) {
          return "";
        } else if constexpr (std::same_as<T, world::WriteAt> || std::same_as<T, world::Preallocate>) {
          if (!failure_.empty()) return "write " + what.path + ": " + failure_;
          File& file = open(what.path);
          file.remember(op);
          file.apply(op);
          return "";
        } else if constexpr (std::same_as<T, world::Truncate>) {
          if (!names_.contains(what.path)) return "truncate " + what.path + ": no such file or directory";
          File& file = open(what.path);
          file.remember(op);
          file.apply(op);
          return "";
        } else if constexpr (std::same_as<T, world::Sync>) {
          if (!failure_.empty()) return "fdatasync " + what.path + ": " + failure_;
          if (!names_.contains(what.path)) return "fdatasync " + what.path + ": no such file or directory";
          open(what.path).unsynced.clear();
          return "";
        } else if constexpr (std::same_as<T, world::Rename>) {
          const auto from = names_.find(what.from);
          if (from == names_.end()) return "rename " + what.from + ": no such file or directory";
          const std::uint64_t inode = from->second;
          const std::uint64_t group = ++last_group_;
          set_name(what.to, inode, group);
          set_name(what.from, 0, group);
          return "";
        } else if constexpr (std::same_as<T, world::Remove>) {
          const std::uint64_t group = ++last_group_;
          std::vector<std::string> gone;
          for (const auto& [path, inode] : names_)
            if (path == what.path || below(path, what.path)) gone.push_back(path);
          for (const std::string& path : gone) set_name(path, 0, group);
          return "";
        } else {
          std::erase_if(unsynced_names_, [&](const NameChange& change) { return parent(change.path) == what.path; });
          return "";
        }
      },
      op);
}

std::vector<world::FileContents> Disk::read(const std::string& directory) const {
  std::vector<world::FileContents> out;
  for (const auto& [path, inode] : names_) {
    if (parent(path) != directory) continue;
    const File& file = files_.at(inode);
    world::FileContents contents{path.substr(directory.empty() ? 0 : directory.size() + 1), file.data};
    contents.bytes.resize(file.size, '\0');
    out.push_back(std::move(contents));
  }
  return out;
}

void Disk::lose_power(Stream& chance) {
  for (auto& [inode, file] : files_) {
    auto lost = std::exchange(file.unsynced, {});
    for (auto one = lost.rbegin(); one != lost.rend(); ++one) file.undo(*one);
    for (const File::Unsynced& one : lost) {
      const std::uint64_t fate = chance.below(3);
      if (fate == 0) continue;
      const auto* write = std::get_if<world::WriteAt>(&one.op);
      if (fate == 1 || write == nullptr) {
        file.apply(one.op);
        continue;
      }
      // Torn: whole sectors of the platter are written, the front ones first.
      const std::uint64_t end = write->offset + write->bytes.size();
      const std::uint64_t first = write->offset / sector_bytes;
      const std::uint64_t touched = write->bytes.empty() ? 0 : (end - 1) / sector_bytes - first + 1;
      const std::uint64_t whole = chance.below(touched + 1);
      const std::uint64_t kept = whole == 0 ? 0 : std::min(end, (first + whole) * sector_bytes) - write->offset;
      if (kept > 0) file.write(write->offset, std::string_view(write->bytes).substr(0, kept));
    }
  }
  // Names come back in the order they were changed; those of one operation together.
  auto changes = std::exchange(unsynced_names_, {});
  std::size_t kept = chance.below(changes.size() + 1);
  while (kept > 0 && kept < changes.size() && changes[kept].group == changes[kept - 1].group) ++kept;
  for (std::size_t i = changes.size(); i > kept; --i) {
    const NameChange& change = changes[i - 1];
    if (change.file_before == 0)
      names_.erase(change.path);
    else
      names_[change.path] = change.file_before;
  }
  std::erase_if(files_, [&](const auto& entry) {
    return std::none_of(names_.begin(), names_.end(), [&](const auto& name) { return name.second == entry.first; });
  });
}

void Disk::wipe() {
  files_.clear();
  names_.clear();
  unsynced_names_.clear();
}

std::uint64_t Disk::unsynced_writes() const {
  std::uint64_t count = 0;
  for (const auto& [inode, file] : files_) count += file.unsynced.size();
  return count;
}

}  // namespace io_sim
