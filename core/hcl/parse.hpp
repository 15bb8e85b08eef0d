// Text to Body.
#pragma once

#include <memory>
#include <string>

#include "core/hcl/body.hpp"

namespace core::hcl {

/// Which of HCL's generations a text is read as.
enum class Dialect {
  /// HCL2, as job files. Beyond it, a block that opens and continues on one line may hold several items, and an
  /// attribute's name may be quoted: job files written for Nomad's first parser do both.
  hcl2,
  /// What agent configuration is written in: HCL2's structure, where `${` means nothing in strings, items need no
  /// line ends between them, commas may stand there instead, and names may hold dots.
  hcl1,
};

struct ParseOptions {
  Dialect dialect = Dialect::hcl2;
};

/// A parsed file: the text, and the body that points into it. Keep it as long as anything made of it.
struct File {
  std::unique_ptr<Source> source;
  std::shared_ptr<const Body> body;  // never null; what could be read, when there are errors
};

struct ParseResult {
  File file;
  Diagnostics diagnostics;

  bool ok() const { return !has_errors(diagnostics); }
};

/// Parses native syntax. `name` is the file's name for messages. Reports several errors where it can find its way
/// again after one. Never throws; bounded by limits.hpp.
ParseResult parse(std::string name, std::string text, ParseOptions options = {});

/// Parses JSON into a Body of attributes only (find_blocks reads blocks from it). In Dialect::hcl2 strings are
/// templates, as in HCL's JSON form; in Dialect::hcl1 they are texts.
ParseResult parse_json(std::string name, std::string text, ParseOptions options = {});

/// parse_json when the first character that is not blank is `{`, else parse. No native file begins so.
ParseResult parse_any(std::string name, std::string text, ParseOptions options = {});

/// One expression alone, such as a `-var` argument for a list or map variable. The body holds it as the attribute
/// "value".
ParseResult parse_expression(std::string name, std::string text, ParseOptions options = {});

}  // namespace core::hcl
