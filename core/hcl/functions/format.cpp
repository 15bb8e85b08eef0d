// format and formatlist: Go's verbs, as cty has them.
#include <fmt/core.h>

#include <algorithm>

#include "core/hcl/function.hpp"
#include "core/hcl/functions/json.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

using Text = std::expected<std::string, CallError>;

struct Verb {
  bool plus = false, minus = false, space = false, zero = false, sharp = false;
  std::int64_t width = -1;
  std::int64_t precision = -1;
  char letter = '\0';
};

Text padded(std::string text, const Verb& verb, bool number) {
  const auto length = static_cast<std::int64_t>(code_points(text).size());
  const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(0, verb.width - length));
  if (verb.minus) return text.append(missing, ' ');
  if (!verb.zero || !number) return text.insert(0, missing, ' ');
  const bool signed_text = !text.empty() && (text[0] == '-' || text[0] == '+');
  return text.insert(signed_text ? 1 : 0, missing, '0');
}

std::string with_sign(std::string digits, const Verb& verb) {
  if (digits.starts_with('-')) return digits;
  return verb.plus ? "+" + digits : verb.space ? " " + digits : digits;
}

Text whole_number(const Verb& verb, const Value& number) {
  const auto whole = number.as_int();
  if (!whole) return call_error("an integer is required");
  switch (verb.letter) {
    case 'b':
      return padded(with_sign(fmt::format("{:b}", *whole), verb), verb, true);
    case 'o':
      return padded(with_sign(fmt::format("{:o}", *whole), verb), verb, true);
    case 'x':
      return padded(with_sign(fmt::format("{:x}", *whole), verb), verb, true);
    case 'X':
      return padded(with_sign(fmt::format("{:X}", *whole), verb), verb, true);
    default:
      return padded(with_sign(std::to_string(*whole), verb), verb, true);
  }
}

Text real_number(const Verb& verb, const Value& value) {
  const double number = value.as_double();
  const int digits = static_cast<int>(verb.precision < 0 ? 6 : verb.precision);
  std::string text;
  switch (verb.letter) {
    case 'e':
      text = fmt::format("{:.{}e}", number, digits);
      break;
    case 'E':
      text = fmt::format("{:.{}E}", number, digits);
      break;
    case 'f':
      text = fmt::format("{:.{}f}", number, digits);
      break;
    default:
      text = verb.precision < 0 ? fmt::format("{}", number) : fmt::format("{:.{}g}", number, digits);
      break;
  }
  return padded(with_sign(std::move(text), verb), verb, true);
}

Text string_verb(const Verb& verb, std::string text) {
  if (verb.precision >= 0) {
    const auto points = code_points(text);
    std::string cut;
    for (std::size_t i = 0; i < points.size() && i < static_cast<std::uint64_t>(verb.precision); ++i) cut += points[i];
    text = std::move(cut);
  }
  if (verb.letter == 'q') text = to_json(Value(std::move(text)));
  return padded(std::move(text), verb, false);
}

Text any_value(const Verb& verb, const Value& value) {
  if (!verb.sharp && !value.is_null())
    if (const auto text = to_string(value)) return padded(*text, verb, value.is_number());
  return padded(to_json(value), verb, false);
}

Text one_value(const Verb& verb, const Value& value) {
  if (verb.letter == 'v') return any_value(verb, value);
  if (value.is_null())
    return call_error(fmt::format("unsupported value for \"%{}\": null value cannot be formatted", verb.letter));
  const auto refused = [&](std::string_view wanted) {
    return call_error(fmt::format("unsupported value for \"%{}\": {} required", verb.letter, wanted));
  };
  switch (verb.letter) {
    case 't': {
      const auto boolean = to_bool(value);
      return boolean ? padded(*boolean ? "true" : "false", verb, false) : refused("bool");
    }
    case 's':
    case 'q': {
      auto text = to_string(value);
      return text ? string_verb(verb, std::move(*text)) : refused("string");
    }
    case 'b':
    case 'd':
    case 'o':
    case 'x':
    case 'X': {
      const auto number = to_number(value);
      return number ? whole_number(verb, *number) : refused("number");
    }
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G': {
      const auto number = to_number(value);
      return number ? real_number(verb, *number) : refused("number");
    }
    default:
      return call_error(fmt::format("unsupported format verb '{}'", verb.letter));
  }
}

// Reads `%...` one after another, and the arguments with it.
class Formatter {
 public:
  Formatter(std::string_view format, Arguments arguments, Budget& budget)
      : rest_(format), arguments_(arguments), budget_(budget) {}

  Text run() {
    std::string out;
    while (!rest_.empty()) {
      const auto percent = std::min(rest_.size(), rest_.find('%'));
      out += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      if (rest_.starts_with('%')) {
        rest_.remove_prefix(1);
        out += '%';
        continue;
      }
      auto text = verb();
      if (!text) return text;
      if (out.size() + text->size() > max_value_weight || !budget_.spend(text->size())) return too_much();
      out += *text;
    }
    if (!picked_ && next_ < arguments_.size())
      return call_error(fmt::format("too many arguments; only {} used by format string", next_));
    return out;
  }

 private:
  std::int64_t digits() {
    std::int64_t number = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      number = std::min<std::int64_t>(number * 10 + (rest_[0] - '0'), max_format_width + 1);
      rest_.remove_prefix(1);
    }
    return number;
  }

  std::optional<Verb> flags() {
    Verb verb;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      switch (rest_[0]) {
        case '+':
          verb.plus = true;
          continue;
        case '-':
          verb.minus = true;
          continue;
        case ' ':
          verb.space = true;
          continue;
        case '0':
          verb.zero = true;
          continue;
        case '#':
          verb.sharp = true;
          continue;
        default:
          break;
      }
      break;
    }
    if (!rest_.empty() && rest_[0] >= '1' && rest_[0] <= '9') verb.width = digits();
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      verb.precision = digits();
    }
    if (rest_.starts_with('[')) {  // an argument by its number, from 1
      rest_.remove_prefix(1);
      const auto number = digits();
      if (number < 1 || !rest_.starts_with(']')) return std::nullopt;
      rest_.remove_prefix(1);
      next_ = static_cast<std::size_t>(number - 1);
      picked_ = true;
    }
    if (rest_.empty()) return std::nullopt;
    verb.letter = rest_[0];
    rest_.remove_prefix(1);
    return verb;
  }

  Text verb() {
    const auto verb = flags();
    if (!verb) return call_error("unterminated format verb", 0);
    if (verb->width > max_format_width || verb->precision > max_format_width)
      return call_error(fmt::format("a width or precision is more than {}", max_format_width), 0);
    if (next_ >= arguments_.size())
      return call_error(fmt::format("not enough arguments for \"%{}\": need index {} but have {} total", verb->letter,
                                    next_, arguments_.size()));
    const auto argument = next_++;
    auto text = one_value(*verb, arguments_[argument]);
    if (!text && !text.error().argument) text.error().argument = argument + 1;
    return text;
  }

  std::string_view rest_;
  Arguments arguments_;
  Budget& budget_;
  std::size_t next_ = 0;
  bool picked_ = false;
};

CallResult format(Arguments arguments, Budget& budget) {
  auto text = Formatter(arguments[0].as_string(), arguments.subspan(1), budget).run();
  if (!text) return std::unexpected(text.error());
  return Value(std::move(*text));
}

// The lists are walked side by side; everything else is the same for each.
CallResult format_list(Arguments arguments, Budget& budget) {
  std::optional<std::size_t> length;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!arguments[i].is_list()) continue;
    const auto size = arguments[i].as_list().size();
    if (length && *length != size)
      return call_error(fmt::format(
          "argument {} has length {}, which is inconsistent with an earlier argument of length {}", i, size, *length));
    length = size;
  }
  Value::List out;
  std::size_t weight = 0;
  for (std::size_t row = 0; row < length.value_or(1); ++row) {
    Value::List values;
    for (const Value& value : arguments.subspan(1)) values.push_back(value.is_list() ? value.as_list()[row] : value);
    auto text = Formatter(arguments[0].as_string(), values, budget).run();
    if (!text) return std::unexpected(text.error());
    weight += text->size() + 8;
    if (weight > max_value_weight || !budget.spend(arguments[0].weight() + 16 * values.size())) return too_much();
    out.emplace_back(std::move(*text));
  }
  return Value(std::move(out));
}

}  // namespace

void add_format_functions(Functions& out) {
  const Parameter text{"format", ParameterKind::string};
  const Parameter values{"args", ParameterKind::any};
  out["format"] = {{text}, values, format};
  out["formatlist"] = {{text}, values, format_list};
}

}  // namespace core::hcl
