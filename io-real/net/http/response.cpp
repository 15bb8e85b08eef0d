#include "io-real/net/http/response.hpp"

#include <array>
#include <cctype>

#include <fmt/format.h>

namespace io_real::net::http {
namespace {

std::string_view reason_of(std::uint16_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

bool is_ours(std::string_view name) {
  return name == "Content-Length" || name == "Transfer-Encoding" || name == "Connection" || name == "Date";
}

// A line break in a value would start a header of its own: Go writes a space there.
std::string one_line(std::string_view value) {
  std::string out(value);
  for (auto& letter : out)
    if (letter == '\r' || letter == '\n' || letter == '\0') letter = ' ';
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string canonical_name(std::string_view name) {
  std::string out;
  bool starts_word = true;
  for (const char letter : name) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte <= ' ' || byte >= 127 || letter == ':') continue;  // no header name holds these
    out += static_cast<char>(starts_word ? std::toupper(byte) : std::tolower(byte));
    starts_word = letter == '-';
  }
  return out;
}

std::string http_date(std::time_t at) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(utc.tm_wday)],
                     utc.tm_mday, months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::string to_bytes(const ResponseHead& head) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", head.status, reason_of(head.status));
  for (const auto& [name, value] : head.headers) {
    const auto spelled = canonical_name(name);
    if (!spelled.empty() && !is_ours(spelled)) out += spelled + ": " + one_line(value) + "\r\n";
  }
  out += "Date: " + http_date(head.date) + "\r\n";
  if (head.chunked) out += "Transfer-Encoding: chunked\r\n";
  if (head.content_length) out += fmt::format("Content-Length: {}\r\n", *head.content_length);
  if (!head.keep_alive) out += "Connection: close\r\n";
  return out + "\r\n";
}

std::string chunk(std::string_view bytes) {
  if (bytes.empty()) return {};
  return fmt::format("{:x}\r\n", bytes.size()).append(bytes).append("\r\n");
}

bool has_body(std::uint16_t status) { return status >= 200 && status != 204 && status != 304; }

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    const auto item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size() : comma + 1);
    const auto semicolon = item.find(';');
    if (trimmed(item.substr(0, semicolon)) != "gzip") continue;
    const auto weight = semicolon == std::string_view::npos ? std::string_view{} : trimmed(item.substr(semicolon + 1));
    return !(weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos);
  }
  return false;
}

std::string refusal(std::uint16_t status, std::string_view text, std::time_t date) {
  const auto body = text.empty() ? fmt::format("{} {}", status, reason_of(status)) : std::string(text);
  return to_bytes({.status = status,
                   .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                   .content_length = body.size(),
                   .keep_alive = false,
                   .date = date}) +
         body;
}

}  // namespace io_real::net::http
