#include "core/wire/protobuf/plan.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/base/check.hpp"

namespace core::wire::protobuf {
namespace {

using describe::Kind;
using describe::Type;

constexpr std::uint32_t max_field_number = 2000;  // of ours: slots are a table by number

bool is_container(const Type& type) {
  return type.kind == Kind::list || type.kind == Kind::map || type.kind == Kind::optional ||
         type.kind == Kind::shared || type.kind == Kind::variant;
}

Code code_of(const Type& type) {
  const auto width = [&](Code one, Code two, Code four, Code eight) {
    return type.size == 1 ? one : type.size == 2 ? two : type.size == 4 ? four : eight;
  };
  switch (type.kind) {
    case Kind::boolean:
      return Code::boolean;
    case Kind::integer:
      return width(Code::int8, Code::int16, Code::int32, Code::int64);
    case Kind::natural:
      return width(Code::uint8, Code::uint16, Code::uint32, Code::uint64);
    case Kind::floating:
      return Code::floating;
    case Kind::text:
      return Code::text;
    case Kind::bytes:
      return Code::bytes;
    case Kind::duration:
      return Code::int64;
    case Kind::wall_time:
      return Code::wall_time;
    case Kind::enumeration:
      return Code::enumeration;
    case Kind::json:
      return Code::json;
    default:
      return Code::message;
  }
}

WireType wire_of(Code code) {
  switch (code) {
    case Code::floating:
      return WireType::fixed64;
    case Code::text:
    case Code::bytes:
    case Code::json:
    case Code::message:
      return WireType::length;
    default:
      return WireType::varint;
  }
}

bool fits(Code code, ProtoType proto) {
  switch (code) {
    case Code::boolean:
      return proto == ProtoType::bool_;
    case Code::int8:
    case Code::int16:
    case Code::int32:
      return proto == ProtoType::int32;
    case Code::int64:
    case Code::wall_time:
      return proto == ProtoType::int64;
    case Code::uint8:
    case Code::uint16:
    case Code::uint32:
      return proto == ProtoType::uint32;
    case Code::uint64:
      return proto == ProtoType::uint64;
    case Code::floating:
      return proto == ProtoType::double_;
    case Code::text:  // `bytes` where the text may be anything
      return proto == ProtoType::string || proto == ProtoType::bytes;
    case Code::bytes:
      return proto == ProtoType::bytes;
    case Code::enumeration:
      return proto == ProtoType::enum_;
    case Code::json:
      return proto == ProtoType::string;
    case Code::message:
      return proto == ProtoType::message;
  }
  return false;
}

Shape shape_of(const Type& type) {
  switch (type.kind) {
    case Kind::optional:
      return Shape::optional;
    case Kind::shared:
      return Shape::shared;
    case Kind::list:
      return Shape::list;
    case Kind::map:
      return Shape::map;
    case Kind::variant:
      return Shape::variant;
    default:
      return Shape::plain;
  }
}

class Builder {
 public:
  explicit Builder(Plans& plans) : plans_(plans) {}

  const MessagePlan* message(const Type& type, const ContractMessage& contract) {
    const auto key = std::pair{&type, &contract};
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    MessagePlan& plan = plans_.messages.emplace_back();
    known_[key] = &plan;
    plan.name = contract.name;
    if (type.kind == Kind::structure) {
      for (const describe::Field& field : type.fields)
        add_field(plan, field.type(), field.offset, proto_name(field.name), contract);
    } else {
      // A wrapper: one field, or one oneof, that holds the whole value.
      require(!contract.fields.empty(), contract, "", "a wrapper holds one field");
      const ContractField& only = contract.fields.front();
      add_field(plan, type, 0, type.kind == Kind::variant ? only.oneof : only.name, contract);
    }
    std::sort(plan.fields.begin(), plan.fields.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
    fill_slots(plan);
    return &plan;
  }

 private:
  static void require(bool holds, const ContractMessage& contract, std::string_view field, const char* rule) {
    if (holds) return;
    const std::string text = std::string(contract.name) + "." + std::string(field) + ": " + rule;
    check(false, text.c_str());
  }

  void add_field(MessagePlan& plan, const Type& type, std::size_t offset, std::string_view name,
                 const ContractMessage& contract) {
    FieldPlan field;
    field.name = name;
    field.offset = offset;
    field.type = &type;
    field.shape = shape_of(type);
    field.item = is_container(type) && type.kind != Kind::variant ? &type.element() : &type;
    if (field.shape == Shape::variant) {
      field.message = alternatives(type, name, contract);
      field.tag = field.message->fields.empty() ? 0 : first_tag(*field.message);
    } else {
      const ContractField* found = contract.field(name);
      require(found != nullptr, contract, name, "every field of a struct is in its message");
      fill_field(field, *found, contract);
    }
    plan.fields.push_back(field);
  }

  void fill_field(FieldPlan& field, const ContractField& found, const ContractMessage& contract) {
    require(found.number <= max_field_number, contract, field.name, "numbers are small");
    require(found.oneof.empty(), contract, field.name, "a oneof is a std::variant");
    const bool many = field.shape == Shape::list || field.shape == Shape::map;
    require(found.repeated == many, contract, field.name, "lists and maps are repeated, nothing else is");
    if (field.shape == Shape::map) {
      require(found.message != nullptr && found.message->map_entry, contract, field.name, "a std::map is a map");
      field.message = map_entry(*field.type, *found.message);
      field.tag = make_tag(found.number, WireType::length);
      return;
    }
    fill_item(field, *field.item, found, contract);
    field.always = field.shape != Shape::plain;
    field.packed = field.shape == Shape::list && wire_of(field.code) != WireType::length;
    if (field.packed) field.tag = make_tag(found.number, WireType::length);
    const bool presence =
        field.code != Code::message && (field.shape == Shape::optional || field.shape == Shape::shared ||
                                        (field.shape == Shape::plain && field.code == Code::wall_time));
    require(found.optional == presence || field.code == Code::message, contract, field.name,
            "std::optional numbers and texts, and times, are `optional`, nothing else is");
  }

  void fill_item(FieldPlan& field, const Type& item, const ContractField& found, const ContractMessage& contract) {
    field.item = &item;
    field.code = code_of(item);
    require(fits(field.code, found.type), contract, field.name, "the type fits");
    field.tag = make_tag(found.number, wire_of(field.code));
    if (field.code == Code::message) field.message = message(item, *found.message);
  }

  const MessagePlan* map_entry(const Type& map, const ContractMessage& contract) {
    MessagePlan& plan = plans_.messages.emplace_back();
    plan.name = contract.name;
    plan.fields.resize(2);
    const std::pair<const Type&, std::string_view> parts[] = {{map.key(), "key"}, {map.element(), "value"}};
    for (std::size_t i = 0; i < plan.fields.size(); ++i) {
      FieldPlan field;
      field.name = parts[i].second;
      field.type = &parts[i].first;
      field.always = true;
      fill_item(field, parts[i].first, *contract.field(field.name), contract);
      plan.fields[i] = field;
    }
    fill_slots(plan);
    return &plan;
  }

  const MessagePlan* alternatives(const Type& variant, std::string_view oneof, const ContractMessage& contract) {
    MessagePlan& plan = plans_.messages.emplace_back();
    plan.name = oneof;
    for (const describe::TypeRef alternative : variant.alternatives) {
      const std::string name = describe::snake_case(alternative().name);
      const ContractField* found = contract.field(name);
      require(found != nullptr && found->oneof == oneof && found->message != nullptr, contract, name,
              "every alternative of a std::variant is a message in the oneof");
      require(found->number <= max_field_number, contract, name, "numbers are small");
      FieldPlan field;
      field.name = found->name;
      field.type = &alternative();
      field.always = true;
      fill_item(field, alternative(), *found, contract);
      plan.fields.push_back(field);
    }
    return &plan;
  }

  static std::uint32_t first_tag(const MessagePlan& alternatives) {
    return std::min_element(alternatives.fields.begin(), alternatives.fields.end(),
                            [](const auto& a, const auto& b) { return a.tag < b.tag; })
        ->tag;
  }

  static void fill_slots(MessagePlan& plan) {
    check(plan.fields.size() <= 64, "a message has at most 64 fields");
    const auto put = [&](std::uint32_t tag, std::size_t field, std::size_t alternative) {
      const std::size_t number = tag >> tag_bits;
      if (plan.slots.size() <= number) plan.slots.resize(number + 1);
      check(plan.slots[number].field == MessagePlan::none, "a field number is used once");
      plan.slots[number] = {static_cast<std::uint16_t>(field), static_cast<std::uint16_t>(alternative)};
    };
    for (std::size_t i = 0; i < plan.fields.size(); ++i) {
      const FieldPlan& field = plan.fields[i];
      const bool holds_variant =
          field.shape == Shape::variant ||
          (field.shape == Shape::plain && field.message != nullptr && field.message->required != 0);
      if (holds_variant) plan.required |= std::uint64_t{1} << i;
      if (field.shape != Shape::variant) {
        put(field.tag, i, 0);
        continue;
      }
      for (std::size_t a = 0; a < field.message->fields.size(); ++a) put(field.message->fields[a].tag, i, a);
    }
  }

  Plans& plans_;
  std::map<std::pair<const Type*, const ContractMessage*>, const MessagePlan*> known_;
};

// Do the fields of the struct have the names of the message's, all of them?
bool same_fields(const Type& type, const ContractMessage& message) {
  std::size_t named = 0;
  for (const describe::Field& field : type.fields) {
    const Type& held = field.type();
    if (held.kind != Kind::variant) {
      if (message.field(proto_name(field.name)) == nullptr) return false;
      ++named;
      continue;
    }
    for (const describe::TypeRef alternative : held.alternatives)
      if (message.field(describe::snake_case(alternative().name)) == nullptr) return false;
    named += held.alternatives.size();
  }
  return named == message.fields.size();
}

}  // namespace

std::string_view proto_name(std::string_view cpp_name) {
  if (cpp_name.ends_with('_')) cpp_name.remove_suffix(1);
  return cpp_name;
}

const ContractMessage* find_message(const Type& type) {
  std::vector<const ContractMessage*> named;
  for (const ContractMessage& message : contract())
    if (message.short_name() == type.name && !message.map_entry) named.push_back(&message);
  if (named.size() == 1) return named.front();
  // Types know their names without the namespace, so two packages may have messages of one name.
  std::erase_if(named, [&](const ContractMessage* message) { return !same_fields(type, *message); });
  return named.size() == 1 ? named.front() : nullptr;
}

Plans make_plans(const Type& type) {
  check(type.kind == Kind::structure, "only structs are encoded as messages");
  const ContractMessage* contract = find_message(type);
  if (contract == nullptr) {
    const std::string text = type.name + ": the .proto files have one message with the struct's name and fields";
    check(false, text.c_str());
  }
  Plans plans;
  plans.contract = contract;
  plans.root = Builder(plans).message(type, *contract);
  return plans;
}

}  // namespace core::wire::protobuf
