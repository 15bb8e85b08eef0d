// Evaluation of constructors, indexes, splats and `for`.
#include <fmt/core.h>

#include "core/hcl/evaluator.hpp"
#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

std::vector<std::string> keys_of(const Value::Object& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object) keys.push_back(key);
  return keys;
}

}  // namespace

Evaluator::Result Evaluator::attribute_of(const Value& value, const std::string& name, const Range& range) {
  if (value.is_null())
    return fail(range, "Attempt to get attribute from null value",
                "This value is null, so it does not have any attributes.");
  if (!value.is_object())
    return fail(range, "Unsupported attribute",
                value.is_list()
                    ? "This value does not have any attributes. An attribute of each item is written with [*]."
                    : "This value does not have any attributes.");
  const auto found = value.as_object().find(name);
  if (found != value.as_object().end()) return found->second;
  if (unheard()) return std::nullopt;
  return fail(range, "Unsupported attribute",
              fmt::format("This object does not have an attribute named \"{}\".{}", name,
                          did_you_mean(name, keys_of(value.as_object()))));
}

Evaluator::Result Evaluator::element_of(const Value& value, const Value& key, const Range& range) {
  if (value.is_null())
    return fail(range, "Attempt to index null value", "This value is null, so it does not have any indices.");
  if (key.is_null()) return fail(range, "Invalid index", "Can't use a null value as an indexing key.");
  if (value.is_object()) {
    const auto name = to_string(key);
    if (!name)
      return fail(range, "Invalid index",
                  "The given key does not identify an element in this collection value: a string is required.");
    const auto found = value.as_object().find(*name);
    if (found != value.as_object().end()) return found->second;
    return fail(range, "Invalid index", "The given key does not identify an element in this collection value.");
  }
  if (!value.is_list()) return fail(range, "Invalid index", "This value does not have any indices.");
  const auto number = to_number(key);
  const auto index = number ? number->as_int() : std::nullopt;
  if (!index)
    return fail(range, "Invalid index",
                "The given key does not identify an element in this collection value: a whole number is required.");
  if (*index < 0)
    return fail(range, "Invalid index",
                "The given key does not identify an element in this collection value: a negative number is not a valid "
                "index for a sequence.");
  const auto& items = value.as_list();
  if (static_cast<std::uint64_t>(*index) >= items.size())
    return fail(range, "Invalid index",
                "The given key does not identify an element in this collection value: the given index is greater than "
                "or equal to the length of the collection.");
  return items[static_cast<std::size_t>(*index)];
}

Evaluator::Result Evaluator::follow(const Value& value, const Step& step) {
  if (!budget_.spend(1)) return too_costly(step.range);
  if (!step.key) return attribute_of(value, step.name, step.range);
  const auto key = evaluate(*step.key);
  return key ? element_of(value, *key, step.range) : std::nullopt;
}

Evaluator::Result Evaluator::on(const SplatItem&, const Range& range) {
  if (splat_item_) return *splat_item_;
  return fail(range, "Invalid expression", "There is no item here.");
}

Evaluator::Result Evaluator::on(const Splat& node, const Range& range) {
  const auto source = evaluate(*node.source);
  if (!source) return std::nullopt;
  // A value that is no list counts as a list of itself, null as an empty one.
  const Value::List items = source->is_list()   ? source->as_list()
                            : source->is_null() ? Value::List{}
                                                : Value::List{*source};
  Value::List out;
  std::size_t weight = 0;
  const Value* const before = splat_item_;
  for (const Value& item : items) {
    splat_item_ = &item;
    auto value = evaluate(*node.each);
    splat_item_ = before;
    if (!value) return std::nullopt;
    weight += value->weight();
    if (weight > max_value_weight) return too_large(range);
    out.push_back(std::move(*value));
  }
  return sized(Value(std::move(out)), range);
}

Evaluator::Result Evaluator::on(const TupleCons& node, const Range& range) {
  Value::List out;
  bool complete = true;
  std::size_t weight = 0;
  for (const auto& item : node.items) {
    auto value = evaluate(*item);
    complete = complete && value;
    if (!value) continue;  // the other items' errors are worth hearing too
    weight += value->weight();
    if (weight > max_value_weight) return too_large(range);
    out.push_back(std::move(*value));
  }
  if (!complete) return std::nullopt;
  return sized(Value(std::move(out)), range);
}

std::optional<std::string> Evaluator::key_text(const Expression& key, std::string_view what) {
  const auto value = evaluate(key);
  if (!value) return std::nullopt;
  if (value->is_null()) return fail(key.range, "Null value as key", fmt::format("Can't use a null value as {}.", what));
  auto text = to_string(*value);
  if (!text)
    return fail(key.range, "Incorrect key type", fmt::format("Can't use this value as {}: string required.", what));
  return text;
}

Evaluator::Result Evaluator::on(const ObjectCons& node, const Range& range) {
  Value::Object out;
  bool complete = true;
  std::size_t weight = 0;
  for (const auto& item : node.items) {
    auto key = key_text(*item.key, "a key");
    auto value = evaluate(*item.value);
    complete = complete && key && value;
    if (!key || !value) continue;
    weight += key->size() + value->weight();
    if (weight > max_value_weight) return too_large(range);
    out.insert_or_assign(std::move(*key), std::move(*value));
  }
  if (!complete) return std::nullopt;
  return sized(Value(std::move(out)), range);
}

// The state of a `for` under way: one of the results is filled.
struct Evaluator::Loop {
  const For& node;
  const Range& range;
  EvalContext context;
  Value::List list;
  Value::Object object;
  std::map<std::string, Value::List, std::less<>> groups;
  std::size_t weight = 0;
};

bool Evaluator::loop_item(Loop& loop, const Value& key, const Value& value) {
  const For& node = loop.node;
  if (value.is_string() && !budget_.spend(value.weight())) {
    too_costly(loop.range);
    return false;
  }
  if (!node.key_name.empty()) loop.context.variables.insert_or_assign(node.key_name, key);
  loop.context.variables.insert_or_assign(node.value_name, value);
  if (node.condition) {
    const auto included = condition(*node.condition);
    if (!included) return false;
    if (!*included) return true;
  }
  std::optional<std::string> name;
  if (node.key && !(name = key_text(*node.key, "a key"))) return false;
  auto result = evaluate(*node.value);
  if (!result) return false;
  loop.weight += result->weight() + (name ? name->size() : 0);
  if (loop.weight > max_value_weight) {
    too_large(loop.range);
    return false;
  }
  if (!name) {
    loop.list.push_back(std::move(*result));
  } else if (node.grouped) {
    loop.groups[*name].push_back(std::move(*result));
  } else if (!loop.object.emplace(*name, std::move(*result)).second) {
    fail(node.key->range, "Duplicate object key",
         fmt::format(
             "Two different items produced the key \"{}\" in this 'for' expression. If duplicates are expected, use "
             "the ellipsis (...) after the value expression to enable grouping by key.",
             *name));
    return false;
  }
  return true;
}

Evaluator::Result Evaluator::on(const For& node, const Range& range) {
  const auto collection = evaluate(*node.collection);
  if (!collection) return std::nullopt;
  if (collection->is_null())
    return fail(node.collection->range, "Iteration over null value",
                "A null value cannot be used as the collection in a 'for' expression.");
  if (!collection->is_list() && !collection->is_object())
    return fail(node.collection->range, "Iteration over non-iterable value",
                fmt::format("A value of type {} cannot be used as the collection in a 'for' expression.",
                            collection->kind_name()));
  Loop loop{node, range, {.parent = context_}, {}, {}, {}};
  const EvalContext* const outer = std::exchange(context_, &loop.context);
  bool complete = true;
  if (collection->is_list()) {
    std::int64_t index = 0;
    for (const Value& item : collection->as_list())
      if (!(complete = loop_item(loop, Value(index++), item))) break;
  } else {
    for (const auto& [key, item] : collection->as_object())
      if (!(complete = loop_item(loop, Value(key), item))) break;
  }
  context_ = outer;
  if (!complete) return std::nullopt;
  if (!node.key) return sized(Value(std::move(loop.list)), range);
  for (auto& [key, items] : loop.groups) loop.object.emplace(key, Value(std::move(items)));
  return sized(Value(std::move(loop.object)), range);
}

}  // namespace core::hcl
