#include "agent/cli/columns.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace agent::cli {
namespace {

std::size_t width(std::string_view words) {
  // Code points, as Go's column printer counts; a continuation byte starts none.
  return static_cast<std::size_t>(
      std::ranges::count_if(words, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string columns(std::vector<Row> rows, std::string_view glue, Blank blank) {
  std::vector<std::size_t> widths;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = trimmed(row[i]);
      if (row[i].empty() && blank == Blank::none_text) row[i] = "<none>";
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    if (!out.empty()) out += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 == row.size()) break;
      out.append(widths[i] - width(row[i]), ' ');
      out += glue;
    }
  }
  return out;
}

std::string painted(bool on, std::string_view code, std::string_view words) {
  return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, words) : std::string(words);
}

}  // namespace

std::string format_table(const std::vector<Row>& rows, Blank blank) { return columns(rows, "  ", blank); }
std::string format_pairs(const std::vector<Row>& rows) { return columns(rows, " = ", Blank::none_text); }

std::string Paint::bold(std::string_view words) const { return painted(on, "1", words); }
std::string Paint::red(std::string_view words) const { return painted(on, "31", words); }
std::string Paint::green(std::string_view words) const { return painted(on, "32", words); }
std::string Paint::yellow(std::string_view words) const { return painted(on, "33", words); }

std::string quoted(std::string_view words) {
  std::string out = "\"";
  for (const char c : words) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string limit(std::string_view id, std::size_t length) { return std::string(id.substr(0, length)); }

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::string trimmed(std::string_view words) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto first = words.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return std::string(words.substr(first, words.find_last_not_of(space) - first + 1));
}

std::vector<std::string> lines_of(std::string_view words) {
  std::vector<std::string> out;
  while (true) {
    const auto end = words.find('\n');
    out.emplace_back(words.substr(0, end));
    if (end == std::string_view::npos) return out;
    words.remove_prefix(end + 1);
  }
}

}  // namespace agent::cli
