// The tree of an expression, as written: names are not looked up, nothing is evaluated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/hcl/source.hpp"
#include "core/hcl/value.hpp"

namespace core::hcl {

struct Expression;
/// Shared, because a Body made of an object expression (blocks written as attributes) uses its parts.
using ExpressionPtr = std::shared_ptr<const Expression>;

/// A constant: number, bool, null, or a string without interpolation.
struct Literal {
  Value value;
};

/// `"a${b}c"`: the parts' texts one after another.
struct Template {
  std::vector<ExpressionPtr> parts;
};

/// `"${a}"`: the value of `a` itself, whatever its type.
struct TemplateWrap {
  ExpressionPtr inner;
};

/// `%{ for }` in a template: the texts of a `for` expression's results, joined.
struct TemplateJoin {
  ExpressionPtr items;
};

/// One step of a traversal: `.name`, or `[key]` (`key` set; `.0` is `[0]`).
struct Step {
  std::string name;
  ExpressionPtr key;
  Range range;
};

/// A name and what is reached from it: `var.a["b"].c`. With `base` set, steps from that expression's value.
struct Traversal {
  std::string root;
  ExpressionPtr base;
  std::vector<Step> steps;
};

/// `source[*].a` or `source.*.a`: `each` for every item; in it, SplatItem stands for the item.
struct Splat {
  ExpressionPtr source;
  ExpressionPtr each;
};
struct SplatItem {};

enum class UnaryOperator { negate, logical_not };
struct Unary {
  UnaryOperator op;
  ExpressionPtr operand;
};

enum class BinaryOperator {
  logical_or,
  logical_and,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo
};
struct Binary {
  BinaryOperator op;
  ExpressionPtr left;
  ExpressionPtr right;
};

struct Conditional {
  ExpressionPtr condition;
  ExpressionPtr if_true;
  ExpressionPtr if_false;
};

struct TupleCons {
  std::vector<ExpressionPtr> items;
};

/// `{ key = value, ... }`. A bare key is a Literal.
struct ObjectCons {
  struct Item {
    ExpressionPtr key;
    ExpressionPtr value;
  };
  std::vector<Item> items;
};

/// `[for k, v in collection : value if condition]`, or with `key` set `{for ... : key => value...}`.
struct For {
  std::string key_name;  // empty when only the value is named
  std::string value_name;
  ExpressionPtr collection;
  ExpressionPtr key;
  ExpressionPtr value;
  ExpressionPtr condition;  // may be empty
  bool grouped = false;
};

struct Call {
  std::string name;
  Range name_range;
  std::vector<ExpressionPtr> arguments;
  bool expand_last = false;  // `f(list...)`
};

struct Expression {
  using Node = std::variant<Literal, Template, TemplateWrap, TemplateJoin, Traversal, Splat, SplatItem, Unary, Binary,
                            Conditional, TupleCons, ObjectCons, For, Call>;
  Range range;
  Node node;
  std::uint32_t height = 1;  // of the tree; at most max_expression_height
};

/// An expression whose height is reckoned from its children's.
ExpressionPtr make_expression(Range range, Expression::Node node);

/// The direct children, in the order they are written.
std::vector<ExpressionPtr> children(const Expression& expression);

/// The text of a constant string (a bare key, a string without interpolation), or null.
const std::string* constant_string(const Expression& expression);

/// A variable an expression refers to: its root and the attribute names that follow it.
struct Reference {
  std::string root;
  std::vector<std::string> attributes;
  Range range;
};

/// The variables `expression` refers to, in order; names bound by its own `for` are not among them.
std::vector<Reference> references(const Expression& expression);

}  // namespace core::hcl
