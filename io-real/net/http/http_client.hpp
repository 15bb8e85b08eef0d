// A blocking HTTP client, for the command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace io_real::net::http {

struct HttpCall {
  std::string method = "GET";
  std::string url;  // "http://127.0.0.1:4646/v1/jobs?namespace=default"
  std::map<std::string, std::string> headers;
  std::string body;
  core::Duration connect_timeout = std::chrono::seconds(30);
  core::Duration timeout{};  // for the whole call; zero: none, for long polls and streams
  /// When set, the body of a 2xx answer comes here as it arrives; returning false ends the call.
  std::function<bool(std::string_view)> on_chunk;
};

struct HttpAnswer {
  std::uint16_t status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // empty when it went to on_chunk
};

/// The largest body kept in memory.
inline constexpr std::size_t max_answer_bytes = std::size_t{1} << 30;

/// Makes one call over a connection of its own. Errors are Go's, without the `Get "URL": ` before them:
/// "dial tcp 127.0.0.1:4646: connect: connection refused", "dial tcp: lookup nowhere: no such host", "EOF",
/// "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".
std::expected<HttpAnswer, std::string> request(const HttpCall& call);

}  // namespace io_real::net::http
