#include "io-real/host/files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

namespace io_real::host {

std::optional<std::string> read_small_file(const std::string& path, std::size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string bytes;
  char buffer[4096];
  while (bytes.size() < limit) {
    const auto count = ::read(file.get(), buffer, std::min(sizeof buffer, limit - bytes.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return bytes;
}

std::string read_line(const std::string& path) {
  auto text = read_small_file(path, 4096).value_or("");
  const auto last = text.find_last_not_of(" \t\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text.substr(std::min(text.size(), text.find_first_not_of(" \t\n")));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool write_control(const std::string& path, std::string_view bytes) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write_all(file.get(), bytes);
}

bool replace_file(const std::string& path, std::string_view bytes, bool durable) {
  const std::string fresh = path + ".new";
  {
    const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || !write_all(file.get(), bytes)) return false;
    if (durable && ::fsync(file.get()) != 0) return false;
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return false;
  if (!durable) return true;
  const auto folder = std::filesystem::path(path).parent_path();
  const Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

Fd open_beneath(const Fd& root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int tries = 16;  // EAGAIN: something was renamed while ".." was followed
  Fd file;
  for (int i = 0; i < tries && !file; ++i) {
    file.reset(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
    if (!file && errno != EAGAIN) break;
  }
  return file;
}

bool is_plain_name(std::string_view name) {
  constexpr std::size_t max_name_bytes = 200;  // leaves room for ".stdout.N" below the file system's 255
  return !name.empty() && name.size() <= max_name_bytes && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

std::string errno_text(std::string_view prefix, int error) {
  // Go's wording, which operators know from Nomad: no capital at the start.
  std::string text = std::strerror(error);
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a') text[0] = static_cast<char>(text[0] + 32);
  return std::string(prefix) + ": " + text;
}

}  // namespace io_real::host
