// The ways in: bounds and encoding are checked here, before anything is read.
#include "core/hcl/parse.hpp"

#include <fmt/core.h>

#include "core/hcl/json.hpp"
#include "core/hcl/limits.hpp"
#include "core/hcl/parser.hpp"
#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

// A file with an empty body, and errors when the text must not be read at all.
ParseResult start(std::string name, std::string text) {
  ParseResult result;
  const std::size_t bytes = text.size();
  if (bytes > max_source_bytes) text.clear();
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  result.file.source = std::make_unique<Source>(std::move(name), std::move(text));
  result.file.body = std::make_shared<Body>();
  const Source& source = *result.file.source;
  if (bytes > max_source_bytes) {
    result.diagnostics.push_back(error_at(
        {&source, {}, {}}, "Configuration too large",
        fmt::format("A configuration file may have at most {} bytes; this one has {}.", max_source_bytes, bytes)));
  } else if (const auto bad = find_invalid_utf8(source.text())) {
    Pos at;
    while (at.byte < *bad) at = advance(source.text(), at);
    result.diagnostics.push_back(
        error_at({&source, at, {at.line, at.column + 1, at.byte + 1}}, "Invalid character encoding",
                 "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected "
                 "in your editor."));
  }
  return result;
}

}  // namespace

ParseResult parse(std::string name, std::string text, ParseOptions options) {
  ParseResult result = start(std::move(name), std::move(text));
  if (!result.ok()) return result;
  result.file.body = Parser(*result.file.source, options, result.diagnostics).file();
  return result;
}

ParseResult parse_json(std::string name, std::string text, ParseOptions options) {
  ParseResult result = start(std::move(name), std::move(text));
  if (!result.ok()) return result;
  const auto object = read_json(*result.file.source, options, result.diagnostics);
  if (!object) return result;
  if (auto body = object_as_body(*object, result.diagnostics)) result.file.body = std::move(body);
  return result;
}

ParseResult parse_any(std::string name, std::string text, ParseOptions options) {
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && text[first] == '{';
  return json ? parse_json(std::move(name), std::move(text), options)
              : parse(std::move(name), std::move(text), options);
}

ParseResult parse_expression(std::string name, std::string text, ParseOptions options) {
  ParseResult result = start(std::move(name), std::move(text));
  if (!result.ok()) return result;
  auto value = Parser(*result.file.source, options, result.diagnostics).lone_expression();
  if (!value) return result;
  auto body = std::make_shared<Body>();
  const Range range = value->range;
  body->add({"value", std::move(value), range, range});
  result.file.body = std::move(body);
  return result;
}

}  // namespace core::hcl
