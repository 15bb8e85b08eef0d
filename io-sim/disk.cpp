#include "io-sim/disk.hpp"

#include <algorithm>
#include <utility>

namespace io_sim {

namespace world = core::world;

namespace {

constexpr const char* io_error = "Input/output error";
constexpr const char* no_space = "No space left on device";

std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

// How large the operation makes a file.
std::uint64_t end_of(const world::DiskOp& op) {
  if (const auto* write = std::get_if<world::WriteAt>(&op)) return write->offset + write->bytes.size();
  if (const auto* reserve = std::get_if<world::Preallocate>(&op)) return reserve->size;
  return 0;
}

}  // namespace

void Disk::Content::write(std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t end = offset + bytes.size();
  if (data.size() < end) data.resize(end, '\0');
  std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(offset));
  size = std::max(size, end);
}

void Disk::Content::apply(const world::DiskOp& op) {
  if (const auto* write_at = std::get_if<world::WriteAt>(&op)) {
    write(write_at->offset, write_at->bytes);
  } else if (const auto* cut = std::get_if<world::Truncate>(&op)) {
    size = cut->size;
    if (data.size() > size) data.resize(size);
  } else if (const auto* reserve = std::get_if<world::Preallocate>(&op)) {
    size = std::max(size, reserve->size);
  }
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

bool Disk::is_named(std::uint64_t inode) const {
  const auto names_it = [&](const NameChange& change) {
    return change.file_before == inode || change.file_after == inode;
  };
  return std::any_of(names_.begin(), names_.end(), [&](const auto& name) { return name.second == inode; }) ||
         std::any_of(unsynced_names_.begin(), unsynced_names_.end(), names_it);
}

std::string Disk::carry_out(const std::vector<world::DiskOp>& ops) {
  for (const world::DiskOp& op : ops)
    if (std::string error = carry_out_one(op); !error.empty()) return error;
  return "";
}

std::string Disk::carry_out_one(world::DiskOp op, const Fate* fate) {
  return std::visit(
      [&]<class T>(T& what) -> std::string {
        if constexpr (std::same_as<T, world::MakeDirectory>) {
          make_folder(what.path);
          return "";
        } else if constexpr (std::same_as<T, world::WriteAt> || std::same_as<T, world::Preallocate>) {
          const std::string path = what.path;
          return change(path, std::move(op), fate);
        } else if constexpr (std::same_as<T, world::Truncate>) {
          if (!names_.contains(what.path)) return "truncate " + what.path + ": no such file or directory";
          File& file = open(what.path);
          file.size = what.size;
          file.unsynced.push_back(std::move(op));
          return "";
        } else if constexpr (std::same_as<T, world::Sync>) {
          return sync(what.path, fate);
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
          const auto goes = [&](const std::string& folder) { return folder == what.path || below(folder, what.path); };
          std::erase_if(folders_, goes);
          std::erase_if(unsynced_folders_, goes);
          return "";
        } else {
          sync_names(what.path);
          return "";
        }
      },
      op);
}

std::string Disk::change(const std::string& path, world::DiskOp op, const Fate* fate) {
  if (!failure_.empty()) return "write " + path + ": " + failure_;
  if (fate != nullptr && fate->chance.chance(faults_.write_error)) return "write " + path + ": " + io_error;
  if (faults_.capacity_bytes != DiskFaults::no_end) {
    const auto known = names_.find(path);
    const std::uint64_t size = known == names_.end() ? 0 : files_.at(known->second).size;
    const std::uint64_t grows = end_of(op) > size ? end_of(op) - size : 0;
    if (grows > 0 && used_bytes() + grows > faults_.capacity_bytes) return "write " + path + ": " + no_space;
  }
  File& file = open(path);
  file.size = std::max(file.size, end_of(op));
  file.unsynced.push_back(std::move(op));
  return "";
}

std::string Disk::sync(const std::string& path, const Fate* fate) {
  if (!failure_.empty()) return "fdatasync " + path + ": " + failure_;
  const auto found = names_.find(path);
  if (found == names_.end()) return "fdatasync " + path + ": no such file or directory";
  File& file = files_.at(found->second);
  if (fate != nullptr && fate->chance.chance(faults_.sync_error)) {
    settle(file, fate->chance);
    file.size = file.platter.size;
    return "fdatasync " + path + ": " + io_error;
  }
  const bool may_lie = fate != nullptr && fate->may_lie && faults_.lies() > 0;
  for (const world::DiskOp& op : file.unsynced) {
    const auto* write = std::get_if<world::WriteAt>(&op);
    if (may_lie && write != nullptr && fate->chance.chance(faults_.lies()))
      lie(file, *write, fate->chance);
    else
      to_platter(file, op);
  }
  file.unsynced.clear();
  return "";
}

// With those above it.
void Disk::make_folder(const std::string& path) {
  if (path.empty()) return;
  make_folder(parent(path));
  if (folders_.insert(path).second) unsynced_folders_.insert(path);
}

// And all that is in it.
void Disk::lose_folder(const std::string& path) {
  std::erase_if(names_, [&](const auto& name) { return below(name.first, path); });
  const auto goes = [&](const std::string& folder) { return folder == path || below(folder, path); };
  std::erase_if(folders_, goes);
  std::erase_if(unsynced_folders_, goes);
}

void Disk::sync_names(const std::string& directory) {
  std::erase_if(unsynced_folders_, [&](const std::string& folder) { return parent(folder) == directory; });
  std::vector<std::uint64_t> maybe_gone;
  for (const NameChange& change : unsynced_names_)
    if (change.file_before != 0 && parent(change.path) == directory) maybe_gone.push_back(change.file_before);
  std::erase_if(unsynced_names_, [&](const NameChange& change) { return parent(change.path) == directory; });
  for (const std::uint64_t inode : maybe_gone)
    if (!is_named(inode)) files_.erase(inode);
}

void Disk::to_platter(File& file, const world::DiskOp& op) {
  file.platter.apply(op);
  if (const auto* write = std::get_if<world::WriteAt>(&op)) {
    file.last_write = write->offset;
    // What a write covers or stands behind is noticed from now on.
    std::erase_if(file.withheld,
                  [&](const world::WriteAt& one) { return write->offset + write->bytes.size() > one.offset; });
  } else if (std::holds_alternative<world::Truncate>(op)) {
    file.withheld.clear();
  }
}

void Disk::lie(File& file, const world::WriteAt& write, Stream& chance) {
  ++lies_told_;
  const double which = chance.unit() * faults_.lies();
  // The file grows to its right length whatever happens to the bytes.
  file.platter.size = std::max(file.platter.size, write.offset + write.bytes.size());
  if (which < faults_.lost) {
  } else if (which < faults_.lost + faults_.misdirected) {
    const std::uint64_t sectors = write.offset / sector_bytes;  // it lands before its place
    if (sectors > 0) file.platter.write(chance.below(sectors) * sector_bytes, write.bytes);
  } else if (!write.bytes.empty()) {
    std::string wrong = write.bytes;
    const std::uint64_t bit = chance.below(wrong.size() * 8);
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
    file.platter.write(write.offset, wrong);
  }
  file.withheld.push_back(write);
}

void Disk::put_right(File& file) {
  for (const world::WriteAt& one : std::exchange(file.withheld, {})) file.platter.write(one.offset, one.bytes);
}

std::vector<world::FileContents> Disk::read(const std::string& directory) {
  std::vector<world::FileContents> out;
  for (const auto& [path, inode] : names_) {
    if (parent(path) != directory) continue;
    File& file = files_.at(inode);
    put_right(file);
    Content cache = file.platter;
    for (const world::DiskOp& op : file.unsynced) cache.apply(op);
    cache.data.resize(cache.size, '\0');
    out.push_back({path.substr(directory.empty() ? 0 : directory.size() + 1), std::move(cache.data)});
  }
  return out;
}

// Each unsynced write reaches the platter wholly, torn, or not at all.
void Disk::settle(File& file, Stream& chance) {
  put_right(file);
  for (const world::DiskOp& op : std::exchange(file.unsynced, {})) {
    const std::uint64_t fate = chance.below(3);
    if (fate == 0) continue;
    const auto* write = std::get_if<world::WriteAt>(&op);
    if (fate == 1 || write == nullptr) {
      file.platter.apply(op);
      continue;
    }
    // Torn: whole sectors of the platter are written, the front ones first.
    const std::uint64_t end = write->offset + write->bytes.size();
    const std::uint64_t first = write->offset / sector_bytes;
    const std::uint64_t touched = write->bytes.empty() ? 0 : (end - 1) / sector_bytes - first + 1;
    const std::uint64_t whole = chance.below(touched + 1);
    const std::uint64_t kept = whole == 0 ? 0 : std::min(end, (first + whole) * sector_bytes) - write->offset;
    if (kept > 0) file.platter.write(write->offset, std::string_view(write->bytes).substr(0, kept));
  }
}

void Disk::lose_power(Stream& chance) {
  for (auto& [inode, file] : files_) {
    settle(file, chance);
    file.size = file.platter.size;
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
  // Whether a folder's name came to the platter by itself is chance, and what is in one that did not is nowhere.
  for (const std::string& folder : std::exchange(unsynced_folders_, {}))
    if (folders_.contains(folder) && chance.chance(0.5)) lose_folder(folder);
  std::erase_if(files_, [&](const auto& entry) { return !is_named(entry.first); });
}

void Disk::wipe() {
  folders_.clear();
  unsynced_folders_.clear();
  files_.clear();
  names_.clear();
  unsynced_names_.clear();
}

bool Disk::rot(Stream& chance) {
  std::vector<File*> old;
  for (auto& [inode, file] : files_)
    if (std::min<std::uint64_t>(file.last_write, file.platter.data.size()) > 0) old.push_back(&file);
  if (old.empty()) return false;
  File& file = *old[chance.below(old.size())];
  const std::uint64_t bytes = std::min<std::uint64_t>(file.last_write, file.platter.data.size());
  const std::uint64_t bit = chance.below(bytes * 8);
  file.platter.data[bit / 8] = static_cast<char>(file.platter.data[bit / 8] ^ (1 << bit % 8));
  ++lies_told_;
  return true;
}

std::uint64_t Disk::unsynced_writes() const {
  std::uint64_t count = 0;
  for (const auto& [inode, file] : files_) count += file.unsynced.size();
  return count;
}

std::map<std::string, std::uint64_t> Disk::sizes() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [path, inode] : names_) out[path] = files_.at(inode).size;
  return out;
}

std::uint64_t Disk::used_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [inode, file] : files_) bytes += file.size;
  return bytes;
}

}  // namespace io_sim
