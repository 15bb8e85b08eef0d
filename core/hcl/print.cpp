// Values as HCL text (to_hcl and quote of value.hpp).
#include <fmt/core.h>

#include "core/hcl/value.hpp"

namespace core::hcl {
namespace {

std::string escape(unsigned char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return c < 0x20 || c == 0x7f ? fmt::format("\\u{:04x}", static_cast<int>(c))
                                   : std::string(1, static_cast<char>(c));
  }
}

void write(std::string& out, const Value& value, int indent);

template <class Items, class WriteItem>
void write_items(std::string& out, const Items& items, const char* brackets, int indent, WriteItem write_item) {
  out += brackets[0];
  if (!items.empty()) {
    out += '\n';
    for (const auto& item : items) {
      out.append(static_cast<std::size_t>(indent) + 2, ' ');
      write_item(item);
      out += ",\n";
    }
    out.append(static_cast<std::size_t>(indent), ' ');
  }
  out += brackets[1];
}

void write(std::string& out, const Value& value, int indent) {
  switch (value.kind()) {
    case Value::Kind::null:
      out += "null";
      return;
    case Value::Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case Value::Kind::number:
      out += number_text(value);
      return;
    case Value::Kind::string:
      out += quote(value.as_string());
      return;
    case Value::Kind::list:
      write_items(out, value.as_list(), "[]", indent, [&](const Value& item) { write(out, item, indent + 2); });
      return;
    case Value::Kind::object:
      write_items(out, value.as_object(), "{}", indent, [&](const auto& item) {
        out += quote(item.first) + " = ";
        write(out, item.second, indent + 2);
      });
      return;
  }
}

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool opens = (text[i] == '$' || text[i] == '%') && i + 1 < text.size() && text[i + 1] == '{';
    if (opens) out += text[i];  // ${ is written $${, and %{ is written %%{
    out += escape(static_cast<unsigned char>(text[i]));
  }
  return out + '"';
}

std::string to_hcl(const Value& value, int indent) {
  std::string out;
  write(out, value, indent);
  return out;
}

}  // namespace core::hcl
