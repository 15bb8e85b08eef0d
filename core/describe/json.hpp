// Any described value as the JSON of Nomad's HTTP API, and back.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "core/describe/type.hpp"

namespace core::describe {

/// Field names as Nomad spells them (see JsonRule), durations as nanoseconds, WallTime as RFC 3339.
boost::json::value to_json(const Type& type, const void* at);

template <class T>
boost::json::value to_json(const T& value) {
  return to_json(type_of<T>(), &value);
}

/// Why JSON was refused: where ("Job.TaskGroups[0].Count"), what was found and what was wanted.
struct JsonError {
  std::string path;
  std::string message;
  std::string text() const { return path.empty() ? message : path + ": " + message; }
};

struct JsonOptions {
  bool refuse_unknown = false;    // Nomad ignores keys it does not know
  bool durations_as_text = true;  // "30s" as well as nanoseconds
};

/// Reads `value` over what is at `at`: keys that are missing keep what is there, null gives the value a
/// type is born with. Keys match in any case, as Go's decoder does.
std::expected<void, JsonError> from_json(const Type& type, const boost::json::value& value, void* at,
                                         const JsonOptions& options = {});

template <class T>
std::expected<T, JsonError> from_json(const boost::json::value& value, const JsonOptions& options = {}) {
  T out{};
  if (auto read = from_json(type_of<T>(), value, &out, options); !read) return std::unexpected(read.error());
  return out;
}

/// Standard base64 with padding, and back.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace core::describe
