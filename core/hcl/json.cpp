// Ours rather than Boost.JSON's parser, because that one keeps no places of values.
#include "core/hcl/json.hpp"

#include <fmt/core.h>

#include <charconv>

#include "core/hcl/limits.hpp"
#include "core/hcl/parser.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

class JsonReader {
 public:
  JsonReader(Source& source, ParseOptions options, Diagnostics& out)
      : source_(source), text_(source.text()), options_(options), out_(out) {}

  ExpressionPtr document() {
    auto made = value();
    if (!made) return nullptr;
    skip_blanks();
    if (at_.byte < text_.size())
      return fail("Extraneous data after value", "Extra characters appear after the JSON value.");
    return made;
  }

 private:
  char peek() const { return at_.byte < text_.size() ? text_[at_.byte] : '\0'; }
  void step(std::size_t bytes = 1) { at_ = advance_by(text_, at_, bytes); }
  Range range_from(Pos start) const { return {&source_, start, at_}; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') step();
  }
  ExpressionPtr fail(std::string summary, std::string detail) {
    report_error(out_, {&source_, at_, advance(text_, at_)}, std::move(summary), std::move(detail));
    return nullptr;
  }

  ExpressionPtr value() {
    skip_blanks();
    const Pos start = at_;
    switch (peek()) {
      case '{':
        return nested(&JsonReader::object);
      case '[':
        return nested(&JsonReader::array);
      case '"': {
        auto text = string();
        return text ? string_value(std::move(*text), start) : nullptr;
      }
      default:
        break;
    }
    for (const auto& [word, meaning] : {std::pair{"true", Value(true)}, {"false", Value(false)}, {"null", Value()}}) {
      if (!text_.substr(at_.byte).starts_with(word)) continue;
      step(std::string_view(word).size());
      return make_expression(range_from(start), Literal{meaning});
    }
    if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return number();
    return fail("Invalid JSON value", at_.byte >= text_.size() ? "The JSON document ends where a value is expected."
                                                               : "A JSON value must begin here.");
  }

  ExpressionPtr nested(ExpressionPtr (JsonReader::*read)()) {
    if (++depth_ > max_nesting)
      return fail("Too deeply nested", fmt::format("Values may be nested at most {} levels deep.", max_nesting));
    auto made = (this->*read)();
    --depth_;
    return made;
  }

  ExpressionPtr object() {
    const Pos start = at_;
    step();
    ObjectCons made;
    skip_blanks();
    while (peek() != '}') {
      skip_blanks();
      const Pos key_start = at_;
      if (peek() != '"') return fail("Invalid JSON object", "A property name must be given in double quotes.");
      auto key = string();
      if (!key) return nullptr;
      auto name = make_expression(range_from(key_start), Literal{std::move(*key)});
      skip_blanks();
      if (peek() != ':')
        return fail("Missing property value colon", "A colon must appear between a property name and its value.");
      step();
      auto item = value();
      if (!item) return nullptr;
      made.items.push_back({std::move(name), std::move(item)});
      if (!more('}')) return nullptr;
    }
    step();
    return make_expression(range_from(start), std::move(made));
  }

  ExpressionPtr array() {
    const Pos start = at_;
    step();
    TupleCons made;
    skip_blanks();
    while (peek() != ']') {
      auto item = value();
      if (!item) return nullptr;
      made.items.push_back(std::move(item));
      if (!more(']')) return nullptr;
    }
    step();
    return make_expression(range_from(start), std::move(made));
  }

  // After an item: the closing bracket, or a comma with another item behind it.
  bool more(char close) {
    skip_blanks();
    if (peek() == close) return true;
    if (peek() != ',') {
      fail("Missing item separator", fmt::format("Expected a comma or the closing \"{}\" after a value.", close));
      return false;
    }
    step();
    skip_blanks();
    if (peek() != close) return true;
    fail("Trailing comma", "JSON does not permit a trailing comma after the last item.");
    return false;
  }

  ExpressionPtr number() {
    const Pos start = at_;
    while (peek() != '\0' && std::string_view("+-.0123456789eE").find(peek()) != std::string_view::npos) step();
    const auto number = parse_number(range_from(start).text());
    if (number) return make_expression(range_from(start), Literal{*number});
    at_ = start;
    return fail("Invalid JSON number", "This is not a number, or one too large.");
  }

  ExpressionPtr string_value(std::string text, Pos start) {
    const Range range = range_from(start);
    const bool is_template = options_.dialect == Dialect::hcl2 && (text.contains("${") || text.contains("%{"));
    if (!is_template) return make_expression(range, Literal{std::move(text)});
    Source& inner = source_.derive(std::move(text));
    return Parser(inner, options_, out_, {start.line, start.column + 1, 0}).lone_template();
  }

  std::optional<std::string> string() {
    step();
    std::string out;
    while (peek() != '"') {
      const auto c = static_cast<unsigned char>(peek());
      if (c < 0x20) {
        fail("Invalid JSON string", at_.byte >= text_.size()
                                        ? "The string is not closed before the end of the document."
                                        : "Control characters must be written as escapes.");
        return std::nullopt;
      }
      if (c == '\\') {
        if (!escape(out)) return std::nullopt;
        continue;
      }
      const Pos before = at_;
      step();
      out += text_.substr(before.byte, at_.byte - before.byte);
    }
    step();
    return out;
  }

  bool escape(std::string& out) {
    const char selector = at_.byte + 1 < text_.size() ? text_[at_.byte + 1] : '\0';
    static constexpr std::string_view selectors = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const auto found = selectors.find(selector); selector != '\0' && found != std::string_view::npos) {
      step(2);
      out += meanings[found];
      return true;
    }
    auto code = hex_escape();
    if (!code) {
      fail("Invalid JSON string", "This is no escape sequence of JSON.");
      return false;
    }
    step(6);
    if (*code >= 0xd800 && *code < 0xdc00) {
      const auto low = hex_escape();  // the second half of a pair
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        step(6);
        code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
      }
    }
    append_utf8(out, *code);
    return true;
  }

  std::optional<std::uint32_t> hex_escape() const {
    const auto here = text_.substr(at_.byte, 6);
    if (here.size() < 6 || !here.starts_with("\\u")) return std::nullopt;
    std::uint32_t code = 0;
    const auto done = std::from_chars(here.data() + 2, here.data() + 6, code, 16);
    if (done.ptr != here.data() + 6) return std::nullopt;
    return code;
  }

  Source& source_;
  std::string_view text_;
  ParseOptions options_;
  Diagnostics& out_;
  Pos at_;
  int depth_ = 0;
};

}  // namespace

ExpressionPtr read_json(Source& source, ParseOptions options, Diagnostics& out) {
  return JsonReader(source, options, out).document();
}

}  // namespace core::hcl
