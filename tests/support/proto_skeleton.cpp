// `proto_skeleton` prints a message for every registered type that no .proto file has yet; with names, for those.
//
// A draft: numbers count from 1 in the order of description, texts are `string` (make it `bytes` where anything
// may be in it), and wrappers get names to be reviewed. What is checked in is never renumbered.
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "core/wire/protobuf/plan.hpp"
#include "tests/support/wire_types.hpp"

namespace {

using core::describe::Field;
using core::describe::Kind;
using core::describe::Type;
using core::wire::protobuf::proto_name;

std::map<std::string, std::string> wrappers;  // by name: written once, after the message that needs them

std::string upper_snake(std::string_view name) {
  std::string out = core::describe::snake_case(name);
  for (char& c : out) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string item_name(const Type& type);
std::string field_line(const Type& type, const std::string& name, int& number);

// A message of its own for what protobuf cannot nest.
std::string wrapper(const Type& type) {
  std::string name;
  if (type.kind == Kind::variant)
    name = "AnyOf" + type.alternatives.front()().name;
  else if (type.kind == Kind::list)
    name = capital(item_name(type.element())) + "List";
  else if (type.kind == Kind::map)
    name = capital(item_name(type.element())) + "Map";
  else
    name = "Optional" + capital(item_name(type.element()));
  if (wrappers.contains(name)) return name;
  int number = 1;
  const bool many = type.kind == Kind::list || type.kind == Kind::map;
  const std::string body = field_line(type, type.kind == Kind::variant ? "kind" : many ? "values" : "value", number);
  wrappers[name] = "message " + name + " {\n" + body + "}\n";
  return name;
}

std::string item_name(const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return type.size == 8 ? "int64" : "int32";
    case Kind::natural:
      return type.size == 8 ? "uint64" : "uint32";
    case Kind::floating:
      return "double";
    case Kind::text:
    case Kind::json:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::duration:
    case Kind::wall_time:
      return "int64";
    case Kind::enumeration:
    case Kind::structure:
      return type.name;
    default:
      return wrapper(type);
  }
}

std::string remark(const Type& type) {
  if (type.kind == Kind::duration) return "  // nanoseconds";
  if (type.kind == Kind::wall_time) return "  // Unix nanoseconds; absent: not set";
  if (type.kind == Kind::json) return "  // JSON text; empty: null";
  return "";
}

std::string field_line(const Type& type, const std::string& name, int& number) {
  const auto line = [&](const std::string& words, const Type& item) {
    return "  " + words + " " + name + " = " + std::to_string(number++) + ";" + remark(item) + "\n";
  };
  if (type.kind == Kind::variant) {
    std::string out = "  oneof " + name + " {\n";
    for (const auto alternative : type.alternatives)
      out += "    " + alternative().name + " " + core::describe::snake_case(alternative().name) + " = " +
             std::to_string(number++) + ";\n";
    return out + "  }\n";
  }
  if (type.kind == Kind::list) return line("repeated " + item_name(type.element()), type.element());
  if (type.kind == Kind::map)
    return line("map<" + item_name(type.key()) + ", " + item_name(type.element()) + ">", type.element());
  const bool held = type.kind == Kind::optional || type.kind == Kind::shared;
  const Type& item = held ? type.element() : type;
  const std::string item_words = item_name(item);
  const bool message = item.kind == Kind::structure || item.kind == Kind::list || item.kind == Kind::map ||
                       item.kind == Kind::optional || item.kind == Kind::shared || item.kind == Kind::variant;
  const bool presence = !message && (held || type.kind == Kind::wall_time);
  return line((presence ? "optional " : "") + item_words, item);
}

std::string enum_text(const Type& type) {
  std::string out = "enum " + type.name + " {\n";
  for (const auto& enumerator : type.enumerators)
    out += "  " + upper_snake(type.name) + "_" + upper_snake(enumerator.name) + " = " +
           std::to_string(enumerator.value) + ";\n";
  return out + "}\n";
}

void print(const Type& type, std::set<std::string>& enums_done) {
  std::string text;
  int number = 1;
  for (const Field& field : type.fields) {
    const Type* item = &field.type();
    while (item->element != nullptr) item = &item->element();
    if (item->kind == Kind::enumeration && enums_done.insert(item->name).second) std::puts(enum_text(*item).c_str());
    text += field_line(field.type(), std::string(proto_name(field.name)), number);
  }
  std::printf("message %s {\n%s}\n\n", type.name.c_str(), text.c_str());
  for (const auto& [name, wrapped] : wrappers)
    if (enums_done.insert(name).second) std::puts(wrapped.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::set<std::string> enums_done;
  for (const tests::ValueType& kind : tests::wire_types()) {
    bool wanted = argc == 1 && core::wire::protobuf::find_message(*kind.type) == nullptr;
    for (int i = 1; i < argc; ++i) wanted = wanted || kind.type->name == argv[i];
    if (wanted) print(*kind.type, enums_done);
  }
  return 0;
}
