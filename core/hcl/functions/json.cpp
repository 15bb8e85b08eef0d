#include "core/hcl/functions/json.hpp"

#include <boost/json.hpp>
#include <cmath>

namespace core::hcl {
namespace {

void write_text(std::string& out, std::string_view text) {
  for (const char c : boost::json::serialize(boost::json::string(boost::json::string_view(text.data(), text.size())))) {
    if (c == '<')
      out += "\\u003c";
    else if (c == '>')
      out += "\\u003e";
    else if (c == '&')
      out += "\\u0026";
    else
      out += c;
  }
}

void write(std::string& out, const Value& value) {
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
      return write_text(out, value.as_string());
    case Value::Kind::list: {
      char before = '[';
      for (const Value& item : value.as_list()) {
        out += std::exchange(before, ',');
        write(out, item);
      }
      out += before == '[' ? "[]" : "]";
      return;
    }
    case Value::Kind::object: {
      char before = '{';
      for (const auto& [key, item] : value.as_object()) {
        out += std::exchange(before, ',');
        write_text(out, key);
        out += ':';
        write(out, item);
      }
      out += before == '{' ? "{}" : "}";
      return;
    }
  }
}

Value read(const boost::json::value& json) {
  switch (json.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return json.get_bool();
    case boost::json::kind::int64:
      return json.get_int64();
    case boost::json::kind::uint64:
      return json.get_uint64();
    case boost::json::kind::double_:
      return std::isfinite(json.get_double()) ? Value(json.get_double()) : Value();
    case boost::json::kind::string:
      return std::string_view(json.get_string().data(), json.get_string().size());
    case boost::json::kind::array: {
      Value::List out;
      for (const auto& item : json.get_array()) out.push_back(read(item));
      return out;
    }
    case boost::json::kind::object: {
      Value::Object out;
      for (const auto& item : json.get_object()) out.insert_or_assign(std::string(item.key()), read(item.value()));
      return out;
    }
  }
  return {};
}

}  // namespace

std::string to_json(const Value& value) {
  std::string out;
  write(out, value);
  return out;
}

CallResult from_json(const std::string& text) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 100;
  const auto json = boost::json::parse(text, error, {}, options);
  if (error) return call_error("the argument is not valid JSON: " + error.message(), 0);
  return read(json);
}

}  // namespace core::hcl
