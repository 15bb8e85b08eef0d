#include "core/jobspec/reader.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace core::jobspec {
namespace {

namespace json = boost::json;
using describe::Field;
using describe::Kind;
using describe::Type;

const Type& without_optional(const Type& type) {
  const Type* at = &type;
  while (at->kind == Kind::optional || at->kind == Kind::shared) at = &at->element();
  return *at;
}

// A map to structs is a block a key; any other map is written whole.
bool is_free_form(const Type& type) {
  return type.kind == Kind::json ||
         (type.kind == Kind::map && without_optional(type.element()).kind != Kind::structure);
}

bool is_block(const Type& type) {
  const Type& bare = without_optional(type);
  if (bare.kind == Kind::structure || bare.kind == Kind::map || bare.kind == Kind::json) return true;
  return bare.kind == Kind::list && without_optional(bare.element()).kind == Kind::structure;
}

std::string key_name(std::string_view field) {
  if (field.ends_with('_')) field.remove_suffix(1);
  return std::string(field);
}

void report_duplicate(const hcl::Block& block, const hcl::Block& first, hcl::Diagnostics& out) {
  report_error(
      out, block.header, fmt::format("Duplicate {} block", block.type),
      fmt::format("Only one {} block is allowed. Another was defined at {}.", block.type, first.header.describe()));
}

// Later text wins, but objects grow together: two `meta` blocks make one.
void merge_over(json::object& into, const json::object& later) {
  for (const auto& [name, value] : later) {
    json::value& slot = into[name];
    if (slot.is_object() && value.is_object())
      merge_over(slot.get_object(), value.get_object());
    else
      slot = value;
  }
}

}  // namespace

void fill_missing(json::object& into, const json::object& more) {
  for (const auto& [name, value] : more) {
    json::value& slot = into[name];
    if (slot.is_null())
      slot = value;
    else if (slot.is_object() && value.is_object())
      fill_missing(slot.get_object(), value.get_object());
  }
}

std::vector<BodyReader::Key> BodyReader::keys_of(std::span<const Type* const> types) const {
  std::vector<Key> keys;
  for (const Type* type : types) {
    for (const Field& field : type->fields) {
      Key key{&field, key_name(field.name), {}, is_block(field.type())};
      for (const KeyRule& rule : options_.rules) {
        if (rule.type != type->name || rule.field != field.name) continue;
        key.name = rule.key;
        key.label = rule.label;
      }
      if (!key.name.empty()) keys.push_back(std::move(key));
    }
  }
  return keys;
}

void BodyReader::check_known(const hcl::Body& body, const std::vector<Key>& keys) {
  hcl::Schema schema;
  for (const Key& key : keys) (key.is_block ? schema.blocks : schema.attributes).push_back(key.name);
  if (!options_.plain_unknown_keys) {
    schema.blocks.emplace_back("dynamic");
    hcl::report_unknown(body, schema, out_);
    for (const hcl::Block& block : hcl::dynamic_blocks(body, out_)) {
      if (std::ranges::find(schema.blocks, block.label()) != schema.blocks.end()) continue;
      report_error(out_, block.header, "Unsupported block type",
                   fmt::format("Blocks of type \"{}\" are not expected here.", block.label()));
    }
    return;
  }
  std::vector<std::string> all = schema.attributes;
  all.insert(all.end(), schema.blocks.begin(), schema.blocks.end());
  const auto unexpected = [&](const std::string& name, const hcl::Range& range) {
    const std::string near = hcl::suggest(name, all);
    report_error(out_, range, fmt::format("unexpected keys {}", name),
                 near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  };
  for (const hcl::Attribute& attribute : body.attributes())
    if (std::ranges::find(all, attribute.name) == all.end()) unexpected(attribute.name, attribute.name_range);
  for (const hcl::Block& block : body.blocks()) {
    if (std::ranges::find(all, block.type) == all.end())
      unexpected(block.type, block.type_range);
    else if (std::ranges::find(schema.attributes, block.type) != schema.attributes.end())
      report_error(out_, block.type_range, fmt::format("\"{}\" is not a block", block.type),
                   fmt::format("write {} = ...", block.type));
  }
}

json::object BodyReader::read(const hcl::Body& body, std::span<const Type* const> types, const Context& context) {
  const std::vector<Key> keys = keys_of(types);
  check_known(body, keys);
  json::object out;
  for (const Key& key : keys) read_key(key, body, context, out);
  return out;
}

json::object BodyReader::read_struct(const Type& type, const hcl::Body& body, const Context& context) {
  for (const SpecialForm& form : options_.forms)
    if (form.type == type.name) return form.read(*this, body, context);
  const Type* const types[] = {&type};
  return read(body, types, context);
}

void BodyReader::read_key(const Key& key, const hcl::Body& body, const Context& context, json::object& into) {
  const Type& type = without_optional(key.field->type());
  if (!key.is_block) {
    if (const hcl::Attribute* attribute = body.find(key.name)) read_attribute(key, *attribute, context, into);
  } else if (is_free_form(type)) {
    read_free_form(key, body, context, into);
  } else {
    read_blocks(key, body, context, into);
  }
}

void BodyReader::read_attribute(const Key& key, const hcl::Attribute& attribute, const Context& context,
                                json::object& into) {
  const auto value = hcl::evaluate(*attribute.value, *context, out_);
  if (!value || value->is_null()) return;
  std::string wanted;
  if (auto read = to_field_json(without_optional(key.field->type()), *value, wanted)) {
    into[key.field->json_name] = std::move(*read);
    return;
  }
  std::string found = hcl::to_hcl(*value);
  constexpr std::size_t shown = 40;
  if (found.size() > shown) found = found.substr(0, shown) + "...";
  report_error(out_, attribute.value->range, "Incorrect attribute value type",
               fmt::format("Inappropriate value for attribute \"{}\": {} is required, but this is the {} {}.", key.name,
                           wanted, value->kind_name(), found));
}

void BodyReader::read_free_form(const Key& key, const hcl::Body& body, const Context& context, json::object& into) {
  const Type& type = without_optional(key.field->type());
  json::object merged;
  bool present = false;
  const auto take = [&](const hcl::Value& value, const hcl::Range& range) {
    std::string wanted = "an object";
    auto read = value.is_object() ? to_field_json(type, value, wanted) : std::nullopt;
    if (!read) {
      report_error(out_, range, "Incorrect attribute value type",
                   fmt::format("Inappropriate value for \"{}\": {} is required.", key.name, wanted));
      return;
    }
    present = true;
    merge_over(merged, read->get_object());
  };
  if (const hcl::Attribute* attribute = body.find(key.name)) {
    const auto value = hcl::evaluate(*attribute->value, *context, out_);
    if (!value || value->is_null()) return;
    if (value->is_list()) {
      for (const hcl::Value& item : value->as_list()) take(item, attribute->value->range);
    } else {
      take(*value, attribute->value->range);
    }
  } else {
    const auto blocks = hcl::expand_blocks(body, key.name, 0, context, out_);
    for (const auto& [block, inner] : blocks) {
      if (&block != &blocks.front().block && !options_.merge_repeated)
        return report_duplicate(block, blocks.front().block, out_);
      if (const auto value = hcl::evaluate_body(*block.body, *inner, out_)) take(*value, block.header);
    }
  }
  if (present) into[key.field->json_name] = std::move(merged);
}

void BodyReader::read_blocks(const Key& key, const hcl::Body& body, const Context& context, json::object& into) {
  const Type& type = without_optional(key.field->type());
  const bool many = type.kind == Kind::list || type.kind == Kind::map;
  const Type& item = many ? without_optional(type.element()) : type;
  const std::size_t labels = type.kind == Kind::map || !key.label.empty() ? 1 : 0;
  const auto blocks = hcl::expand_blocks(body, key.name, labels, context, out_);
  for (const auto& [block, inner] : blocks) {
    json::object read = read_struct(item, *block.body, inner);
    if (!key.label.empty()) read.emplace(item.field(key.label)->json_name, block.label());
    if (type.kind == Kind::list) {
      json::value& list = into[key.field->json_name];
      if (!list.is_array()) list.emplace_array();
      list.get_array().push_back(std::move(read));
    } else if (type.kind == Kind::map) {
      json::value& map = into[key.field->json_name];
      if (!map.is_object()) map.emplace_object();
      json::value& slot = map.get_object()[block.label()];
      if (slot.is_object() && !options_.merge_repeated) return report_duplicate(block, blocks.front().block, out_);
      if (!slot.is_object()) slot.emplace_object();
      merge_over(slot.get_object(), read);
    } else {
      if (&block != &blocks.front().block && !options_.merge_repeated)
        return report_duplicate(block, blocks.front().block, out_);
      json::value& slot = into[key.field->json_name];
      if (!slot.is_object()) slot.emplace_object();
      merge_over(slot.get_object(), read);
    }
  }
}

}  // namespace core::jobspec
