#include "core/hcl/body.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

constexpr std::size_t max_suggestion_bytes = 64;  // names longer than this are no typing slips

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// True when the attribute may stand for a block (the name is a block's) rather than be a mistake.
bool known_attribute(const Attribute& attribute, const Schema& schema) {
  return contains(schema.attributes, attribute.name) || contains(schema.blocks, attribute.name);
}

// Follows label keys inward from an attribute that stands for blocks; `labels` holds those above.
class AttributeAsBlocks {
 public:
  AttributeAsBlocks(const Attribute& attribute, std::size_t label_count, std::vector<Block>& blocks, Diagnostics& out)
      : attribute_(attribute), label_count_(label_count), blocks_(blocks), out_(out) {}

  void walk(const Expression& value) {
    if (const auto* list = std::get_if<TupleCons>(&value.node)) {
      for (const auto& item : list->items) walk(*item);
      return;
    }
    const auto* object = std::get_if<ObjectCons>(&value.node);
    if (!object) {
      report_error(out_, value.range, "Incorrect block value",
                   fmt::format("The value of \"{}\" must be an object, or a list of objects, that gives the "
                               "block's contents.",
                               attribute_.name));
      return;
    }
    if (labels_.size() == label_count_) return add_block(value);
    for (const auto& item : object->items) {
      const std::string* label = constant_string(*item.key);
      if (!label) {
        report_error(out_, item.key->range, "Invalid block label", "A block label must be a constant string.");
        continue;
      }
      labels_.push_back({*label, item.key->range});
      walk(*item.value);
      labels_.pop_back();
    }
  }

 private:
  void add_block(const Expression& value) {
    auto body = object_as_body(value, out_);
    if (body) blocks_.push_back({attribute_.name, labels_, body, attribute_.name_range, attribute_.name_range});
  }

  const Attribute& attribute_;
  std::size_t label_count_;
  std::vector<Block>& blocks_;
  Diagnostics& out_;
  std::vector<Label> labels_;
};

}  // namespace

const Attribute* Body::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &attributes_[found->second];
}

bool Body::add(Attribute attribute) {
  if (!by_name_.emplace(attribute.name, attributes_.size()).second) return false;
  attributes_.push_back(std::move(attribute));
  return true;
}

std::vector<Block> find_blocks(const Body& body, std::string_view type, std::size_t label_count, Diagnostics& out) {
  std::vector<Block> found;
  for (const Block& block : body.blocks()) {
    if (block.type != type) continue;
    if (block.labels.size() == label_count) {
      found.push_back(block);
    } else if (block.labels.size() < label_count) {
      report_error(out, block.header, fmt::format("Missing name for {}", type),
                   fmt::format("All {} blocks must have {} label(s).", type, label_count));
    } else {
      const Label& extra = block.labels[label_count];
      report_error(out, extra.range, fmt::format("Extraneous label for {}", type),
                   label_count == 0 ? fmt::format("No labels are expected for {} blocks.", type)
                                    : fmt::format("Only {} label(s) are expected for {} blocks.", label_count, type));
    }
  }
  if (const Attribute* attribute = body.find(type))
    AttributeAsBlocks(*attribute, label_count, found, out).walk(*attribute->value);
  return found;
}

std::shared_ptr<const Body> object_as_body(const Expression& object, Diagnostics& out) {
  const auto* items = std::get_if<ObjectCons>(&object.node);
  if (!items) {
    report_error(out, object.range, "Incorrect block value", "An object is required here.");
    return nullptr;
  }
  auto body = std::make_shared<Body>();
  for (const auto& item : items->items) {
    const std::string* name = constant_string(*item.key);
    if (!name) {
      report_error(out, item.key->range, "Invalid argument name", "An argument name must be a constant string.");
      return nullptr;
    }
    if (*name == "//") continue;  // a comment in HCL's JSON form
    const Range range = item.value->range.source ? join(item.key->range, item.value->range) : item.key->range;
    if (!body->add({*name, item.value, range, item.key->range})) {
      const Attribute* first = body->find(*name);
      report_error(out, item.key->range, "Attribute redefined",
                   fmt::format("The argument \"{}\" was already set at {}. Each argument may be set only once.", *name,
                               first->name_range.describe()));
    }
  }
  Range end = object.range;
  end.start = end.end;
  if (end.start.byte > 0 && end.start.column > 1) {
    --end.start.byte;
    --end.start.column;
  }
  body->set_end(end);
  return body;
}

void report_unknown(const Body& body, const Schema& schema, Diagnostics& out) {
  for (const Attribute& attribute : body.attributes()) {
    if (known_attribute(attribute, schema)) continue;
    if (out.size() >= max_diagnostics) return;
    auto detail = fmt::format("An argument named \"{}\" is not expected here.", attribute.name);
    if (const auto near = suggest(attribute.name, schema.attributes); !near.empty())
      detail += fmt::format(" Did you mean \"{}\"?", near);
    else if (const auto block = suggest(attribute.name, schema.blocks); !block.empty())
      detail += fmt::format(" Did you mean to define a block of type \"{}\"?", block);
    report_error(out, attribute.name_range, "Unsupported argument", std::move(detail));
  }
  for (const Block& block : body.blocks()) {
    if (contains(schema.blocks, block.type)) continue;
    if (out.size() >= max_diagnostics) return;
    auto detail = fmt::format("Blocks of type \"{}\" are not expected here.", block.type);
    if (contains(schema.attributes, block.type))
      detail += fmt::format(" Did you mean to define argument \"{}\"? If so, use the equals sign to assign it a value.",
                            block.type);
    else if (const auto near = suggest(block.type, schema.blocks); !near.empty())
      detail += fmt::format(" Did you mean \"{}\"?", near);
    report_error(out, block.type_range, "Unsupported block type", std::move(detail));
  }
}

std::vector<std::string> unknown_names(const Body& body, const Schema& schema) {
  std::vector<std::string> names;
  for (const Attribute& attribute : body.attributes())
    if (!known_attribute(attribute, schema)) names.push_back(attribute.name);
  for (const Block& block : body.blocks())
    if (!contains(schema.blocks, block.type)) names.push_back(block.type);
  return names;
}

void report_missing(const Body& body, std::string_view name, Diagnostics& out) {
  report_error(out, body.end(), "Missing required argument",
               fmt::format("The argument \"{}\" is required, but no definition was found.", name));
}

std::string suggest(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > max_suggestion_bytes) return {};
  std::string best;
  std::size_t least = 3;  // HCL's own threshold: two slips are close, three are another word
  for (const auto& candidate : candidates) {
    const auto shorter = std::min(candidate.size(), name.size());
    if (candidate.size() > max_suggestion_bytes || shorter == 0) continue;
    const auto distance = edit_distance(name, candidate);
    if (distance < least && distance < std::max(candidate.size(), name.size())) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace core::hcl
