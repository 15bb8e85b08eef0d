// Expressions: operators by precedence, traversals, calls, constructors and `for`.
#include <fmt/core.h>

#include "core/hcl/limits.hpp"
#include "core/hcl/parser.hpp"

namespace core::hcl {
namespace {

struct Operator {
  int precedence;  // 0: not an operator
  BinaryOperator op;
};

Operator operator_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::logical_or:
      return {1, BinaryOperator::logical_or};
    case TokenKind::logical_and:
      return {2, BinaryOperator::logical_and};
    case TokenKind::equal:
      return {3, BinaryOperator::equal};
    case TokenKind::not_equal:
      return {3, BinaryOperator::not_equal};
    case TokenKind::less:
      return {4, BinaryOperator::less};
    case TokenKind::less_equal:
      return {4, BinaryOperator::less_equal};
    case TokenKind::greater:
      return {4, BinaryOperator::greater};
    case TokenKind::greater_equal:
      return {4, BinaryOperator::greater_equal};
    case TokenKind::plus:
      return {5, BinaryOperator::add};
    case TokenKind::minus:
      return {5, BinaryOperator::subtract};
    case TokenKind::star:
      return {6, BinaryOperator::multiply};
    case TokenKind::slash:
      return {6, BinaryOperator::divide};
    case TokenKind::percent:
      return {6, BinaryOperator::modulo};
    default:
      return {0, BinaryOperator::add};
  }
}

}  // namespace

ExpressionPtr Parser::make(const Range& range, Expression::Node node) {
  auto made = make_expression(range, std::move(node));
  if (made->height > max_expression_height)
    return fail(range, "Expression too large",
                fmt::format("An expression may be at most {} levels deep.", max_expression_height));
  return made;
}

ExpressionPtr Parser::lone_expression() {
  newlines_ = false;
  auto made = expression();
  if (made && !next_is(TokenKind::end_of_file))
    return fail(peek().range, "Extra characters after expression",
                "An expression was successfully parsed, but extra characters were found after it.");
  return made;
}

// One expression with all its operators: a conditional at the outside.
ExpressionPtr Parser::expression() {
  const Nested nested(*this);
  if (!nested) return nullptr;
  auto condition = binary(1);
  if (!condition || !accept(TokenKind::question)) return condition;
  auto if_true = expression();
  if (!if_true) return nullptr;
  if (!accept(TokenKind::colon))
    return fail(peek().range, "Missing false expression in conditional",
                "The conditional operator (...?...:...) requires a false expression, delimited by a colon.");
  auto if_false = expression();
  if (!if_false) return nullptr;
  const Range range = join(condition->range, if_false->range);
  return make(range, Conditional{condition, if_true, if_false});
}

// Operators of at least the precedence `least`, which group from the left.
ExpressionPtr Parser::binary(int least) {
  auto left = unary();
  while (left) {
    const Operator op = operator_of(peek().kind);
    if (op.precedence == 0 || op.precedence < least) break;
    next();
    auto right = binary(op.precedence + 1);
    if (!right) return nullptr;
    const Range range = join(left->range, right->range);
    left = make(range, Binary{op.op, left, right});
  }
  return left;
}

ExpressionPtr Parser::unary() {
  if (!next_is(TokenKind::minus) && !next_is(TokenKind::bang)) {
    auto first = primary();
    return first ? steps(std::move(first)) : nullptr;
  }
  const Nested nested(*this);
  if (!nested) return nullptr;
  const Token op = next();
  auto operand = unary();
  if (!operand) return nullptr;
  const Range range = join(op.range, operand->range);
  return make(range, Unary{op.kind == TokenKind::minus ? UnaryOperator::negate : UnaryOperator::logical_not, operand});
}

// What follows a value: `.name`, `[key]`, splats. Steps are gathered and put into one Traversal, so that a long one
// stays flat.
ExpressionPtr Parser::steps(ExpressionPtr base) {
  std::vector<Step> taken;
  while (base) {
    if (next_is(TokenKind::dot)) {
      if (!dot_step(base, taken)) return nullptr;
    } else if (next_is(TokenKind::left_bracket)) {
      if (!bracket_step(base, taken)) return nullptr;
    } else {
      return with_steps(base, std::move(taken));
    }
  }
  return nullptr;
}

ExpressionPtr Parser::with_steps(const ExpressionPtr& base, std::vector<Step> taken) {
  if (taken.empty()) return base;
  const Range range = join(base->range, taken.back().range);
  const auto* name = std::get_if<Traversal>(&base->node);
  if (name && !name->base && name->steps.empty()) return make(range, Traversal{name->root, nullptr, std::move(taken)});
  return make(range, Traversal{{}, base, std::move(taken)});
}

bool Parser::dot_step(ExpressionPtr& base, std::vector<Step>& taken) {
  const Token dot = next();
  const Token token = peek();
  switch (token.kind) {
    case TokenKind::identifier:
      next();
      taken.push_back({std::string(token.text()), nullptr, join(dot.range, token.range)});
      return true;
    case TokenKind::number:
      return number_step(taken);
    case TokenKind::star:
      next();
      base = with_steps(base, std::exchange(taken, {}));
      if (base) base = dotted_splat(base);
      return base != nullptr;
    default:
      report(token.range, "Invalid attribute name", "An attribute name is required after a dot.");
      return false;
  }
}

// `.0`, HCL1's index; `.0.1` is read as one number and means two of them.
bool Parser::number_step(std::vector<Step>& taken) {
  const Token token = next();
  std::string_view digits = token.text();
  while (true) {
    const auto dot = digits.find('.');
    const auto index = parse_number(digits.substr(0, dot));
    if (!index || !index->as_int() || digits.substr(0, dot).find_first_not_of("0123456789") != std::string_view::npos) {
      report(token.range, "Invalid legacy index syntax", "A whole number is required after a dot here.");
      return false;
    }
    taken.push_back({{}, make(token.range, Literal{*index}), token.range});
    if (dot == std::string_view::npos) return true;
    digits.remove_prefix(dot + 1);
  }
}

// `source.*`: the names that follow belong to each item; an index after them is of the result.
ExpressionPtr Parser::dotted_splat(const ExpressionPtr& source) {
  auto each = make(range_from(pos_), SplatItem{});
  std::vector<Step> taken;
  while (each && next_is(TokenKind::dot))
    if (!dot_step(each, taken)) return nullptr;
  if (each) each = with_steps(each, std::move(taken));
  if (!each) return nullptr;
  const Range range{&source_, source->range.start, pos_};
  return make(range, Splat{source, each});
}

bool Parser::bracket_step(ExpressionPtr& base, std::vector<Step>& taken) {
  const Nested nested(*this);
  if (!nested) return false;
  const Token open = next();
  ExpressionPtr key;
  {
    const Newlines newlines(*this, false);
    const bool splat = accept(TokenKind::star);
    if (!splat && !(key = expression())) return false;
    if (!accept(TokenKind::right_bracket)) {
      if (splat)
        report(peek().range, "Missing close bracket on splat index",
               "The star for a full splat operator must be immediately followed by a closing bracket (\"]\").");
      else
        report(peek().range, "Missing close bracket on index",
               "The index operator must end with a closing bracket (\"]\").");
      return false;
    }
  }
  if (key) {
    taken.push_back({{}, key, range_from(open.range.start)});
    return true;
  }
  base = with_steps(base, std::exchange(taken, {}));
  if (!base) return false;
  // All further steps belong to each item.
  auto each = steps(make(range_from(pos_), SplatItem{}));
  if (!each) return false;
  const Range range{&source_, base->range.start, pos_};
  base = make(range, Splat{base, each});
  return base != nullptr;
}

ExpressionPtr Parser::primary() {
  const Token token = peek();
  switch (token.kind) {
    case TokenKind::number: {
      next();
      const auto number = parse_number(token.text());
      if (!number) return fail(token.range, "Invalid number literal", "The number is too large.");
      return make(token.range, Literal{*number});
    }
    case TokenKind::quote:
      return quoted();
    case TokenKind::heredoc:
      return heredoc();
    case TokenKind::identifier:
      return name_or_call();
    case TokenKind::left_paren:
      return parenthesized();
    case TokenKind::left_bracket:
      return tuple();
    case TokenKind::left_brace:
      return object();
    case TokenKind::end_of_file:
      return fail(token.range, "Missing expression",
                  "Expected the start of an expression, but found the end of the file.");
    default:
      return fail(token.range, "Invalid expression",
                  "Expected the start of an expression, but found an invalid expression token.");
  }
}

ExpressionPtr Parser::name_or_call() {
  const Token name = next();
  if (next_is(TokenKind::left_paren)) return call(name);
  if (name.text() == "true") return make(name.range, Literal{true});
  if (name.text() == "false") return make(name.range, Literal{false});
  if (name.text() == "null") return make(name.range, Literal{});
  return make(name.range, Traversal{std::string(name.text()), nullptr, {}});
}

ExpressionPtr Parser::call(const Token& name) {
  Call made{std::string(name.text()), name.range, {}, false};
  next();
  {
    const Newlines newlines(*this, false);
    while (!accept(TokenKind::right_paren)) {
      auto argument = expression();
      if (!argument) return nullptr;
      made.arguments.push_back(std::move(argument));
      if (accept(TokenKind::comma)) continue;
      if (accept(TokenKind::ellipsis)) {
        made.expand_last = true;
        if (accept(TokenKind::right_paren)) break;
        return fail(peek().range, "Missing closing parenthesis",
                    "An expanded function argument (with ...) must be immediately followed by closing parentheses.");
      }
      if (accept(TokenKind::right_paren)) break;
      if (next_is(TokenKind::end_of_file))
        return fail(name.range, "Unterminated function call",
                    "There is no closing parenthesis for this function call before the end of the file. This may be "
                    "caused by incorrect parenthesis nesting elsewhere in this file.");
      return fail(peek().range, "Missing argument separator",
                  "A comma is required to separate each function argument from the next.");
    }
  }
  return make(range_from(name.range.start), std::move(made));
}

ExpressionPtr Parser::parenthesized() {
  const Token open = next();
  const Newlines newlines(*this, false);
  auto inner = expression();
  if (!inner) return nullptr;
  if (!accept(TokenKind::right_paren))
    return fail(peek().range, "Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.");
  // A wrapper of its own: after `(a)` a step does not lengthen the traversal `a`, and a key `(a)` is no bare name.
  return make(range_from(open.range.start), Traversal{{}, inner, {}});
}

ExpressionPtr Parser::tuple() {
  const Token open = next();
  const Newlines newlines(*this, false);
  if (peek_for()) return for_expression(open, false);
  TupleCons made;
  while (!accept(TokenKind::right_bracket)) {
    if (next_is(TokenKind::end_of_file))
      return fail(
          open.range, "Unterminated tuple constructor expression",
          "There is no corresponding closing bracket before the end of the file. This may be caused by incorrect "
          "bracket nesting elsewhere in this file.");
    auto item = expression();
    if (!item) return nullptr;
    made.items.push_back(std::move(item));
    if (accept(TokenKind::comma) || next_is(TokenKind::right_bracket) || next_is(TokenKind::end_of_file)) continue;
    return fail(peek().range, "Missing item separator", "Expected a comma to mark the beginning of the next item.");
  }
  return make(range_from(open.range.start), std::move(made));
}

ExpressionPtr Parser::object() {
  const Token open = next();
  const Newlines newlines(*this, true);
  if (peek_for()) {
    const Newlines none(*this, false);
    return for_expression(open, true);
  }
  ObjectCons made;
  while (true) {
    skip_newlines();
    if (accept(TokenKind::right_brace)) break;
    auto key = object_key();
    if (!key) return nullptr;
    if (!accept(TokenKind::assign) && !accept(TokenKind::colon)) {
      if (next_is(TokenKind::end_of_file))
        return fail(
            open.range, "Unterminated object constructor expression",
            "There is no corresponding closing brace before the end of the file. This may be caused by incorrect "
            "brace nesting elsewhere in this file.");
      return fail(peek().range, "Missing key/value separator",
                  "Expected an equals sign (\"=\") to mark the beginning of the attribute value.");
    }
    auto value = expression();
    if (!value) return nullptr;
    made.items.push_back({std::move(key), std::move(value)});
    if (accept(TokenKind::comma) || next_is(TokenKind::newline) || next_is(TokenKind::right_brace)) continue;
    if (options_.dialect == Dialect::hcl1 && (next_is(TokenKind::identifier) || next_is(TokenKind::quote))) continue;
    return fail(peek().range, "Missing attribute separator",
                "Expected a newline or comma to mark the beginning of the next attribute.");
  }
  return make(range_from(open.range.start), std::move(made));
}

ExpressionPtr Parser::object_key() {
  const Token token = peek();
  if (token.kind == TokenKind::end_of_file)
    return fail(
        token.range, "Unterminated object constructor expression",
        "There is no corresponding closing brace before the end of the file. This may be caused by incorrect brace "
        "nesting elsewhere in this file.");
  if (token.kind != TokenKind::identifier) return expression();
  const Pos start = pos_;
  next();
  const bool dotted = options_.dialect == Dialect::hcl1 && rest().starts_with('.');
  if (dotted) {
    auto name = item_name(token);
    return name ? make(range_from(token.range.start), Literal{std::move(*name)}) : nullptr;
  }
  if (next_is(TokenKind::assign) || next_is(TokenKind::colon))
    return make(token.range, Literal{std::string(token.text())});
  pos_ = start;
  auto key = expression();
  const auto* name = key ? std::get_if<Traversal>(&key->node) : nullptr;
  if (name && !name->base && !name->steps.empty())
    return fail(
        key->range, "Ambiguous attribute key",
        "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a "
        "literal name containing periods, wrap it in quotes to create a string literal.");
  return key;
}

// `for` as the keyword: it is followed by a name. `{ for = 1 }` is an object.
bool Parser::peek_for() {
  const Pos start = pos_;
  const Newlines newlines(*this, false);
  const bool found = next().text() == "for" && next_is(TokenKind::identifier);
  pos_ = start;
  return found;
}

// `for k, v in collection :`, after which the result follows.
bool Parser::for_head(For& loop) {
  next();
  loop.value_name = std::string(next().text());
  if (accept(TokenKind::comma)) {
    if (!next_is(TokenKind::identifier)) {
      report(peek().range, "Invalid 'for' expression", "For expression requires value variable name after comma.");
      return false;
    }
    loop.key_name = std::exchange(loop.value_name, std::string(next().text()));
  }
  if (!next_is(TokenKind::identifier) || peek().text() != "in") {
    report(peek().range, "Invalid 'for' expression",
           "For expression requires the 'in' keyword after its name declarations.");
    return false;
  }
  next();
  loop.collection = expression();
  return loop.collection != nullptr;
}

ExpressionPtr Parser::for_expression(const Token& open, bool object) {
  const Nested nested(*this);
  For loop;
  if (!nested || !for_head(loop)) return nullptr;
  if (!accept(TokenKind::colon))
    return fail(peek().range, "Invalid 'for' expression",
                "For expression requires a colon after the collection expression.");
  loop.value = expression();
  if (!loop.value) return nullptr;
  if (object) {
    if (!accept(TokenKind::fat_arrow))
      return fail(peek().range, "Invalid 'for' expression",
                  "An object 'for' expression requires a key and a value, separated by \"=>\".");
    loop.key = std::exchange(loop.value, expression());
    if (!loop.value) return nullptr;
    loop.grouped = accept(TokenKind::ellipsis);
  }
  if (next_is(TokenKind::identifier) && peek().text() == "if") {
    next();
    loop.condition = expression();
    if (!loop.condition) return nullptr;
  }
  if (!accept(object ? TokenKind::right_brace : TokenKind::right_bracket))
    return fail(
        peek().range, "Invalid 'for' expression",
        fmt::format("Extra characters after the end of the 'for' expression: a closing \"{}\" is required here.",
                    object ? '}' : ']'));
  return make(range_from(open.range.start), std::move(loop));
}

}  // namespace core::hcl
