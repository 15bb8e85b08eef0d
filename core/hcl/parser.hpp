// The recursive-descent parser of native HCL: one class, its parts in parse_body.cpp, parse_expression.cpp and
// parse_template.cpp. The folder's own.
//
// Invariants: nothing is cached but the next token, so the reading place is only `pos_`. A function that returns
// null (or false) has reported why. Recursion passes through Nested, which bounds it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hcl/lexer.hpp"
#include "core/hcl/parse.hpp"

namespace core::hcl {

class Parser {
 public:
  /// `at` is the place of the text's first byte, for messages.
  Parser(Source& source, ParseOptions options, Diagnostics& out, Pos at = {})
      : source_(source), options_(options), out_(out), pos_(at) {}

  /// A whole file.
  std::shared_ptr<const Body> file();
  /// One expression that takes up the whole text.
  ExpressionPtr lone_expression();
  /// The whole text as a template without escapes by backslash.
  ExpressionPtr lone_template();

 private:
  // One level deeper for its lifetime; false when that is too deep (reported).
  class Nested {
   public:
    explicit Nested(Parser& parser);
    ~Nested() { --parser_.nesting_; }
    Nested(const Nested&) = delete;
    explicit operator bool() const { return fits_; }

   private:
    Parser& parser_;
    bool fits_;
  };
  // Says for its lifetime whether line ends are tokens.
  class Newlines {
   public:
    Newlines(Parser& parser, bool count) : parser_(parser), before_(parser.newlines_) { parser_.newlines_ = count; }
    ~Newlines() { parser_.newlines_ = before_; }
    Newlines(const Newlines&) = delete;

   private:
    Parser& parser_;
    bool before_;
  };

  // Tokens.
  const Token& peek();
  Token next();
  bool accept(TokenKind kind);
  bool next_is(TokenKind kind) { return peek().kind == kind; }
  std::string_view rest() const { return source_.text().substr(pos_.byte); }
  Range range_from(Pos start) const { return {&source_, start, pos_}; }
  void skip_newlines();
  void report(const Range& range, std::string summary, std::string detail);
  ExpressionPtr fail(const Range& range, std::string summary, std::string detail);
  ExpressionPtr make(const Range& range, Expression::Node node);

  // parse_body.cpp
  bool items(Body& body, bool top, std::optional<std::size_t> open_line);
  bool item(Body& body, bool top);
  bool attribute(Body& body, const Token& name, std::string text);
  bool block(Body& body, const Token& type, std::string text, bool top);
  bool labels(std::vector<Label>& out);
  bool item_end(bool was_block, bool one_line);
  std::optional<std::string> item_name(const Token& token);
  void recover();

  // parse_expression.cpp
  ExpressionPtr expression();
  ExpressionPtr binary(int least);
  ExpressionPtr unary();
  ExpressionPtr steps(ExpressionPtr base);
  ExpressionPtr with_steps(const ExpressionPtr& base, std::vector<Step> taken);
  bool dot_step(ExpressionPtr& base, std::vector<Step>& taken);
  bool bracket_step(ExpressionPtr& base, std::vector<Step>& taken);
  ExpressionPtr dotted_splat(const ExpressionPtr& source);
  bool number_step(std::vector<Step>& taken);
  ExpressionPtr primary();
  ExpressionPtr name_or_call();
  ExpressionPtr call(const Token& name);
  ExpressionPtr parenthesized();
  ExpressionPtr tuple();
  ExpressionPtr object();
  ExpressionPtr object_key();
  ExpressionPtr for_expression(const Token& open, bool object);
  bool for_head(For& loop);
  bool peek_for();

  // parse_template.cpp
  struct Part;
  struct TemplateParts;
  ExpressionPtr quoted();
  ExpressionPtr heredoc();
  std::optional<std::string> plain_string();
  bool read_parts(TemplateParts& parts);
  bool read_interpolation(TemplateParts& parts);
  bool read_directive(TemplateParts& parts);
  bool close_marker(TemplateParts& parts);
  bool read_escape(std::string& out);
  std::size_t heredoc_end(const TemplateParts& parts) const;
  bool read_text(TemplateParts& parts);
  ExpressionPtr assemble(TemplateParts& parts, const Range& range);
  ExpressionPtr sequence(TemplateParts& parts, const Range& range, std::size_t& at);
  ExpressionPtr template_if(TemplateParts& parts, std::size_t& at);
  ExpressionPtr template_for(TemplateParts& parts, std::size_t& at);

  Source& source_;
  ParseOptions options_;
  Diagnostics& out_;
  Pos pos_;
  bool newlines_ = true;
  int nesting_ = 0;
  bool recovered_ = false;  // after an error brackets may not match: unclosed ones are no news then
  std::optional<Token> peeked_;
  Pos peeked_at_;
  Pos peeked_end_;
  bool peeked_newlines_ = false;
};

}  // namespace core::hcl
