#include "core/hcl/functions/regex.hpp"

#include <re2/re2.h>

#include <charconv>

namespace core::hcl {
namespace {

constexpr std::size_t max_pattern_bytes = 4096;
constexpr std::int64_t max_pattern_memory = 1 << 20;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// A submatch by number or name; no such one is empty, as in Go.
std::string submatch(const re2::RE2& pattern, const std::vector<re2::StringPiece>& groups, std::string_view name) {
  std::size_t number = groups.size();
  const auto done = std::from_chars(name.data(), name.data() + name.size(), number);
  if (done.ec != std::errc{} || done.ptr != name.data() + name.size()) {
    const auto& names = pattern.NamedCapturingGroups();
    const auto found = names.find(std::string(name));
    number = found == names.end() ? groups.size() : static_cast<std::size_t>(found->second);
  }
  return number < groups.size() ? groups[number].as_string() : std::string();
}

std::string expand(const re2::RE2& pattern, const std::vector<re2::StringPiece>& groups, std::string_view with) {
  std::string out;
  while (!with.empty()) {
    const auto dollar = with.find('$');
    out += with.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    with.remove_prefix(dollar + 1);
    if (with.starts_with('$')) {
      out += '$';
      with.remove_prefix(1);
      continue;
    }
    const bool braced = with.starts_with('{');
    std::size_t end = braced ? 1 : 0;
    while (end < with.size() && is_word(with[end])) ++end;
    const auto name = with.substr(braced ? 1 : 0, end - (braced ? 1 : 0));
    if (name.empty() || (braced && (end == with.size() || with[end] != '}'))) {
      out += '$';
      continue;
    }
    out += submatch(pattern, groups, name);
    with.remove_prefix(end + (braced ? 1 : 0));
  }
  return out;
}

}  // namespace

CallResult regex_replace(const std::string& text, const std::string& pattern, const std::string& with, Budget& budget) {
  if (pattern.size() > max_pattern_bytes) return call_error("the pattern is too long", 1);
  // Compiling costs memory and time up to the bound whatever the length; matching is linear in the text.
  if (!budget.spend(pattern.size() * 256 + text.size() * 8 + 4096)) return too_much();
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(max_pattern_memory);
  const re2::RE2 compiled(pattern, options);
  if (!compiled.ok()) return call_error("invalid regular expression: " + compiled.error(), 1);
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(compiled.NumberOfCapturingGroups()) + 1);
  std::string out;
  std::size_t at = 0;
  std::size_t copied = 0;
  while (at <= text.size() &&
         compiled.Match(text, at, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    const auto size = groups[0].size();
    const auto replacement = expand(compiled, groups, with);
    out.append(text, copied, start - copied).append(replacement);
    if (out.size() > max_value_weight || !budget.spend(replacement.size() + with.size() + 64)) return too_much();
    copied = start + size;
    at = size > 0 ? copied : copied + 1;
    if (size == 0) {  // an empty match is followed by one code point as it stands
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
      out.append(text, copied, at - copied);
      copied = std::min(at, text.size());
    }
  }
  return Value(out + text.substr(copied));
}

}  // namespace core::hcl
