// Tables and key-value blocks, spaced as Nomad spaces them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::cli {

using Row = std::vector<std::string>;

enum class Blank { none_text, kept };  // what an empty cell shows: "<none>" or nothing

/// Left-aligned columns, two spaces apart; the last column is not padded. No newline at the end.
std::string format_table(const std::vector<Row>& rows, Blank blank = Blank::none_text);

/// `Key   = value` lines with the `=` aligned.
std::string format_pairs(const std::vector<Row>& rows);

/// What a terminal is told beside the words.
struct Paint {
  bool on = false;
  std::string bold(std::string_view words) const;
  std::string red(std::string_view words) const;
  std::string green(std::string_view words) const;
  std::string yellow(std::string_view words) const;
};

/// Go's %q: quotes, and escapes for what does not print.
std::string quoted(std::string_view words);

/// The first `length` bytes of an id.
std::string limit(std::string_view id, std::size_t length);
inline constexpr std::size_t short_id_length = 8;
inline constexpr std::size_t full_id_length = 36;

std::string join(const std::vector<std::string>& parts, std::string_view between);
std::string trimmed(std::string_view words);
std::vector<std::string> lines_of(std::string_view words);

}  // namespace agent::cli
