#include "simulator/faults/operation.hpp"

#include <charconv>

#include <fmt/format.h>

namespace simulator {
namespace {

bool parse_number(std::string_view text, std::uint32_t& into) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && error == std::errc{} && stopped == text.data() + text.size();
}

}  // namespace

std::string text_of(const Operation& operation) { return fmt::format("{}.{}", operation.entry, operation.occurrence); }

std::optional<Operation> parse_operation(std::string_view text) {
  const auto dot = text.find('.');
  Operation out;
  if (dot == std::string_view::npos || !parse_number(text.substr(0, dot), out.entry) ||
      !parse_number(text.substr(dot + 1), out.occurrence))
    return std::nullopt;
  return out;
}

}  // namespace simulator
