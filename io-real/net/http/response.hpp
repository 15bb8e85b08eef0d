// An answer's head and chunks as bytes, as Go's net/http writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace io_real::net::http {

/// "X-Nomad-Index" for "x-nomad-index": capitals as Go's net/http puts them.
std::string canonical_name(std::string_view name);

/// "Sun, 22 Nov 2026 21:00:00 GMT".
std::string http_date(std::time_t at);

struct ResponseHead {
  std::uint16_t status = 200;
  std::map<std::string, std::string> headers;  // those about framing are ours, and are left out
  std::optional<std::size_t> content_length;   // none: chunked, or up to the end of the connection
  bool chunked = false;
  bool keep_alive = true;
  std::time_t date = 0;
};
/// Status line to empty line.
std::string to_bytes(const ResponseHead& head);

/// `bytes` as one chunk. Empty bytes make no chunk: that would end the body.
std::string chunk(std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Whether an answer of this status has a body at all (RFC 9110 §6.4.1).
bool has_body(std::uint16_t status);

/// Whether "gzip" is among the codings of an Accept-Encoding header, and not refused by q=0.
bool accepts_gzip(std::string_view accept_encoding);

/// A whole plain-text answer that closes the connection: for requests that never reach the agent.
std::string refusal(std::uint16_t status, std::string_view text, std::time_t date);

}  // namespace io_real::net::http
