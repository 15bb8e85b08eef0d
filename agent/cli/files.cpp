#include "agent/cli/files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>

namespace agent::cli {
namespace {

std::string system_words() {
  std::string why = std::strerror(errno);
  if (!why.empty() && why[0] >= 'A' && why[0] <= 'Z') why[0] = static_cast<char>(why[0] - 'A' + 'a');
  return why;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::expected<std::string, std::string> read_file(const Streams& io, const std::string& path, std::size_t most) {
  if (io.read_file) return io.read_file(path);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return std::unexpected(system_words());
  std::string out;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_words());
    if (count == 0) return out;
    out.append(buffer, static_cast<std::size_t>(count));
    if (out.size() > most) return std::unexpected(fmt::format("the file is larger than {} bytes", most));
  }
}

bool file_exists(const Streams& io, const std::string& path) {
  if (io.read_file) return io.read_file(path).has_value();
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

std::expected<void, std::string> write_new_file(const Streams& io, const std::string& path, std::string_view bytes) {
  if (io.write_file) return io.write_file(path, bytes);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.number() < 0) return std::unexpected(system_words());
  const auto fail = [&] {
    std::string why = system_words();
    ::unlink(path.c_str());
    return std::unexpected(std::move(why));
  };
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail();
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file.number()) != 0) return fail();
  return {};
}

core::world::DirectoryRead read_directory(const std::string& path) {
  core::world::DirectoryRead out;
  std::error_code error;
  std::filesystem::directory_iterator entries(path, error);
  if (error == std::errc::no_such_file_or_directory) return out;
  if (error) {
    out.error = error.message();
    return out;
  }
  const Streams disk;
  for (const auto& entry : entries) {
    if (!entry.is_regular_file(error)) continue;
    auto bytes = read_file(disk, entry.path().string());
    if (!bytes) {
      out.error = entry.path().string() + ": " + bytes.error();
      return out;
    }
    out.files.push_back({entry.path().filename().string(), std::move(*bytes)});
  }
  std::ranges::sort(out.files, {}, &core::world::FileContents::name);
  return out;
}

}  // namespace agent::cli
