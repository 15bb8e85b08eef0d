#include "core/hcl/lexer.hpp"

#include <array>
#include <utility>

namespace core::hcl {
namespace {

bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

struct Symbol {
  std::string_view text;
  TokenKind kind;
};

// Longer symbols before those they begin with.
constexpr std::array symbols{
    Symbol{"...", TokenKind::ellipsis},   Symbol{"=>", TokenKind::fat_arrow},   Symbol{"==", TokenKind::equal},
    Symbol{"!=", TokenKind::not_equal},   Symbol{"<=", TokenKind::less_equal},  Symbol{">=", TokenKind::greater_equal},
    Symbol{"&&", TokenKind::logical_and}, Symbol{"||", TokenKind::logical_or},  Symbol{"{", TokenKind::left_brace},
    Symbol{"}", TokenKind::right_brace},  Symbol{"[", TokenKind::left_bracket}, Symbol{"]", TokenKind::right_bracket},
    Symbol{"(", TokenKind::left_paren},   Symbol{")", TokenKind::right_paren},  Symbol{"=", TokenKind::assign},
    Symbol{",", TokenKind::comma},        Symbol{".", TokenKind::dot},          Symbol{":", TokenKind::colon},
    Symbol{"?", TokenKind::question},     Symbol{"~", TokenKind::tilde},        Symbol{"+", TokenKind::plus},
    Symbol{"-", TokenKind::minus},        Symbol{"*", TokenKind::star},         Symbol{"/", TokenKind::slash},
    Symbol{"%", TokenKind::percent},      Symbol{"<", TokenKind::less},         Symbol{">", TokenKind::greater},
    Symbol{"!", TokenKind::bang},         Symbol{"\"", TokenKind::quote}};

class Reader {
 public:
  Reader(const Source& source, Pos at) : source_(source), text_(source.text()), at_(at) {}

  Token next() {
    skip_blanks();
    start_ = at_;
    if (at_.byte >= text_.size()) return made(TokenKind::end_of_file);
    const auto c = static_cast<unsigned char>(text_[at_.byte]);
    if (c == '\n') return take(1, TokenKind::newline);
    if (is_digit(c)) return number();
    if (starts_identifier(c)) return identifier();
    if (rest().starts_with("<<"))
      if (const auto length = heredoc_length()) return take(length, TokenKind::heredoc);
    for (const Symbol& symbol : symbols)
      if (rest().starts_with(symbol.text)) return take(symbol.text.size(), symbol.kind);
    at_ = advance(text_, at_);
    return made(TokenKind::invalid);
  }

 private:
  std::string_view rest() const { return text_.substr(at_.byte); }
  unsigned char peek(std::size_t ahead) const {
    return at_.byte + ahead < text_.size() ? static_cast<unsigned char>(text_[at_.byte + ahead]) : 0;
  }
  Token made(TokenKind kind) const { return {kind, {&source_, start_, at_}}; }
  Token take(std::size_t bytes, TokenKind kind) {
    at_ = advance_by(text_, at_, bytes);
    return made(kind);
  }

  void skip_blanks() {
    while (at_.byte < text_.size()) {
      const auto c = peek(0);
      if (c == ' ' || c == '\t' || c == '\r') {
        at_ = advance(text_, at_);
      } else if (c == '#' || (c == '/' && peek(1) == '/')) {
        const auto end = rest().find('\n');
        at_ = advance_by(text_, at_, end == std::string_view::npos ? rest().size() : end);
      } else if (c == '/' && peek(1) == '*') {
        const auto end = rest().find("*/", 2);
        if (end == std::string_view::npos) return;  // the slash then is an error of its own
        at_ = advance_by(text_, at_, end + 2);
      } else {
        return;
      }
    }
  }

  Token identifier() {
    std::size_t length = 1;
    while (continues_identifier(peek(length))) ++length;
    return take(length, TokenKind::identifier);
  }

  Token number() {
    std::size_t length = 1;
    while (is_digit(peek(length))) ++length;
    if (peek(length) == '.' && is_digit(peek(length + 1))) {
      ++length;
      while (is_digit(peek(length))) ++length;
    }
    if (peek(length) == 'e' || peek(length) == 'E') {
      const std::size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 1 : 0;
      if (is_digit(peek(length + 1 + sign))) {
        length += 1 + sign;
        while (is_digit(peek(length))) ++length;
      }
    }
    return take(length, TokenKind::number);
  }

  std::size_t heredoc_length() const {
    std::size_t length = peek(2) == '-' ? 3 : 2;
    if (!starts_identifier(peek(length))) return 0;
    while (continues_identifier(peek(length))) ++length;
    std::size_t end = length;
    while (peek(end) == ' ' || peek(end) == '\t' || peek(end) == '\r') ++end;
    return peek(end) == '\n' ? length : 0;
  }

  const Source& source_;
  std::string_view text_;
  Pos at_;
  Pos start_;
};

}  // namespace

std::size_t code_point_bytes(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

Pos advance(std::string_view text, Pos at) {
  if (at.byte >= text.size()) return at;
  const auto c = static_cast<unsigned char>(text[at.byte]);
  if (c == '\n') return {at.line + 1, 1, at.byte + 1};
  return {at.line, at.column + 1, std::min(text.size(), at.byte + code_point_bytes(c))};
}

Pos advance_by(std::string_view text, Pos at, std::size_t bytes) {
  const std::size_t end = std::min(text.size(), at.byte + bytes);
  while (at.byte < end) at = advance(text, at);
  return at;
}

bool starts_identifier(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

bool continues_identifier(unsigned char c) { return starts_identifier(c) || is_digit(c) || c == '-'; }

Token read_token(const Source& source, Pos at) { return Reader(source, at).next(); }

}  // namespace core::hcl
