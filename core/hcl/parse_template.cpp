// Templates: quoted strings, heredocs, `${}` and `%{}`.
//
// A template is read into a flat list of parts first, heredocs line by line, because trimming (`~`) and the indent of
// `<<-` look at neighbouring texts; then the list becomes a tree.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "core/hcl/parser.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {

struct Parser::Part {
  enum class Kind { text, interpolation, if_, else_, endif, for_, endfor };
  Kind kind;
  Range range;
  std::string text;          // of a text
  ExpressionPtr expression;  // of an interpolation, the condition of an `if`
  // The names and collection of a `for`. Apart, because a long heredoc has a part for each line.
  std::unique_ptr<For> loop;
};

struct Parser::TemplateParts {
  enum class Form { quoted, heredoc, whole };
  Form form;
  std::string_view marker;  // of a heredoc
  Pos opened;
  std::vector<Part> list;
  bool trim_next = false;

  void add_text(std::string text, const Range& range) {
    if (std::exchange(trim_next, false)) text.erase(0, std::min(text.size(), text.find_first_not_of(" \t\r\n")));
    list.push_back({Part::Kind::text, range, std::move(text), nullptr, {}});
  }
  void trim_last() {
    if (list.empty() || list.back().kind != Part::Kind::text) return;
    std::string& text = list.back().text;
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
  }
};

namespace {

// How many spaces begin the text; nothing for a blank line, which has no say in the indent.
std::optional<std::size_t> indent_of(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos && text.ends_with('\n')) return std::nullopt;
  return std::min(first, text.size());
}

}  // namespace

ExpressionPtr Parser::lone_template() {
  TemplateParts parts{TemplateParts::Form::whole, {}, pos_, {}};
  if (!read_parts(parts)) return nullptr;
  return assemble(parts, range_from(parts.opened));
}

ExpressionPtr Parser::quoted() {
  const Nested nested(*this);
  if (!nested) return nullptr;
  const Token open = next();
  TemplateParts parts{TemplateParts::Form::quoted, {}, open.range.start, {}};
  if (!read_parts(parts)) return nullptr;
  return assemble(parts, range_from(open.range.start));
}

ExpressionPtr Parser::heredoc() {
  const Nested nested(*this);
  if (!nested) return nullptr;
  const Token open = next();
  const bool flush = open.text().starts_with("<<-");
  TemplateParts parts{TemplateParts::Form::heredoc, open.text().substr(flush ? 3 : 2), open.range.start, {}};
  pos_ = advance_by(source_.text(), pos_, rest().find('\n') + 1);
  if (!read_parts(parts)) return nullptr;
  if (!flush) return assemble(parts, range_from(open.range.start));
  // The least indent of any line is taken off all of them (HCL, "flush" heredocs).
  std::vector<std::string*> lines;
  std::optional<std::size_t> least;
  bool line_starts = true;
  for (Part& part : parts.list) {
    const bool is_text = part.kind == Part::Kind::text;
    if (std::exchange(line_starts, false)) {
      const auto indent = is_text ? indent_of(part.text) : std::optional<std::size_t>(0);
      if (indent) least = std::min(least.value_or(*indent), *indent);
      if (is_text && indent) lines.push_back(&part.text);
    }
    line_starts = is_text && part.text.ends_with('\n');
  }
  for (std::string* line : lines) line->erase(0, least.value_or(0));
  return assemble(parts, range_from(open.range.start));
}

// Bytes up to and with the closing marker, when the heredoc's line at the reading place is that; else 0.
std::size_t Parser::heredoc_end(const TemplateParts& parts) const {
  const auto line = rest().substr(0, rest().find('\n'));
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line.substr(first, parts.marker.size()) != parts.marker) return 0;
  const auto end = first + parts.marker.size();
  return line.find_first_not_of(" \t\r", end) == std::string_view::npos ? end : 0;
}

// Reads parts up to the template's end, which it takes too.
bool Parser::read_parts(TemplateParts& parts) {
  bool line_starts = true;
  while (true) {
    if (parts.form == TemplateParts::Form::heredoc && line_starts) {
      if (const auto end = heredoc_end(parts)) {
        pos_ = advance_by(source_.text(), pos_, end);
        return true;
      }
    }
    const std::string_view left = rest();
    if (left.empty()) {
      if (parts.form == TemplateParts::Form::whole) return true;
      report(range_from(parts.opened), "Unterminated template string", "No closing marker was found for the string.");
      return false;
    }
    if (parts.form == TemplateParts::Form::quoted && left[0] == '"') {
      pos_ = advance(source_.text(), pos_);
      return true;
    }
    if (options_.dialect == Dialect::hcl2 && left.starts_with("${")) {
      if (!read_interpolation(parts)) return false;
    } else if (options_.dialect == Dialect::hcl2 && left.starts_with("%{")) {
      if (!read_directive(parts)) return false;
    } else if (!read_text(parts)) {
      return false;
    }
    line_starts = source_.text()[pos_.byte - 1] == '\n';
  }
}

// Plain text up to the next thing that is not; in a heredoc up to the line's end at most.
bool Parser::read_text(TemplateParts& parts) {
  const Pos start = pos_;
  const bool markers = options_.dialect == Dialect::hcl2;
  std::string text;
  while (!rest().empty()) {
    const std::string_view left = rest();
    if (markers && (left.starts_with("${") || left.starts_with("%{"))) break;
    if (parts.form == TemplateParts::Form::quoted) {
      if (left[0] == '"') break;
      if (left[0] == '\n') {
        report(
            range_from(parts.opened), "Invalid multi-line string",
            "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n "
            "escape to represent a newline character or use the \"heredoc\" multi-line template syntax.");
        return false;
      }
      if (left[0] == '\\') {
        if (!read_escape(text)) return false;
        continue;
      }
    }
    const bool escaped = markers && (left.starts_with("$${") || left.starts_with("%%{"));
    const Pos before = pos_;
    pos_ = escaped ? advance_by(source_.text(), pos_, 3) : advance(source_.text(), pos_);
    text += source_.text().substr(before.byte + (escaped ? 1 : 0), pos_.byte - before.byte - (escaped ? 1 : 0));
    if (parts.form == TemplateParts::Form::heredoc && text.back() == '\n') break;
  }
  parts.add_text(std::move(text), range_from(start));
  return true;
}

bool Parser::read_escape(std::string& out) {
  const Pos start = pos_;
  const char selector = rest().size() > 1 ? rest()[1] : '\0';
  static constexpr std::string_view selectors = "nrt\"\\";
  static constexpr std::string_view meanings = "\n\r\t\"\\";
  if (const auto at = selectors.find(selector); at != std::string_view::npos) {
    pos_ = advance_by(source_.text(), pos_, 2);
    out += meanings[at];
    return true;
  }
  const std::size_t digits = selector == 'u' ? 4 : selector == 'U' ? 8 : 0;
  const auto hex = rest().substr(std::min<std::size_t>(2, rest().size()), digits);
  std::uint32_t code = 0;
  const auto done = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
  pos_ = advance_by(source_.text(), pos_, selector == '\n' ? 1 : 2);
  if (digits != 0 && hex.size() == digits && done.ptr == hex.data() + hex.size()) {
    pos_ = advance_by(source_.text(), pos_, digits);
    append_utf8(out, code);
    return true;
  }
  if (digits != 0)
    report(range_from(start), "Invalid escape sequence",
           fmt::format("The \\{} escape sequence must be followed by {} hexadecimal digits.", selector, digits));
  else
    report(
        range_from(start), "Invalid escape sequence",
        fmt::format("The symbol \"{}\" is not a valid escape sequence selector.", range_from(start).text().substr(1)));
  return false;
}

// A quoted string that may hold no template, after its opening quote: labels and names.
std::optional<std::string> Parser::plain_string() {
  TemplateParts parts{TemplateParts::Form::quoted, {}, pos_, {}};
  std::string text;
  while (!rest().starts_with('"')) {
    if (rest().empty() || rest()[0] == '\n') {
      report(range_from(parts.opened), "Invalid multi-line string", "A quoted name must end on the line it begins on.");
      return std::nullopt;
    }
    const auto before = parts.list.size();
    if (!read_text(parts)) return std::nullopt;
    text += parts.list.back().text;
    if (before == parts.list.size() || rest().starts_with("${") || rest().starts_with("%{")) {
      if (options_.dialect == Dialect::hcl1) continue;
      report(range_from(parts.opened), "Invalid string literal",
             "Template sequences are not allowed in this string. To include a literal \"$\", double it (as \"$$\") to "
             "escape it.");
      return std::nullopt;
    }
  }
  pos_ = advance(source_.text(), pos_);
  return text;
}

// The `}` or `~}` that ends a marker.
bool Parser::close_marker(TemplateParts& parts) {
  const Newlines newlines(*this, false);
  parts.trim_next = accept(TokenKind::tilde);
  if (accept(TokenKind::right_brace)) return true;
  report(peek().range, "Extra characters after interpolation expression",
         "Template interpolation doesn't expect a new expression at this point. Expected a closing brace to end the "
         "interpolation expression.");
  return false;
}

bool Parser::read_interpolation(TemplateParts& parts) {
  const Pos start = pos_;
  const bool trim = rest().starts_with("${~");
  parts.trim_next = false;
  if (trim) parts.trim_last();
  pos_ = advance_by(source_.text(), pos_, trim ? 3 : 2);
  const Newlines newlines(*this, false);
  auto inner = expression();
  if (!inner || !close_marker(parts)) return false;
  parts.list.push_back({Part::Kind::interpolation, range_from(start), {}, std::move(inner), {}});
  return true;
}

bool Parser::read_directive(TemplateParts& parts) {
  const Pos start = pos_;
  const bool trim = rest().starts_with("%{~");
  parts.trim_next = false;
  if (trim) parts.trim_last();
  pos_ = advance_by(source_.text(), pos_, trim ? 3 : 2);
  const Newlines newlines(*this, false);
  const Token keyword = peek();
  Part part{Part::Kind::endif, {}, {}, nullptr, {}};
  const auto word = keyword.text();
  if (word == "for") {
    part.kind = Part::Kind::for_;
    if (!peek_for()) {
      report(keyword.range, "Invalid 'for' directive", "For directive requires variable name after 'for'.");
      return false;
    }
    part.loop = std::make_unique<For>();
    if (!for_head(*part.loop)) return false;
  } else if (word == "if") {
    next();
    part.kind = Part::Kind::if_;
    part.expression = expression();
    if (!part.expression) return false;
  } else if (word == "else" || word == "endif" || word == "endfor") {
    next();
    part.kind = word == "else" ? Part::Kind::else_ : word == "endif" ? Part::Kind::endif : Part::Kind::endfor;
  } else {
    report(keyword.range, "Invalid template directive",
           "A template directive keyword (\"if\", \"for\", etc) is expected at the beginning of a %{ sequence.");
    return false;
  }
  if (!close_marker(parts)) return false;
  part.range = range_from(start);
  parts.list.push_back(std::move(part));
  return true;
}

ExpressionPtr Parser::assemble(TemplateParts& parts, const Range& range) {
  if (parts.list.size() == 1 && parts.list[0].kind == Part::Kind::interpolation)
    return make(range, TemplateWrap{parts.list[0].expression});
  std::size_t at = 0;
  auto made = sequence(parts, range, at);
  if (!made || at == parts.list.size()) return made;
  return fail(parts.list[at].range, "Unexpected template directive",
              fmt::format("The directive {} does not match any opened before it.", parts.list[at].range.text()));
}

// Parts up to an else, endif or endfor, or the end.
ExpressionPtr Parser::sequence(TemplateParts& parts, const Range& range, std::size_t& at) {
  const Nested nested(*this);
  if (!nested) return nullptr;
  Template made;
  std::string text;
  Range text_range = range;
  const auto flush = [&] {
    if (!text.empty()) made.parts.push_back(make(text_range, Literal{std::exchange(text, {})}));
  };
  for (; at < parts.list.size(); ++at) {
    Part& part = parts.list[at];
    if (part.kind == Part::Kind::text) {
      if (text.empty()) text_range = part.range;
      text_range.end = part.range.end;
      text += part.text;
      continue;
    }
    const bool loop = part.kind == Part::Kind::for_;
    if (!loop && part.kind != Part::Kind::interpolation && part.kind != Part::Kind::if_) break;
    flush();
    auto inner = loop                           ? template_for(parts, at)
                 : part.kind == Part::Kind::if_ ? template_if(parts, at)
                                                : part.expression;
    if (!inner) return nullptr;
    made.parts.push_back(std::move(inner));
  }
  if (made.parts.empty()) return make(range, Literal{std::move(text)});
  flush();
  return make(range, std::move(made));
}

ExpressionPtr Parser::template_if(TemplateParts& parts, std::size_t& at) {
  const Part& opening = parts.list[at++];
  auto if_true = sequence(parts, opening.range, at);
  if (!if_true) return nullptr;
  auto if_false = make(opening.range, Literal{""});
  if (at < parts.list.size() && parts.list[at].kind == Part::Kind::else_) {
    const Range range = parts.list[at++].range;
    if_false = sequence(parts, range, at);
    if (!if_false) return nullptr;
  }
  if (at >= parts.list.size() || parts.list[at].kind != Part::Kind::endif)
    return fail(opening.range, "Unterminated template 'if' directive", "The 'if' directive has no matching 'endif'.");
  return make(opening.range, Conditional{opening.expression, std::move(if_true), std::move(if_false)});
}

ExpressionPtr Parser::template_for(TemplateParts& parts, std::size_t& at) {
  Part& opening = parts.list[at++];
  For loop = std::move(*opening.loop);
  loop.value = sequence(parts, opening.range, at);
  if (!loop.value) return nullptr;
  if (at >= parts.list.size() || parts.list[at].kind != Part::Kind::endfor)
    return fail(opening.range, "Unterminated template 'for' directive",
                "The 'for' directive has no matching 'endfor'.");
  auto items = make(opening.range, std::move(loop));
  return items ? make(opening.range, TemplateJoin{std::move(items)}) : nullptr;
}

}  // namespace core::hcl
