#include "io-real/loop/log_line.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace io_real::loop {
namespace world = core::world;

namespace {

std::string_view padded_level(world::LogLevel level) {
  switch (level) {
    case world::LogLevel::trace:
      return "[TRACE]";
    case world::LogLevel::debug:
      return "[DEBUG]";
    case world::LogLevel::info:
      return "[INFO] ";
    case world::LogLevel::warn:
      return "[WARN] ";
    case world::LogLevel::error:
    case world::LogLevel::off:
      break;
  }
  return "[ERROR]";
}

std::string_view level_name(world::LogLevel level) {
  switch (level) {
    case world::LogLevel::trace:
      return "trace";
    case world::LogLevel::debug:
      return "debug";
    case world::LogLevel::info:
      return "info";
    case world::LogLevel::warn:
      return "warn";
    case world::LogLevel::error:
    case world::LogLevel::off:
      break;
  }
  return "error";
}

/// RFC 3339 in local time, with `digits` of the second's fraction (at most 9).
std::string timestamp(core::WallTime at, int digits) {
  constexpr std::int64_t second = 1'000'000'000;
  auto seconds = static_cast<std::time_t>(at.unix_ns / second);
  auto fraction = at.unix_ns % second;
  if (fraction < 0) {
    fraction += second;
    --seconds;
  }
  for (int i = digits; i < 9; ++i) fraction /= 10;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:0{}}", local.tm_year + 1900, local.tm_mon + 1,
                          local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, fraction, digits);
  const auto minutes = local.tm_gmtoff / 60;
  if (minutes == 0) return text + "Z";
  const auto distance = minutes < 0 ? -minutes : minutes;
  const bool colon = digits > 3;  // hclog's text format has none ("Z0700"), its JSON format one ("Z07:00")
  return text + fmt::format("{}{:02}{}{:02}", minutes < 0 ? '-' : '+', distance / 60, colon ? ":" : "", distance % 60);
}

bool is_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte < ' ' || byte == 127;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char letter : value) {
    switch (letter) {
      case '"':
        out += "\\\"";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        if (is_control(letter))
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
        else
          out += letter;
    }
  }
  return out + '"';
}

void append_text_field(std::string& out, const world::LogField& field) {
  const std::string_view value = field.value;
  if (value.find('\n') != std::string_view::npos) {
    out += "\n  " + field.key + "=\n  | ";
    for (const char letter : value) {
      if (letter == '\n')
        out += "\n  | ";
      else if (!is_control(letter) || letter == '\t')
        out += letter;
    }
    out += "\n ";
    return;
  }
  const bool needs_quotes =
      std::ranges::any_of(value, [](char letter) { return letter == ' ' || letter == '"' || is_control(letter); });
  out += ' ' + field.key + '=';
  out += needs_quotes ? quoted(value) : field.value;
}

/// A JSON string, escaped as Go's encoder does it.
std::string json_text(std::string_view value) {
  std::string out = "\"";
  for (const char letter : value) {
    switch (letter) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (is_control(letter) && letter != 127)
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
        else
          out += letter;
    }
  }
  return out + '"';
}

// A message must not forge a line of its own.
std::string one_line(std::string_view message) {
  std::string out;
  for (const char letter : message)
    if (is_control(letter) && letter != '\t')
      out += letter == '\n' ? "\\n" : fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
    else
      out += letter;
  return out;
}

}  // namespace

std::string text_line(core::WallTime at, const world::Logged& logged) {
  auto out = timestamp(at, 3) + ' ';
  out += padded_level(logged.level);
  out += ' ';
  if (!logged.module.empty()) out += logged.module + ": ";
  out += one_line(logged.message);
  if (logged.fields.empty()) return out;
  out += ':';
  for (const auto& field : logged.fields) append_text_field(out, field);
  return out;
}

std::string json_line(core::WallTime at, const world::Logged& logged) {
  std::map<std::string, std::string> keys;
  for (const auto& field : logged.fields) keys[field.key] = field.value;
  keys["@level"] = level_name(logged.level);
  keys["@message"] = logged.message;
  if (!logged.module.empty()) keys["@module"] = logged.module;
  keys["@timestamp"] = timestamp(at, 6);
  std::string out = "{";
  for (const auto& [key, value] : keys) {
    if (out.size() > 1) out += ',';
    out += json_text(key) + ':' + json_text(value);
  }
  return out + '}';
}

}  // namespace io_real::loop
