// Functions of strings. Letters change case in ASCII only.
#include <fmt/core.h>

#include <algorithm>

#include "core/hcl/function.hpp"
#include "core/hcl/functions/regex.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

constexpr std::string_view spaces = " \t\r\n\v\f";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

template <char (*change)(char)>
CallResult each_letter(Arguments arguments, Budget&) {
  std::string text = arguments[0].as_string();
  std::ranges::transform(text, text.begin(), change);
  return Value(std::move(text));
}

CallResult title(Arguments arguments, Budget&) {
  std::string text = arguments[0].as_string();
  bool begins = true;
  for (char& c : text) {
    if (begins) c = to_upper(c);
    begins = spaces.find(c) != std::string_view::npos;
  }
  return Value(std::move(text));
}

CallResult chomp(Arguments arguments, Budget&) {
  std::string text = arguments[0].as_string();
  text.erase(text.find_last_not_of("\r\n") + 1);
  return Value(std::move(text));
}

CallResult indent(Arguments arguments, Budget& budget) {
  const auto width = arguments[0].as_int();
  if (!width || *width < 0 || *width > max_format_width) return call_error("a small whole number is required", 0);
  const std::string& text = arguments[1].as_string();
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  const auto added = lines * static_cast<std::uint64_t>(*width);
  if (added > max_value_weight || !budget.spend(added)) return too_much();
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(static_cast<std::size_t>(*width), ' ');
  }
  return Value(std::move(out));
}

CallResult join(Arguments arguments, Budget& budget) {
  const std::string& separator = arguments[0].as_string();
  std::string out;
  bool first = true;
  for (std::size_t i = 1; i < arguments.size(); ++i)
    for (const Value& item : arguments[i].as_list()) {
      const auto text = to_string(item);
      if (!text) return call_error("every element must be a string", i);
      const auto added = text->size() + (first ? 0 : separator.size());
      if (out.size() + added > max_value_weight || !budget.spend(added)) return too_much();
      if (!std::exchange(first, false)) out += separator;
      out += *text;
    }
  return Value(std::move(out));
}

CallResult split(Arguments arguments, Budget& budget) {
  const std::string& separator = arguments[0].as_string();
  const std::string& text = arguments[1].as_string();
  Value::List out;
  if (!budget.spend(text.size() * 32)) return too_much();
  if (separator.empty()) {
    for (const auto point : code_points(text)) out.emplace_back(point);
    return Value(std::move(out));
  }
  std::size_t start = 0;
  while (true) {
    const auto end = text.find(separator, start);
    out.emplace_back(text.substr(start, end - start));
    if (end == std::string::npos) return Value(std::move(out));
    start = end + separator.size();
  }
}

CallResult replace(Arguments arguments, Budget& budget) {
  const std::string& text = arguments[0].as_string();
  const std::string& old = arguments[1].as_string();
  const std::string& with = arguments[2].as_string();
  std::string out;
  if (old.empty()) {  // as Go: before every code point, and at the end
    const auto points = code_points(text);
    const auto added = (points.size() + 1) * static_cast<std::uint64_t>(with.size());
    if (added > max_value_weight || !budget.spend(added)) return too_much();
    for (const auto point : points) out.append(with).append(point);
    return Value(out + with);
  }
  std::size_t start = 0;
  while (true) {
    const auto end = text.find(old, start);
    out.append(text, start, end - start);
    if (end == std::string::npos) return Value(std::move(out));
    if (out.size() + with.size() > max_value_weight || !budget.spend(with.size() + 1)) return too_much();
    out += with;
    start = end + old.size();
  }
}

CallResult replace_pattern(Arguments arguments, Budget& budget) {
  return regex_replace(arguments[0].as_string(), arguments[1].as_string(), arguments[2].as_string(), budget);
}

CallResult length_of(Arguments arguments, Budget&) { return Value(code_points(arguments[0].as_string()).size()); }

CallResult reverse_text(Arguments arguments, Budget&) {
  const auto points = code_points(arguments[0].as_string());
  std::string out;
  for (auto point = points.rbegin(); point != points.rend(); ++point) out += *point;
  return Value(std::move(out));
}

CallResult substring(Arguments arguments, Budget&) {
  const auto points = code_points(arguments[0].as_string());
  auto offset = arguments[1].as_int();
  const auto length = arguments[2].as_int();
  if (!offset) return call_error("a whole number is required", 1);
  if (!length || *length < -1) return call_error("a whole number, -1 or more, is required", 2);
  const auto size = static_cast<std::int64_t>(points.size());
  if (*offset < 0) offset = std::max<std::int64_t>(0, size + std::max(*offset, -size));
  const auto start = std::min(*offset, size);
  const auto end = *length == -1 ? size : start + std::min(*length, size - start);
  std::string out;
  for (auto i = start; i < end; ++i) out += points[static_cast<std::size_t>(i)];
  return Value(std::move(out));
}

std::string trimmed(const std::string& text, const auto& is_cut) {
  const auto points = code_points(text);
  std::size_t start = 0;
  std::size_t end = points.size();
  while (start < end && is_cut(points[start])) ++start;
  while (end > start && is_cut(points[end - 1])) --end;
  std::string out;
  for (auto i = start; i < end; ++i) out += points[i];
  return out;
}

CallResult trim(Arguments arguments, Budget& budget) {
  const std::string& cut = arguments[1].as_string();
  if (cut.size() > 1000 && !budget.spend(cut.size() * arguments[0].as_string().size())) return too_much();
  const auto cut_points = code_points(cut);
  return Value(trimmed(arguments[0].as_string(), [&](std::string_view point) {
    return std::ranges::find(cut_points, point) != cut_points.end();
  }));
}

CallResult trim_space(Arguments arguments, Budget&) {
  return Value(trimmed(arguments[0].as_string(), [](std::string_view point) {
    return spaces.find(point) != std::string_view::npos || point == "\u00a0" || point == "\u0085";
  }));
}

CallResult trim_prefix(Arguments arguments, Budget&) {
  std::string text = arguments[0].as_string();
  if (text.starts_with(arguments[1].as_string())) text.erase(0, arguments[1].as_string().size());
  return Value(std::move(text));
}

CallResult trim_suffix(Arguments arguments, Budget&) {
  std::string text = arguments[0].as_string();
  if (text.ends_with(arguments[1].as_string())) text.resize(text.size() - arguments[1].as_string().size());
  return Value(std::move(text));
}

// Paths as Go's path/filepath takes them apart, without looking at any file.
CallResult base_name(Arguments arguments, Budget&) {
  std::string path = arguments[0].as_string();
  if (path.empty()) return Value(".");
  path.erase(path.find_last_not_of('/') + 1);
  if (path.empty()) return Value("/");
  return Value(path.substr(path.rfind('/') + 1));
}

CallResult dir_name(Arguments arguments, Budget&) {
  const std::string& path = arguments[0].as_string();
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return Value(".");
  const bool rooted = path.starts_with('/');
  // filepath.Clean: no empty or "." parts, ".." takes its parent away.
  std::vector<std::string_view> parts;
  std::string_view rest = std::string_view(path).substr(0, slash);
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!rooted)
      parts.push_back(part);
  }
  std::string out = rooted ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i == 0 ? "" : "/").append(parts[i]);
  return Value(out.empty() ? "." : std::move(out));
}

}  // namespace

void add_string_functions(Functions& out) {
  const Parameter text{"str", ParameterKind::string};
  out["basename"] = {{{"path", ParameterKind::string}}, {}, base_name};
  out["chomp"] = {{text}, {}, chomp};
  out["dirname"] = {{{"path", ParameterKind::string}}, {}, dir_name};
  out["indent"] = {{{"spaces", ParameterKind::number}, text}, {}, indent};
  out["join"] = {{{"separator", ParameterKind::string}}, Parameter{"lists", ParameterKind::list}, join};
  out["lower"] = {{text}, {}, each_letter<to_lower>};
  out["regex_replace"] = {
      {text, {"pattern", ParameterKind::string}, {"replace", ParameterKind::string}}, {}, replace_pattern};
  out["replace"] = {{text, {"substr", ParameterKind::string}, {"replace", ParameterKind::string}}, {}, replace};
  out["split"] = {{{"separator", ParameterKind::string}, text}, {}, split};
  out["strlen"] = {{text}, {}, length_of};
  out["strrev"] = {{text}, {}, reverse_text};
  out["substr"] = {{text, {"offset", ParameterKind::number}, {"length", ParameterKind::number}}, {}, substring};
  out["title"] = {{text}, {}, title};
  out["trim"] = {{text, {"cutset", ParameterKind::string}}, {}, trim};
  out["trimprefix"] = {{text, {"prefix", ParameterKind::string}}, {}, trim_prefix};
  out["trimspace"] = {{text}, {}, trim_space};
  out["trimsuffix"] = {{text, {"suffix", ParameterKind::string}}, {}, trim_suffix};
  out["upper"] = {{text}, {}, each_letter<to_upper>};
}

}  // namespace core::hcl
