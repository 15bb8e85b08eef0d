// The structure of a file: attributes and nested blocks, with their places.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/hcl/diagnostic.hpp"
#include "core/hcl/expression.hpp"

namespace core::hcl {

/// `name = value`.
struct Attribute {
  std::string name;
  ExpressionPtr value;
  Range range;
  Range name_range;
};

struct Label {
  std::string text;
  Range range;
};

class Body;

/// `type "label" { ... }`.
struct Block {
  std::string type;
  std::vector<Label> labels;
  std::shared_ptr<const Body> body;  // never null
  Range type_range;
  Range header;  // type and labels: what to point at when the block itself is wrong

  /// The text of label `i`; empty when there is none.
  std::string_view label(std::size_t i = 0) const { return i < labels.size() ? labels[i].text : std::string_view{}; }
};

/// What stands between a block's braces, or in a file. Immutable once parsed. In a body that came from JSON
/// everything is an attribute; `find_blocks` reads blocks out of either form.
class Body {
 public:
  const std::vector<Attribute>& attributes() const { return attributes_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  /// The attribute of that name, or null.
  const Attribute* find(std::string_view name) const;
  /// Where something missing from the body is best reported: its end.
  const Range& end() const { return end_; }

  /// Adds an attribute; false when one of the name is there already.
  bool add(Attribute attribute);
  void add(Block block) { blocks_.push_back(std::move(block)); }
  void set_end(const Range& end) { end_ = end; }

 private:
  std::vector<Attribute> attributes_;
  std::vector<Block> blocks_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  Range end_;
};

/// All blocks of `type` in `body`: native ones, then those written as an attribute, `type = {...}` or
/// `type = [{...}, {...}]`, where the first `label_count` levels of keys are the labels. A block with another
/// number of labels, or an attribute that has no such form, is reported and left out.
std::vector<Block> find_blocks(const Body& body, std::string_view type, std::size_t label_count, Diagnostics& out);

/// The items of `{ ... }` as the attributes of a body; null, and a diagnostic, when it is no object expression
/// with constant keys.
std::shared_ptr<const Body> object_as_body(const Expression& object, Diagnostics& out);

/// What a consumer understands of a body.
struct Schema {
  std::vector<std::string> attributes;
  std::vector<std::string> blocks;  // these may be written as attributes too
};

/// Reports each attribute and block of `body` that is not in `schema` ("Unsupported argument", "Unsupported block
/// type"), with a suggestion where a known name is close.
void report_unknown(const Body& body, const Schema& schema, Diagnostics& out);

/// The same names without texts, in the order of the file: attributes, then blocks.
std::vector<std::string> unknown_names(const Body& body, const Schema& schema);

/// Reports that `name` is required and not there ("Missing required argument").
void report_missing(const Body& body, std::string_view name, Diagnostics& out);

/// The candidate closest to `name`, within an edit distance of 2, or "". Of equals the first.
std::string suggest(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace core::hcl
