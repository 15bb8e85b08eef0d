#include "core/describe/text.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "core/describe/scalar.hpp"

namespace core::describe {
namespace {

constexpr std::size_t shown_bytes = 16;

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x21 || static_cast<unsigned char>(c) > 0x7e || c == '"') return false;
  return !text.empty();
}

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) return false;
  return true;
}

void append_bytes(std::string& out, std::string_view bytes) {
  out += fmt::format("#{}:", bytes.size());
  for (const char c : bytes.substr(0, shown_bytes)) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  if (bytes.size() > shown_bytes) out += "..";
}

void append_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
  } else if (is_printable(text)) {
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  } else {
    append_bytes(out, text);
  }
}

void append_fields(std::string& out, const Type& type, const void* at) {
  bool first = true;
  for (const Field& field : type.fields) {
    const Type& inner = field.type();
    if (is_zero(inner, field.in(at))) continue;
    if (!first) out += ' ';
    first = false;
    out += field.name;
    out += '=';
    append_text(out, inner, field.in(at));
  }
}

void append_map(std::string& out, const Type& type, const void* at) {
  struct Context {
    std::string& out;
    const Type& type;
    bool first = true;
  } context{out, type};
  out += '{';
  type.map_each(at, &context, [](void* raw, const void* key, const void* value) {
    auto& c = *static_cast<Context*>(raw);
    if (!c.first) c.out += ' ';
    c.first = false;
    append_text(c.out, c.type.key(), key);
    c.out += ':';
    append_text(c.out, c.type.element(), value);
  });
  out += '}';
}

}  // namespace

void append_text(std::string& out, const Type& type, const void* at) {
  switch (type.kind) {
    case Kind::boolean:
      out += *static_cast<const bool*>(at) ? "true" : "false";
      return;
    case Kind::integer:
      out += std::to_string(read_integer(type, at));
      return;
    case Kind::natural:
      out += std::to_string(read_natural(type, at));
      return;
    case Kind::floating:
      out += fmt::format("{}", *static_cast<const double*>(at));
      return;
    case Kind::text:
      append_string(out, *static_cast<const std::string*>(at));
      return;
    case Kind::bytes:
      append_bytes(out, static_cast<const Bytes*>(at)->data);
      return;
    case Kind::duration:
      out += duration_text(*static_cast<const Duration*>(at));
      return;
    case Kind::wall_time:
      out += wall_time_text(*static_cast<const WallTime*>(at));
      return;
    case Kind::json:
      out += boost::json::serialize(*static_cast<const boost::json::value*>(at));
      return;
    case Kind::enumeration: {
      const std::int64_t value = read_integer(type, at);
      for (const Enumerator& enumerator : type.enumerators)
        if (enumerator.value == value) {
          out += enumerator.name;
          return;
        }
      out += std::to_string(value);
      return;
    }
    case Kind::optional:
    case Kind::shared:
      if (const void* held = type.get(at)) return append_text(out, type.element(), held);
      out += "none";
      return;
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; i < type.list_size(at); ++i) {
        if (i > 0) out += ' ';
        append_text(out, type.element(), type.list_at(at, i));
      }
      out += ']';
      return;
    case Kind::map:
      return append_map(out, type, at);
    case Kind::variant: {
      const Type& held = type.alternatives[type.index(at)]();
      out += hyphened(snake_case(held.name));
      const std::size_t before = out.size();
      out += ' ';
      append_fields(out, held, type.alternative(at));
      if (out.size() == before + 1) out.pop_back();
      return;
    }
    case Kind::structure:
      if (type.own_text != nullptr) {
        out += type.own_text(at);
        return;
      }
      out += '(';
      append_fields(out, type, at);
      out += ')';
      return;
  }
}

}  // namespace core::describe
