#include "core/api/query.hpp"

#include <algorithm>
#include <charconv>

namespace core::api {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// '+' is a space in parameters and itself in paths.
std::optional<std::string> unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<bool> boolean_of(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace

std::optional<Query> Query::parse(std::string_view target) {
  if (target.size() > max_target_bytes) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  auto path = unescape(target.substr(0, mark), false);
  if (!path) return std::nullopt;
  Query out;
  out.path_ = std::move(*path);
  std::string_view rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (one.empty()) continue;
    const auto equals = one.find('=');
    auto name = unescape(one.substr(0, equals), true);
    std::optional<std::string> value{""};
    if (equals != std::string_view::npos) value = unescape(one.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    out.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

bool Query::has(std::string_view name) const {
  return std::any_of(parameters_.begin(), parameters_.end(), [&](const auto& one) { return one.first == name; });
}

std::string Query::get(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return {};
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : parameters_)
    if (key == name) out.push_back(value);
  return out;
}

bool Query::flag(std::string_view name) const {
  if (!has(name)) return false;
  const std::string value = get(name);
  return value.empty() || boolean_of(value).value_or(false);
}

std::expected<bool, std::string> Query::boolean(std::string_view name, bool otherwise) const {
  const std::string value = get(name);
  if (value.empty()) return otherwise;
  if (const auto parsed = boolean_of(value)) return *parsed;
  return std::unexpected(value);
}

std::expected<std::uint64_t, std::string> Query::number(std::string_view name, std::uint64_t otherwise) const {
  const std::string value = get(name);
  if (value.empty()) return otherwise;
  std::uint64_t out = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, out);
  if (error != std::errc{} || stopped != end) return std::unexpected(value);
  return out;
}

std::string Query::namespace_or_default() const {
  std::string value = get("namespace");
  return value.empty() ? "default" : value;
}

}  // namespace core::api
