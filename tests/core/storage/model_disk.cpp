#include "tests/core/storage/model_disk.hpp"

#include <algorithm>
#include <stdexcept>

namespace tests {

using namespace core::world;

void ModelDisk::carry_out(const DiskBatch& batch, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) apply(batch.ops[i]);
}

// A file that was removed begins anew under its name.
ModelDisk::File& ModelDisk::file_to_write(const std::string& path) {
  File& file = files_[path];
  if (file.removed) file = File{};
  return file;
}

void ModelDisk::apply(const DiskOp& op) {
  if (const auto* write = std::get_if<WriteAt>(&op)) {
    File& file = file_to_write(write->path);
    file.now.resize(std::max<std::size_t>(file.now.size(), write->offset + write->bytes.size()));
    std::copy(write->bytes.begin(), write->bytes.end(), file.now.begin() + static_cast<std::ptrdiff_t>(write->offset));
  } else if (const auto* reserve = std::get_if<Preallocate>(&op)) {
    File& file = file_to_write(reserve->path);
    file.now.resize(std::max<std::size_t>(file.now.size(), reserve->size));
  } else if (const auto* cut = std::get_if<Truncate>(&op)) {
    files_.at(cut->path).now.resize(cut->size);
  } else if (const auto* sync = std::get_if<Sync>(&op)) {
    File& file = files_.at(sync->path);
    file.synced = file.now;
  } else if (const auto* remove = std::get_if<Remove>(&op)) {
    // Until the folder is synced the file may come back, with all that was in it.
    if (const auto at = files_.find(remove->path); at != files_.end()) at->second.removed = true;
  } else if (const auto* rename = std::get_if<Rename>(&op)) {
    Renamed renamed{rename->from, rename->to, files_.at(rename->from), {}};
    if (const auto at = files_.find(rename->to); at != files_.end()) renamed.replaced = at->second;
    files_[rename->to] = renamed.moved;
    files_[rename->to].name_synced = false;
    files_.erase(rename->from);
    renamed_.push_back(std::move(renamed));
  } else if (const auto* directory = std::get_if<SyncDirectory>(&op)) {
    std::erase_if(renamed_, [&](const Renamed& one) { return one.to.substr(0, one.to.rfind('/')) == directory->path; });
    for (auto at = files_.begin(); at != files_.end();) {
      const bool here = at->first.substr(0, at->first.rfind('/')) == directory->path;
      if (here) at->second.name_synced = true;
      at = here && at->second.removed ? files_.erase(at) : std::next(at);
    }
  } else if (!std::holds_alternative<MakeDirectory>(op)) {
    throw std::logic_error("no such operation");
  }
}

void ModelDisk::lose_power(core::Rng& rng) {
  for (auto one = renamed_.rbegin(); one != renamed_.rend(); ++one) {
    if (rng.chance(0.5)) {
      files_[one->to].name_synced = true;
      continue;
    }
    files_.erase(one->to);
    if (one->replaced) files_[one->to] = *one->replaced;
    files_[one->from] = one->moved;
  }
  renamed_.clear();
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = at->second;
    const bool gone = (!file.name_synced || file.removed) && rng.chance(0.5);
    if (gone) {
      at = files_.erase(at);
      continue;
    }
    std::string after(rng.chance(0.5) ? file.now.size() : file.synced.size(), '\0');
    const double share = rng.unit();
    for (std::size_t begin = 0; begin < after.size(); begin += sector) {
      const std::string& from = rng.chance(share) ? file.now : file.synced;
      for (std::size_t i = begin; i < std::min(begin + sector, std::min(after.size(), from.size())); ++i)
        after[i] = from[i];
    }
    file = File{after, after, true, false};
    ++at;
  }
}

DirectoryRead ModelDisk::read(const std::string& directory) const {
  DirectoryRead read;
  for (const auto& [path, file] : files_)
    if (!file.removed && path.starts_with(directory + "/"))
      read.files.push_back({path.substr(directory.size() + 1), file.now});
  return read;
}

std::map<std::string, std::string> ModelDisk::contents() const {
  std::map<std::string, std::string> all;
  for (const auto& [path, file] : files_) all[path] = file.now;
  return all;
}

}  // namespace tests
