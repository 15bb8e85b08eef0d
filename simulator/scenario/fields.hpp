// Reading a YAML mapping key by key: each value into its kind, the first thing that is wrong remembered, and
// keys that nobody asked for refused.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/scenario/scenario.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {

class Fields {
 public:
  /// `what` names the mapping in problems: "the cluster". `problem` is shared by all readers of one file.
  Fields(const yaml::Value& value, std::string what, std::optional<Problem>& problem);

  /// The value of the key, or null. Asking makes the key known.
  const yaml::Value* find(std::string_view key);
  bool has(std::string_view key) const;
  /// Refuses the keys that nobody has asked for.
  void finish();

  // Each does nothing when the key is not there.
  void read(std::string_view key, std::string& into);
  void read(std::string_view key, bool& into);
  void read(std::string_view key, Duration& into);
  void read(std::string_view key, Span& into);
  void read(std::string_view key, Share& into);
  void read(std::string_view key, Count& into);
  void read(std::string_view key, std::int32_t& into);
  void read(std::string_view key, std::uint32_t& into);
  void read(std::string_view key, std::uint64_t& into);
  void read(std::string_view key, Selectors& into);
  void read(std::string_view key, Sides& into);
  template <class T>
  void read(std::string_view key, std::optional<T>& into) {
    if (!has(key)) {
      find(key);
      return;
    }
    T value{};
    read(key, value);
    into = std::move(value);
  }
  /// A mapping of its own, read by `each`.
  void read_map(std::string_view key, const std::function<void(Fields&)>& each);

  void fail(Place place, std::string found, std::string wanted, std::string hint = "");
  bool failed() const { return problem_.has_value(); }
  Place place() const { return place_; }

 private:
  const std::string* scalar(std::string_view key, const char* wanted);

  const yaml::Map* map_ = nullptr;
  Place place_;
  std::string what_;
  std::optional<Problem>& problem_;
  std::vector<std::string_view> asked_;
};

/// "250ms", "1.5s", "2m", "1h": at most 1000 hours.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace simulator
