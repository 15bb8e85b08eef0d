#include "core/hcl/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/check.hpp"

namespace core::hcl {
namespace {

std::size_t add_sizes(std::size_t a, std::size_t b) {
  const auto most = std::numeric_limits<std::size_t>::max();
  return a > most - b ? most : a + b;
}

}  // namespace

struct Value::ListNode {
  List items;
  std::size_t weight = 2;
  std::uint32_t depth = 1;
};
struct Value::ObjectNode {
  Object items;
  std::size_t weight = 2;
  std::uint32_t depth = 1;
};

Value::Value(double number) {
  check(std::isfinite(number), "numbers are finite");
  // -0 becomes 0, and 2^63 itself does not fit.
  if (std::trunc(number) == number && number >= -0x1p63 && number < 0x1p63)
    data_ = static_cast<std::int64_t>(number);
  else
    data_ = number;
}

Value::Value(List items) {
  auto node = std::make_shared<ListNode>();
  for (const Value& item : items) {
    node->weight = add_sizes(node->weight, add_sizes(item.weight(), 2));
    node->depth = std::max(node->depth, item.depth() + 1);
  }
  node->items = std::move(items);
  data_ = std::shared_ptr<const ListNode>(std::move(node));
}

Value::Value(Object items) {
  auto node = std::make_shared<ObjectNode>();
  for (const auto& [key, item] : items) {
    node->weight = add_sizes(node->weight, add_sizes(item.weight(), key.size() + 8));
    node->depth = std::max(node->depth, item.depth() + 1);
  }
  node->items = std::move(items);
  data_ = std::shared_ptr<const ObjectNode>(std::move(node));
}

Value::Kind Value::kind() const {
  static constexpr std::array kinds{Kind::null,   Kind::boolean, Kind::number, Kind::number,
                                    Kind::string, Kind::list,    Kind::object};
  return kinds[data_.index()];
}

std::string_view Value::kind_name() const {
  static constexpr std::array<std::string_view, 6> names{"null", "bool", "number", "string", "tuple", "object"};
  return names[static_cast<std::size_t>(kind())];
}

bool Value::as_bool() const {
  check(is_bool(), "a bool was asked of a bool");
  return std::get<bool>(data_);
}

const std::string& Value::as_string() const {
  check(is_string(), "a string was asked of a string");
  return std::get<std::string>(data_);
}

const Value::List& Value::as_list() const {
  check(is_list(), "a list was asked of a list");
  return std::get<std::shared_ptr<const ListNode>>(data_)->items;
}

const Value::Object& Value::as_object() const {
  check(is_object(), "an object was asked of an object");
  return std::get<std::shared_ptr<const ObjectNode>>(data_)->items;
}

double Value::as_double() const {
  check(is_number(), "a number was asked of a number");
  if (const auto* whole = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*whole);
  return std::get<double>(data_);
}

std::optional<std::int64_t> Value::as_int() const {
  check(is_number(), "a number was asked of a number");
  if (const auto* whole = std::get_if<std::int64_t>(&data_)) return *whole;
  return std::nullopt;
}

std::size_t Value::weight() const {
  switch (kind()) {
    case Kind::string:
      return as_string().size() + 4;
    case Kind::list:
      return std::get<std::shared_ptr<const ListNode>>(data_)->weight;
    case Kind::object:
      return std::get<std::shared_ptr<const ObjectNode>>(data_)->weight;
    default:
      return 8;
  }
}

std::uint32_t Value::depth() const {
  if (is_list()) return std::get<std::shared_ptr<const ListNode>>(data_)->depth;
  if (is_object()) return std::get<std::shared_ptr<const ObjectNode>>(data_)->depth;
  return 0;
}

bool operator==(const Value& a, const Value& b) {
  if (a.data_.index() != b.data_.index()) return false;  // equal numbers have one form
  if (a.is_list()) return &a.as_list() == &b.as_list() || a.as_list() == b.as_list();
  if (a.is_object()) return &a.as_object() == &b.as_object() || a.as_object() == b.as_object();
  return a.data_ == b.data_;
}

bool operator<(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return a.kind() < b.kind();
  switch (a.kind()) {
    case Value::Kind::null:
      return false;
    case Value::Kind::boolean:
      return a.as_bool() < b.as_bool();
    case Value::Kind::string:
      return a.as_string() < b.as_string();
    case Value::Kind::list:
      return a.as_list() < b.as_list();
    case Value::Kind::object:
      return a.as_object() < b.as_object();
    case Value::Kind::number:
      break;
  }
  const auto x = a.as_int();
  const auto y = b.as_int();
  return x && y ? *x < *y : a.as_double() < b.as_double();
}

std::string number_text(const Value& number) {
  if (const auto whole = number.as_int()) return std::to_string(*whole);
  std::array<char, 400> buffer;  // 309 digits before the point, or 17 after 324 zeros
  const auto done =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number.as_double(), std::chars_format::fixed);
  return {buffer.data(), done.ptr};
}

std::optional<std::string> to_string(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_number()) return number_text(value);
  return std::nullopt;
}

std::optional<bool> to_bool(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.as_string();
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::optional<Value> to_number(const Value& value) {
  if (value.is_number()) return value;
  if (!value.is_string()) return std::nullopt;
  return parse_number(value.as_string());
}

std::optional<Value> parse_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  // from_chars would take "inf" and "nan" too.
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto done = std::from_chars(text.data(), end, whole); done.ec == std::errc{} && done.ptr == end)
    return Value(whole);
  double number = 0;
  const auto done = std::from_chars(text.data(), end, number);
  if (done.ec != std::errc{} || done.ptr != end || !std::isfinite(number)) return std::nullopt;
  return Value(number);
}

}  // namespace core::hcl
