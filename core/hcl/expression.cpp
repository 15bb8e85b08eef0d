#include "core/hcl/expression.hpp"

#include <algorithm>
#include <set>

namespace core::hcl {
namespace {

using Children = std::vector<ExpressionPtr>;

void add(Children& out, const ExpressionPtr& child) {
  if (child) out.push_back(child);
}

void collect(Children&, const Literal&) {}
void collect(Children&, const SplatItem&) {}
void collect(Children& out, const Template& node) { out = node.parts; }
void collect(Children& out, const TemplateWrap& node) { add(out, node.inner); }
void collect(Children& out, const TemplateJoin& node) { add(out, node.items); }
void collect(Children& out, const Traversal& node) {
  add(out, node.base);
  for (const Step& step : node.steps) add(out, step.key);
}
void collect(Children& out, const Splat& node) {
  add(out, node.source);
  add(out, node.each);
}
void collect(Children& out, const Unary& node) { add(out, node.operand); }
void collect(Children& out, const Binary& node) {
  add(out, node.left);
  add(out, node.right);
}
void collect(Children& out, const Conditional& node) {
  add(out, node.condition);
  add(out, node.if_true);
  add(out, node.if_false);
}
void collect(Children& out, const TupleCons& node) { out = node.items; }
void collect(Children& out, const ObjectCons& node) {
  for (const auto& item : node.items) {
    add(out, item.key);
    add(out, item.value);
  }
}
void collect(Children& out, const For& node) {
  add(out, node.collection);
  add(out, node.key);
  add(out, node.value);
  add(out, node.condition);
}
void collect(Children& out, const Call& node) { out = node.arguments; }

using Bound = std::multiset<std::string>;

Reference to_reference(const Traversal& traversal, const Range& range) {
  Reference out{traversal.root, {}, range};
  for (const Step& step : traversal.steps) {
    const std::string* name = step.key ? constant_string(*step.key) : &step.name;
    if (!name) break;
    out.attributes.push_back(*name);
  }
  return out;
}

void find_references(const Expression& expression, Bound& bound, std::vector<Reference>& out) {
  if (const auto* traversal = std::get_if<Traversal>(&expression.node))
    if (!traversal->base && !bound.contains(traversal->root)) out.push_back(to_reference(*traversal, expression.range));
  const auto* loop = std::get_if<For>(&expression.node);
  if (!loop) {
    for (const auto& child : children(expression)) find_references(*child, bound, out);
    return;
  }
  find_references(*loop->collection, bound, out);
  const auto key = bound.insert(loop->key_name);
  const auto value = bound.insert(loop->value_name);
  for (const auto& child : {loop->key, loop->value, loop->condition})
    if (child) find_references(*child, bound, out);
  bound.erase(key);
  bound.erase(value);
}

}  // namespace

ExpressionPtr make_expression(Range range, Expression::Node node) {
  auto made = std::make_shared<Expression>(Expression{range, std::move(node), 1});
  for (const auto& child : children(*made)) made->height = std::max(made->height, child->height + 1);
  return made;
}

std::vector<ExpressionPtr> children(const Expression& expression) {
  Children out;
  std::visit([&](const auto& node) { collect(out, node); }, expression.node);
  return out;
}

const std::string* constant_string(const Expression& expression) {
  const auto* literal = std::get_if<Literal>(&expression.node);
  return literal && literal->value.is_string() ? &literal->value.as_string() : nullptr;
}

std::vector<Reference> references(const Expression& expression) {
  Bound bound;
  std::vector<Reference> out;
  find_references(expression, bound, out);
  return out;
}

}  // namespace core::hcl
