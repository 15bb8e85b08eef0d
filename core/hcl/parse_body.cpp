// Files, bodies, attributes and blocks; finding the way again after an error.
#include <fmt/core.h>

#include "core/hcl/limits.hpp"
#include "core/hcl/parser.hpp"

namespace core::hcl {

Parser::Nested::Nested(Parser& parser) : parser_(parser), fits_(++parser.nesting_ <= max_nesting) {
  if (!fits_)
    parser.report(parser.peek().range, "Too deeply nested",
                  fmt::format("Blocks and expressions may be nested at most {} levels deep.", max_nesting));
}

const Token& Parser::peek() {
  if (peeked_ && peeked_at_ == pos_ && peeked_newlines_ == newlines_) return *peeked_;
  peeked_at_ = pos_;
  peeked_newlines_ = newlines_;
  peeked_ = read_token(source_, pos_);
  while (peeked_->kind == TokenKind::newline && !newlines_) peeked_ = read_token(source_, peeked_->range.end);
  return *peeked_;
}

Token Parser::next() {
  Token token = peek();
  pos_ = token.range.end;
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!next_is(kind)) return false;
  next();
  return true;
}

void Parser::skip_newlines() {
  while (next_is(TokenKind::newline)) next();
}

void Parser::report(const Range& range, std::string summary, std::string detail) {
  if (out_.size() < max_diagnostics) out_.push_back(error_at(range, std::move(summary), std::move(detail)));
}

ExpressionPtr Parser::fail(const Range& range, std::string summary, std::string detail) {
  report(range, std::move(summary), std::move(detail));
  return nullptr;
}

std::shared_ptr<const Body> Parser::file() {
  auto body = std::make_shared<Body>();
  while (!items(*body, true, std::nullopt) && !next_is(TokenKind::end_of_file) && out_.size() < max_diagnostics) {
    const Token stray = next();
    if (!recovered_)
      report(stray.range, "Argument or block definition required", "An argument or block definition is required here.");
  }
  body->set_end({&source_, pos_, pos_});
  return body;
}

// Reads items up to the closing brace or the end of the file; true at the end of the file. `open_line` is the line of
// the block's opening brace.
bool Parser::items(Body& body, bool top, std::optional<std::size_t> open_line) {
  while (out_.size() < max_diagnostics) {
    skip_newlines();
    if (options_.dialect == Dialect::hcl1)
      while (accept(TokenKind::comma)) skip_newlines();
    if (next_is(TokenKind::end_of_file)) return true;
    if (next_is(TokenKind::right_brace)) return false;
    const bool one_line = open_line == peek().range.start.line || options_.dialect == Dialect::hcl1;
    const auto blocks = body.blocks().size();
    if (!item(body, top) || !item_end(body.blocks().size() > blocks, one_line)) recover();
  }
  return true;
}

bool Parser::item(Body& body, bool top) {
  const Token& first = peek();
  if (first.kind != TokenKind::identifier && first.kind != TokenKind::quote) {
    report(first.range, "Argument or block definition required", "An argument or block definition is required here.");
    return false;
  }
  Token name = next();
  auto text = item_name(name);
  if (!text) return false;
  name.range.end = pos_;
  if (next_is(TokenKind::assign)) return attribute(body, name, std::move(*text));
  if (name.text().starts_with('"')) {
    report(name.range, "Invalid argument name", "A quoted name must be followed by an equals sign and a value.");
    return false;
  }
  return block(body, name, std::move(*text), top);
}

// The name an item's first token gives: an identifier (with dots in HCL1) or a quoted string.
std::optional<std::string> Parser::item_name(const Token& token) {
  if (token.kind == TokenKind::quote) return plain_string();
  std::string name(token.text());
  while (options_.dialect == Dialect::hcl1 && rest().starts_with('.')) {
    next();
    if (peek().kind != TokenKind::identifier && peek().kind != TokenKind::number) {
      report(peek().range, "Invalid argument name", "A name must follow the dot.");
      return std::nullopt;
    }
    name += '.';
    name += next().text();
  }
  return name;
}

bool Parser::attribute(Body& body, const Token& name, std::string text) {
  next();  // the equals sign
  ExpressionPtr value = expression();
  if (!value) return false;
  const Range range = join(name.range, value->range);
  if (body.add({text, value, range, name.range})) return true;
  report(name.range, "Attribute redefined",
         fmt::format("The argument \"{}\" was already set at {}. Each argument may be set only once.", text,
                     body.find(text)->name_range.describe()));
  return true;
}

bool Parser::block(Body& body, const Token& type, std::string text, bool top) {
  const Nested nested(*this);
  if (!nested) return false;
  Block made{.type = std::move(text), .labels = {}, .body = nullptr, .type_range = type.range, .header = {}};
  if (!labels(made.labels)) return false;
  made.header = made.labels.empty() ? type.range : join(type.range, made.labels.back().range);
  if (top) source_.open_block(type.range.start.byte, std::string(made.header.text()));
  const Token open = next();
  auto inner = std::make_shared<Body>();
  const bool at_end = items(*inner, false, open.range.start.line);
  inner->set_end(peek().range);
  made.body = std::move(inner);
  const Range header = made.header;
  body.add(std::move(made));
  if (!at_end) {
    next();  // the closing brace
  } else if (!recovered_) {
    report(header, "Unclosed configuration block",
           "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace "
           "nesting elsewhere in this file.");
    recovered_ = true;
  }
  if (top) source_.close_block(pos_.byte);
  return true;
}

// Labels up to the opening brace, which stays.
bool Parser::labels(std::vector<Label>& out) {
  while (!next_is(TokenKind::left_brace)) {
    const Token token = peek();
    if (token.kind == TokenKind::identifier) {
      next();
      out.push_back({std::string(token.text()), token.range});
    } else if (token.kind == TokenKind::quote) {
      next();
      auto text = plain_string();
      if (!text) return false;
      out.push_back({std::move(*text), range_from(token.range.start)});
    } else if (token.kind == TokenKind::assign) {
      report(token.range, "Invalid block definition",
             "The equals sign \"=\" indicates an argument definition, and must not be used when defining a block.");
      return false;
    } else {
      report(token.range, "Invalid block definition",
             "Either a quoted string block label or an opening brace (\"{\") is expected here.");
      return false;
    }
  }
  return true;
}

// After an item comes a line end, the end of the body or, in a block on one line, the next item.
bool Parser::item_end(bool was_block, bool one_line) {
  switch (peek().kind) {
    case TokenKind::newline:
    case TokenKind::end_of_file:
    case TokenKind::right_brace:
      return true;
    case TokenKind::comma:
      if (options_.dialect == Dialect::hcl1) return true;
      break;
    case TokenKind::identifier:
    case TokenKind::quote:
      if (one_line) return true;
      break;
    default:
      break;
  }
  if (was_block)
    report(peek().range, "Missing newline after block definition", "A block definition must end with a newline.");
  else
    report(peek().range, "Missing newline after argument", "An argument definition must end with a newline.");
  return false;
}

// Skips what is left of a broken item: to the end of a line outside its brackets, or to a brace that closes more than
// it opens. Does not look into strings further than to their line's end.
void Parser::recover() {
  recovered_ = true;
  newlines_ = true;
  int open = 0;
  while (true) {
    const Token token = peek();
    switch (token.kind) {
      case TokenKind::end_of_file:
        return;
      case TokenKind::newline:
        if (open <= 0) return;
        break;
      case TokenKind::left_brace:
      case TokenKind::left_bracket:
      case TokenKind::left_paren:
        ++open;
        break;
      case TokenKind::right_brace:
        if (open <= 0) return;
        --open;
        break;
      case TokenKind::right_bracket:
      case TokenKind::right_paren:
        --open;
        break;
      default:
        break;
    }
    next();
    if (token.kind != TokenKind::quote) continue;
    while (!rest().empty() && rest()[0] != '\n' && rest()[0] != '"')
      pos_ = advance_by(source_.text(), pos_, rest()[0] == '\\' && rest().size() > 1 && rest()[1] != '\n' ? 2 : 1);
    if (rest().starts_with('"')) pos_ = advance(source_.text(), pos_);
  }
}

}  // namespace core::hcl
