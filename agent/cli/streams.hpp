// The outside as the command line sees it: what it prints to, reads from and asks. Tests put their own in.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io-real/net/http/http_client.hpp"

namespace agent::cli {

struct Streams {
  std::function<void(std::string_view)> out;  // bytes for stdout
  std::function<void(std::string_view)> err;
  std::function<std::optional<std::string>()> read_line;  // from stdin, without the newline
  std::function<std::string()> read_all;                  // all of stdin, up to max_input_bytes
  bool is_terminal = false;                               // stdout is one that can show colours
  std::map<std::string, std::string> environment;
  std::function<std::int64_t()> now;        // nanoseconds since 1970
  std::function<void(std::int64_t)> sleep;  // nanoseconds
  std::function<std::expected<io_real::net::http::HttpAnswer, std::string>(const io_real::net::http::HttpCall&)> http;
  /// The bytes of a file, or why not ("no such file or directory"). Null: from the disk.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read_file;
  /// A new file. Null: on the disk.
  std::function<std::expected<void, std::string>(const std::string& path, std::string_view bytes)> write_file;
};

/// The largest file or standard input that is read.
inline constexpr std::size_t max_input_bytes = std::size_t{32} << 20;

/// The process's own.
Streams real_streams();

}  // namespace agent::cli
