#include "core/hcl/dynamic.hpp"

#include <fmt/core.h>

#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

constexpr std::size_t max_dynamic_blocks = 10'000;  // of one dynamic block

// One `dynamic` block with what it says about itself.
class Dynamic {
 public:
  Dynamic(const Block& block, std::size_t label_count, const std::shared_ptr<const EvalContext>& context,
          Diagnostics& out)
      : block_(block), label_count_(label_count), context_(context), out_(out) {}

  void expand(std::vector<ExpandedBlock>& into) {
    report_unknown(*block_.body, {{"for_each", "iterator", "labels"}, {"content"}}, out_);
    const auto contents = find_blocks(*block_.body, "content", 0, out_);
    const Attribute* for_each = block_.body->find("for_each");
    if (!for_each) return report_missing(*block_.body, "for_each", out_);
    if (contents.size() != 1)
      return report_error(out_, block_.header, "Missing or repeated content block",
                          "A dynamic block must have one \"content\" block.");
    if (!read_iterator()) return;
    const auto items = evaluate(*for_each->value, *context_, out_);
    if (!items) return;
    if (!items->is_list() && !items->is_object())
      return report_error(
          out_, for_each->value->range, "Invalid dynamic for_each value",
          fmt::format("Cannot use a {} value in for_each. An iterable collection is required.", items->kind_name()));
    const auto count = items->is_list() ? items->as_list().size() : items->as_object().size();
    if (count > max_dynamic_blocks)
      return report_error(out_, for_each->value->range, "Invalid dynamic for_each value",
                          fmt::format("A dynamic block makes at most {} blocks.", max_dynamic_blocks));
    if (items->is_list()) {
      std::int64_t index = 0;
      for (const Value& item : items->as_list()) add(into, contents[0], Value(index++), item);
    } else {
      for (const auto& [key, item] : items->as_object()) add(into, contents[0], Value(key), item);
    }
  }

 private:
  bool read_iterator() {
    iterator_ = block_.label();
    const Attribute* named = block_.body->find("iterator");
    if (!named) return true;
    const auto* name = std::get_if<Traversal>(&named->value->node);
    if (name && !name->base && name->steps.empty()) {
      iterator_ = name->root;
      return true;
    }
    report_error(out_, named->value->range, "Invalid expression", "A single name is required for the iterator.");
    return false;
  }

  void add(std::vector<ExpandedBlock>& into, const Block& content, const Value& key, const Value& item) {
    auto inner = std::make_shared<EvalContext>();
    inner->parent = context_.get();
    inner->variables.emplace(iterator_, Value(Value::Object{{"key", key}, {"value", item}}));
    Block made{std::string(block_.label()), {}, content.body, block_.type_range, block_.header};
    if (const Attribute* labels = block_.body->find("labels")) {
      const auto texts = evaluate(*labels->value, *inner, out_);
      if (!texts) return;
      for (const Value& text : texts->is_list() ? texts->as_list() : Value::List{}) {
        auto label = to_string(text);
        if (!label)
          return report_error(out_, labels->value->range, "Invalid dynamic block label", "A label must be a string.");
        made.labels.push_back({std::move(*label), labels->value->range});
      }
    }
    if (made.labels.size() != label_count_)
      return report_error(out_, block_.header, "Wrong number of labels in dynamic block",
                          fmt::format("{} blocks must have {} label(s).", made.type, label_count_));
    into.push_back({std::move(made), std::move(inner)});
  }

  const Block& block_;
  std::size_t label_count_;
  const std::shared_ptr<const EvalContext>& context_;
  Diagnostics& out_;
  std::string iterator_;
};

}  // namespace

std::vector<Block> dynamic_blocks(const Body& body, Diagnostics& out) { return find_blocks(body, "dynamic", 1, out); }

std::vector<ExpandedBlock> expand_blocks(const Body& body, std::string_view type, std::size_t label_count,
                                         const std::shared_ptr<const EvalContext>& context, Diagnostics& out) {
  std::vector<ExpandedBlock> blocks;
  for (Block& block : find_blocks(body, type, label_count, out)) blocks.push_back({std::move(block), context});
  Diagnostics told_by_dynamic_blocks;
  for (const Block& block : dynamic_blocks(body, told_by_dynamic_blocks))
    if (block.label() == type) Dynamic(block, label_count, context, out).expand(blocks);
  return blocks;
}

}  // namespace core::hcl
