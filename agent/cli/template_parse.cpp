#include "agent/cli/template_parse.hpp"

#include <charconv>
#include <optional>

#include "agent/cli/columns.hpp"

namespace agent::cli::templates {
namespace {

using Fault = std::unexpected<std::string>;

struct Token {
  enum class Kind { word, field, variable, text, number, sign };  // ".Name" is a field; a lone "." a sign
  Kind kind;
  std::string text;
  bool glued = false;  // no space before it: `$x.Name`
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

/// The words of one action.
class Lexer {
 public:
  explicit Lexer(std::string_view source) : rest_(source) {}

  std::expected<std::vector<Token>, std::string> tokens() {
    std::vector<Token> out;
    while (true) {
      const auto start = rest_.find_first_not_of(" \t\r\n");
      if (start == std::string_view::npos) return out;
      rest_.remove_prefix(start);
      auto token = next();
      if (!token) return Fault(token.error());
      token->glued = start == 0 && !out.empty();
      out.push_back(std::move(*token));
    }
  }

 private:
  std::string name_from(std::size_t at) {
    std::size_t end = at;
    while (end < rest_.size() && (letter(rest_[end]) || digit(rest_[end]))) ++end;
    std::string out(rest_.substr(at, end - at));
    rest_.remove_prefix(end);
    return out;
  }

  std::expected<Token, std::string> next() {
    const char c = rest_[0];
    if (letter(c)) return Token{Token::Kind::word, name_from(0)};
    if (c == '.' && rest_.size() > 1 && letter(rest_[1])) return Token{Token::Kind::field, name_from(1)};
    if (c == '$') return Token{Token::Kind::variable, name_from(1)};
    if (c == '"') return quoted_text();
    if (c == '`') return raw_text();
    if (digit(c) || (c == '-' && rest_.size() > 1 && digit(rest_[1]))) return number_text();
    if (rest_.starts_with(":=")) {
      rest_.remove_prefix(2);
      return Token{Token::Kind::sign, ":="};
    }
    if (std::string_view(".|(),=").find(c) != std::string_view::npos) {
      rest_.remove_prefix(1);
      return Token{Token::Kind::sign, std::string(1, c)};
    }
    return Fault("unexpected " + quoted(std::string(1, c)) + " in an action");
  }

  std::expected<Token, std::string> quoted_text() {
    std::string out;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return Token{Token::Kind::text, std::move(out)};
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) {
        const char escaped = rest_[++i];
        out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
      } else {
        out += rest_[i];
      }
    }
    return Fault("unterminated quoted string");
  }

  std::expected<Token, std::string> raw_text() {
    const auto end = rest_.find('`', 1);
    if (end == std::string_view::npos) return Fault("unterminated raw quoted string");
    Token out{Token::Kind::text, std::string(rest_.substr(1, end - 1))};
    rest_.remove_prefix(end + 1);
    return out;
  }

  Token number_text() {
    std::size_t end = 1;
    while (end < rest_.size() && (digit(rest_[end]) || rest_[end] == '.' || letter(rest_[end]))) ++end;
    Token out{Token::Kind::number, std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return out;
  }

  std::string_view rest_;
};

std::expected<Json, std::string> number_value(const std::string& text) {
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (auto [stop, error] = std::from_chars(text.data(), end, whole); error == std::errc{} && stop == end)
    return Json(whole);
  double fraction = 0;
  if (auto [stop, error] = std::from_chars(text.data(), end, fraction); error == std::errc{} && stop == end) {
    return Json(fraction);
  }
  return Fault("bad number syntax: " + quoted(text));
}

/// Words to a pipeline.
class PipelineParser {
 public:
  explicit PipelineParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::expected<Pipeline, std::string> parse(std::size_t from) {
    at_ = from;
    auto out = pipeline(0);
    if (out && at_ != tokens_.size()) return Fault("unexpected " + quoted(tokens_[at_].text) + " in an action");
    return out;
  }

 private:
  bool sign(std::string_view text) const {
    return at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::sign && tokens_[at_].text == text;
  }

  std::vector<std::string> declarations() {
    std::vector<std::string> out;
    const auto start = at_;
    while (at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::variable) {
      out.push_back(tokens_[at_++].text);
      if (sign(":=") || sign("=")) {
        ++at_;
        return out;
      }
      if (!sign(",")) break;
      ++at_;
    }
    at_ = start;
    return {};
  }

  std::expected<Pipeline, std::string> pipeline(std::size_t depth) {
    if (depth > max_depth) return Fault("too many brackets within each other");
    Pipeline out;
    out.variables = declarations();
    while (true) {
      Command command;
      while (at_ < tokens_.size() && !sign("|") && !sign(")")) {
        auto each = operand(depth);
        if (!each) return Fault(each.error());
        command.operands.push_back(std::move(*each));
      }
      if (command.operands.empty()) return Fault("missing value for command");
      out.commands.push_back(std::move(command));
      if (!sign("|")) return out;
      ++at_;
    }
  }

  std::expected<Operand, std::string> operand(std::size_t depth) {
    const Token token = tokens_[at_++];
    Operand out;
    switch (token.kind) {
      case Token::Kind::field:
        out.fields.push_back(token.text);
        break;
      case Token::Kind::variable:
        out.kind = Operand::Kind::variable;
        out.name = token.text;
        break;
      case Token::Kind::text:
        out.kind = Operand::Kind::literal;
        out.literal = Json(token.text);
        return out;
      case Token::Kind::number: {
        auto value = number_value(token.text);
        if (!value) return Fault(value.error());
        out.kind = Operand::Kind::literal;
        out.literal = std::move(*value);
        return out;
      }
      case Token::Kind::word:
        return word(token.text);
      case Token::Kind::sign:
        if (token.text == "(") {
          auto nested = pipeline(depth + 1);
          if (!nested) return Fault(nested.error());
          if (!sign(")")) return Fault("unclosed left paren");
          ++at_;
          out.kind = Operand::Kind::nested;
          out.nested = std::make_shared<Pipeline>(std::move(*nested));
        } else if (token.text != ".") {
          return Fault("unexpected " + quoted(token.text) + " in an action");
        }
    }
    while (at_ < tokens_.size() && tokens_[at_].kind == Token::Kind::field && tokens_[at_].glued) {
      out.fields.push_back(tokens_[at_++].text);
    }
    return out;
  }

  static Operand word(const std::string& name) {
    Operand out;
    out.kind = Operand::Kind::literal;
    if (name == "true" || name == "false") {
      out.literal = Json(name == "true");
    } else if (name != "nil") {
      out.kind = Operand::Kind::function;
      out.name = name;
    }
    return out;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

/// Text and actions to a tree.
class Parser {
 public:
  explicit Parser(std::string_view source) : rest_(source) {}

  std::expected<std::vector<Node>, std::string> parse() {
    auto end = block(0);
    if (!end) return Fault(end.error());
    if (!end->closed_by.empty()) return Fault("unexpected {{" + end->closed_by + "}}");
    return std::move(end->nodes);
  }

 private:
  struct Block {
    std::vector<Node> nodes;
    std::string closed_by;    // "end", "else", or empty at the template's end
    std::vector<Token> rest;  // of the closing action
  };

  std::expected<Block, std::string> block(std::size_t depth) {
    if (depth > max_depth) return Fault("too many blocks within each other");
    Block out;
    while (true) {
      const auto open = rest_.find("{{");
      auto text = std::string(rest_.substr(0, open));
      if (trim_next_) text.erase(0, text.find_first_not_of(" \t\r\n"));
      trim_next_ = false;
      rest_.remove_prefix(open == std::string_view::npos ? rest_.size() : open);
      if (rest_.starts_with("{{- ")) text.erase(text.find_last_not_of(" \t\r\n") + 1);
      if (!text.empty()) out.nodes.push_back({.text = std::move(text)});
      if (rest_.empty()) return out;
      auto inside = action();
      if (!inside) return Fault(inside.error());
      if (inside->empty()) continue;
      const Token& first = (*inside)[0];
      if (first.kind == Token::Kind::word && (first.text == "end" || first.text == "else")) {
        out.closed_by = first.text;
        out.rest = std::move(*inside);
        return out;
      }
      auto node = statement(std::move(*inside), depth);
      if (!node) return Fault(node.error());
      out.nodes.push_back(std::move(*node));
    }
  }

  /// The words of the action that is next; none for a comment.
  std::expected<std::vector<Token>, std::string> action() {
    const auto close = rest_.find("}}");
    if (close == std::string_view::npos) return Fault("unclosed action");
    auto inside = rest_.substr(2, close - 2);
    rest_.remove_prefix(close + 2);
    if (inside.starts_with("- ")) inside.remove_prefix(2);
    if (inside.ends_with(" -")) {
      inside.remove_suffix(2);
      trim_next_ = true;
    }
    const auto bare = trimmed(inside);
    if (bare.starts_with("/*") && bare.ends_with("*/")) return std::vector<Token>{};
    auto tokens = Lexer(inside).tokens();
    if (tokens && tokens->empty()) return Fault("missing value for command");
    return tokens;
  }

  std::expected<Node, std::string> statement(std::vector<Token> tokens, std::size_t depth) {
    Node out;
    out.kind = Node::Kind::output;
    if (tokens[0].kind == Token::Kind::word) {
      const auto& word = tokens[0].text;
      if (word == "range") out.kind = Node::Kind::range;
      if (word == "if") out.kind = Node::Kind::conditional;
      if (word == "with") out.kind = Node::Kind::with;
      for (const auto* other : {"define", "template", "block", "break", "continue"}) {
        if (word == other) return Fault("template action " + quoted(word) + " is not supported");
      }
    }
    const std::size_t from = out.kind == Node::Kind::output ? 0 : 1;
    auto pipeline = PipelineParser(std::move(tokens)).parse(from);
    if (!pipeline) return Fault(pipeline.error());
    out.pipeline = std::move(*pipeline);
    if (out.kind == Node::Kind::output) return out;
    return with_body(std::move(out), depth);
  }

  std::expected<Node, std::string> with_body(Node out, std::size_t depth) {
    auto body = block(depth + 1);
    if (!body) return Fault(body.error());
    out.body = std::move(body->nodes);
    if (body->closed_by == "end") return out;
    if (body->closed_by.empty()) return Fault("unexpected EOF: a block has no {{end}}");
    if (body->rest.size() > 1) {  // `else if`: its `end` closes both
      body->rest.erase(body->rest.begin());
      auto nested = statement(std::move(body->rest), depth + 1);
      if (!nested) return Fault(nested.error());
      out.otherwise.push_back(std::move(*nested));
      return out;
    }
    auto otherwise = block(depth + 1);
    if (!otherwise) return Fault(otherwise.error());
    if (otherwise->closed_by != "end") return Fault("a block has no {{end}}");
    out.otherwise = std::move(otherwise->nodes);
    return out;
  }

  std::string_view rest_;
  bool trim_next_ = false;
};

}  // namespace

std::expected<std::vector<Node>, std::string> parse(std::string_view source) { return Parser(source).parse(); }

}  // namespace agent::cli::templates
