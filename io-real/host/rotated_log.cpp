#include "io-real/host/rotated_log.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "io-real/host/files.hpp"

namespace io_real::host {
namespace {

std::uint64_t newest_index(const std::string& folder, const std::string& name) {
  std::uint64_t newest = 0;
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return newest;
  const std::string prefix = name + '.';
  while (const dirent* entry = ::readdir(directory)) {
    std::string_view file = entry->d_name;
    if (!file.starts_with(prefix)) continue;
    file.remove_prefix(prefix.size());
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), index);
    if (error == std::errc{} && end == file.data() + file.size()) newest = std::max(newest, index);
  }
  ::closedir(directory);
  return newest;
}

}  // namespace

RotatedLog::RotatedLog(std::string folder, std::string name, Limits limits)
    : folder_(std::move(folder)), name_(std::move(name)), limits_(limits) {
  limits_.max_files = std::max<std::uint32_t>(limits_.max_files, 1);
  limits_.max_file_bytes = std::max<std::uint64_t>(limits_.max_file_bytes, 1);
  index_ = newest_index(folder_, name_);
  open_file();
}

std::string RotatedLog::path(std::uint64_t index) const { return folder_ + '/' + name_ + '.' + std::to_string(index); }

void RotatedLog::open_file() {
  // No links: the folder belongs to the task, which must not make us write elsewhere with our rights.
  file_.reset(::open(path(index_).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  struct stat status{};
  file_bytes_ = 0;
  if (file_ && ::fstat(file_.get(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) file_.reset();
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  }
}

void RotatedLog::remove_old() const {
  if (index_ < limits_.max_files) return;
  // From the newest that is too old downwards: below the first gap there is nothing left.
  for (auto kept_from = index_ - limits_.max_files + 1; kept_from > 0; --kept_from)
    if (::unlink(path(kept_from - 1).c_str()) != 0) return;
}

// As many whole lines as fit; of a line that is larger than a file, what fits.
std::string_view RotatedLog::part_for_this_file(std::string_view bytes) const {
  const auto part = bytes.substr(0, limits_.max_file_bytes - file_bytes_);
  if (part.size() == bytes.size()) return part;
  if (const auto line_end = part.rfind('\n'); line_end != std::string_view::npos) return part.substr(0, line_end + 1);
  return at_line_start_ && file_bytes_ > 0 ? std::string_view{} : part;
}

void RotatedLog::write(std::string_view bytes) {
  while (!bytes.empty()) {
    while (file_bytes_ >= limits_.max_file_bytes) {
      ++index_;
      open_file();
      remove_old();
    }
    const auto part = part_for_this_file(bytes);
    const bool full = part.size() < bytes.size();
    if (file_) write_all(file_.get(), part);
    file_bytes_ = full ? limits_.max_file_bytes : file_bytes_ + part.size();
    if (!part.empty()) at_line_start_ = part.back() == '\n';
    bytes.remove_prefix(part.size());
  }
}

}  // namespace io_real::host
