// gzip (RFC 1952) of whole bodies.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace io_real::net::http {

/// Compresses, fast rather than small: it runs on the agent's thread.
std::string gzip(std::string_view bytes);

/// The reverse. `max_bytes` bounds the result; the error says what is wrong.
std::expected<std::string, std::string> gunzip(std::string_view bytes, std::size_t max_bytes);

}  // namespace io_real::net::http
