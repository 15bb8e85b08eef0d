// Tokens of native HCL, one at a time: the parser says where to read, because inside a template other rules hold.
#pragma once

#include <string_view>

#include "core/hcl/source.hpp"

namespace core::hcl {

enum class TokenKind {
  end_of_file,
  newline,
  identifier,
  number,
  quote,
  heredoc,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  left_paren,
  right_paren,
  assign,
  fat_arrow,
  comma,
  dot,
  ellipsis,
  colon,
  question,
  tilde,
  plus,
  minus,
  star,
  slash,
  percent,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  bang,
  invalid
};

struct Token {
  TokenKind kind = TokenKind::end_of_file;
  Range range;

  std::string_view text() const { return range.text(); }
};

/// Bytes of the UTF-8 code point that starts with `lead`; 1 for what starts none.
std::size_t code_point_bytes(unsigned char lead);

/// The place after the next code point of `text`.
Pos advance(std::string_view text, Pos at);
/// The place after `bytes` bytes, which end on a code point.
Pos advance_by(std::string_view text, Pos at, std::size_t bytes);

bool starts_identifier(unsigned char c);
/// Whether `c` goes on with an identifier: letters, digits, `_`, `-`, anything outside ASCII.
bool continues_identifier(unsigned char c);

/// The token at `at`, after blanks and comments. A `#` or `//` comment leaves its line end to be a newline token.
/// A `quote` token is the opening quote alone; a `heredoc` token is `<<NAME` or `<<-NAME` without the line end.
Token read_token(const Source& source, Pos at);

}  // namespace core::hcl
