// Reading JSON that may be anything: what is absent or of another kind reads as empty, never as an error.
// The server is not trusted to answer as documented, and the command line must not end because of it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace agent::cli {

using Json = boost::json::value;

/// The value at `path` of object keys, or null.
const Json& at(const Json& value, std::initializer_list<std::string_view> path);
inline const Json& at(const Json& value, std::string_view key) { return at(value, {key}); }
bool has(const Json& value, std::string_view key);

/// A string; empty for anything else.
std::string text(const Json& value);
std::string text(const Json& value, std::string_view key);
/// A whole number, cut off from a fraction; 0 for anything else.
std::int64_t number(const Json& value);
std::int64_t number(const Json& value, std::string_view key);
double real(const Json& value);
/// Only `true` is true.
bool truth(const Json& value);
bool truth(const Json& value, std::string_view key);

/// The elements of an array; none for anything else.
std::span<const Json> items(const Json& value);
inline std::span<const Json> items(const Json& value, std::string_view key) { return items(at(value, key)); }
/// The members of an object by the order of their keys; none for anything else.
std::vector<std::pair<std::string, const Json*>> members(const Json& value);
inline std::vector<std::pair<std::string, const Json*>> members(const Json& value, std::string_view key) {
  return members(at(value, key));
}
/// How many elements or members.
std::size_t size(const Json& value);

/// Indented by four spaces, as Nomad's -json prints.
std::string pretty(const Json& value);
/// A number as Go's encoder writes it: 99, 0.5, 1e+21.
std::string go_number(double value);

}  // namespace agent::cli
