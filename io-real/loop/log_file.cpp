#include "io-real/loop/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "io-real/clock/clock.hpp"

namespace io_real::loop {
namespace fs = std::filesystem;

std::expected<std::unique_ptr<LogFile>, std::string> LogFile::open(LogFileConfig config) {
  if (config.path.ends_with('/')) config.path += "nomad.log";
  std::unique_ptr<LogFile> made(new LogFile(std::move(config)));
  const fs::path path = made->config_.path;
  made->extension_ = path.has_extension() ? path.extension().string() : ".log";
  made->stem_ = (path.parent_path() / path.stem()).string();
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error || !made->reopen())
    return std::unexpected("Failed to setup logging: open " + path.string() + ": " +
                           (error ? error.message() : std::generic_category().message(errno)));
  return made;
}

bool LogFile::reopen() {
  // Names of jobs, addresses and errors are the operators' business, not everybody's.
  const int fd = ::open(config_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  file_.reset(fd < 0 ? nullptr : ::fdopen(fd, "a"));
  if (!file_) {
    if (fd >= 0) ::close(fd);
    return false;
  }
  std::error_code ignored;
  const auto size = fs::file_size(config_.path, ignored);
  bytes_ = ignored ? 0 : size;
  opened_ = clock::wall_now();
  return true;
}

void LogFile::write(core::WallTime at, std::string_view line) {
  const bool too_old = config_.rotate_after.count() > 0 && at.unix_ns - opened_.unix_ns >= config_.rotate_after.count();
  const bool too_big = config_.rotate_bytes > 0 && bytes_ >= config_.rotate_bytes;
  if (file_ && bytes_ > 0 && (too_old || too_big)) rotate(at);
  // A file that could not be opened again (a full disk) is tried at each line, so that logs come back by themselves.
  if (!file_ && !reopen()) return;
  std::fwrite(line.data(), 1, line.size(), file_.get());
  std::fputc('\n', file_.get());
  bytes_ += line.size() + 1;
}

void LogFile::flush() {
  if (file_) std::fflush(file_.get());
}

void LogFile::rotate(core::WallTime at) {
  file_.reset();
  std::error_code ignored;
  fs::rename(config_.path, stem_ + "-" + std::to_string(at.unix_ns) + extension_, ignored);
  reopen();
  prune();
}

void LogFile::prune() {
  if (config_.keep_files == 0) return;
  const auto prefix = fs::path(stem_).filename().string() + "-";
  const auto folder = fs::path(stem_).parent_path();
  std::vector<fs::path> rotated;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? fs::path(".") : folder, ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(extension_)) continue;
    const auto number = name.substr(prefix.size(), name.size() - prefix.size() - extension_.size());
    const bool is_ours = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
    if (is_ours) rotated.push_back(entry.path());
  }
  std::ranges::sort(rotated);  // by their time: the numbers are equally long
  while (rotated.size() > config_.keep_files) {
    fs::remove(rotated.front(), ignored);
    rotated.erase(rotated.begin());
  }
}

}  // namespace io_real::loop
