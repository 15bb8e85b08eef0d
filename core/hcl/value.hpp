// What an expression evaluates to: a dynamic value in the manner of go-cty, without unknowns or marks.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace core::hcl {

/// Null, bool, number, string, list or object. Lists stand for cty's lists, sets and tuples, objects for its
/// objects and maps. Immutable; copies share. A number is an exact int64 where it is whole and fits, else a
/// finite double, so equal numbers have one form.
class Value {
 public:
  enum class Kind { null, boolean, number, string, list, object };
  using List = std::vector<Value>;
  using Object = std::map<std::string, Value, std::less<>>;

  Value() = default;
  template <std::same_as<bool> B>
  Value(B boolean) : data_(boolean) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  Value(I number) {
    if (std::in_range<std::int64_t>(number))
      data_ = static_cast<std::int64_t>(number);
    else
      data_ = static_cast<double>(number);
  }
  /// `number` is finite.
  Value(double number);
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(List items);
  Value(Object items);

  Kind kind() const;
  bool is_null() const { return kind() == Kind::null; }
  bool is_bool() const { return kind() == Kind::boolean; }
  bool is_number() const { return kind() == Kind::number; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_object() const { return kind() == Kind::object; }
  /// "string", "number", "bool", "tuple", "object" or "null": the word for messages.
  std::string_view kind_name() const;

  /// The accessors demand the right kind.
  bool as_bool() const;
  const std::string& as_string() const;
  const List& as_list() const;
  const Object& as_object() const;
  double as_double() const;
  /// The number, when it is whole and fits.
  std::optional<std::int64_t> as_int() const;

  /// About the bytes of the value written out, shared parts counted each time; saturates.
  std::size_t weight() const;
  /// Nested lists and objects: 0 for the simple kinds.
  std::uint32_t depth() const;

  friend bool operator==(const Value& a, const Value& b);
  /// A total order for sorting: by kind, then by content.
  friend bool operator<(const Value& a, const Value& b);

 private:
  struct ListNode;
  struct ObjectNode;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::shared_ptr<const ListNode>,
               std::shared_ptr<const ObjectNode>>
      data_;
};

/// A number as cty writes it: decimal digits, never an exponent, the fewest that read back the same.
std::string number_text(const Value& number);

/// cty's conversions between the simple kinds; nothing when there is none. Null stays null only for the caller
/// that asks before: here it converts to nothing.
std::optional<std::string> to_string(const Value& value);
std::optional<bool> to_bool(const Value& value);
/// A number out of a number or its text.
std::optional<Value> to_number(const Value& value);
/// A number written in HCL or JSON: an exact int64 where it fits, else a double; nothing when it is not finite.
std::optional<Value> parse_number(std::string_view text);

/// The value as HCL text that parses back to an equal value; `indent` spaces begin each nested line.
std::string to_hcl(const Value& value, int indent = 0);
/// The text as an HCL string in quotes, with everything escaped that needs to be.
std::string quote(std::string_view text);

}  // namespace core::hcl
