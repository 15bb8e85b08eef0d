// A request's target taken apart: the path, and the parameters behind the '?' (http-api.md §1).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.hpp"

namespace core::api {

inline constexpr std::size_t max_target_bytes = 64 * 1024;
inline constexpr Duration default_wait = 5min;
inline constexpr Duration longest_wait = 10min;

class Query {
 public:
  /// Nothing when the target is too long or its escapes are broken.
  static std::optional<Query> parse(std::string_view target);

  /// The path with its escapes undone: "/v1/job/a/b" for "/v1/job/a%2Fb".
  const std::string& path() const { return path_; }
  bool has(std::string_view name) const;
  /// The first value of a parameter; empty when there is none.
  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  /// Present and not a no: "?stale", "?stale=true". Go's words for yes and no; others are a no.
  bool flag(std::string_view name) const;
  /// The same where the parameter may be absent or no boolean.
  std::expected<bool, std::string> boolean(std::string_view name, bool otherwise) const;
  /// A whole number; an error's text is the value itself.
  std::expected<std::uint64_t, std::string> number(std::string_view name, std::uint64_t otherwise) const;
  bool pretty() const { return has("pretty") && get("pretty") != "0"; }
  /// The namespace asked for: "default" unless given, "*" for all.
  std::string namespace_or_default() const;

 private:
  std::string path_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace core::api
