#include "simulator/scenario/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace simulator {
namespace {

std::optional<double> decimal(std::string_view text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  if (error != std::errc{} || stopped != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  const auto number = decimal(percent ? text.substr(0, text.size() - 1) : text);
  if (!number) return std::nullopt;
  const double share = percent ? *number / 100 : *number;
  return share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

// "a" or "a..b", each read by `one`.
template <class T, class One>
std::optional<std::pair<T, T>> range(std::string_view text, One one) {
  const auto dots = text.find("..");
  const std::optional<T> low = one(text.substr(0, dots));
  const std::optional<T> high = dots == std::string_view::npos ? low : one(text.substr(dots + 2));
  if (!low || !high || *high < *low) return std::nullopt;
  return std::pair{*low, *high};
}

constexpr const char* duration_wanted = "a duration such as 250ms, 30s or 1.5m";

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double ns;
  };
  // The longer names first: "5ms" does not end in "m" and "s" alone.
  constexpr std::array<Unit, 6> units{{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = decimal(text.substr(0, text.size() - unit.name.size()));
    if (!number || *number < 0 || *number * unit.ns > 1000.0 * 3600e9) return std::nullopt;
    return Duration{std::llround(*number * unit.ns)};
  }
  return text == "0" ? std::optional(Duration{}) : std::nullopt;
}

Fields::Fields(const yaml::Value& value, std::string what, std::optional<Problem>& problem)
    : map_(value.map()), place_(value.place), what_(std::move(what)), problem_(problem) {
  if (map_ == nullptr) fail(value.place, value.describe(), "a mapping: " + what_);
}

void Fields::fail(Place place, std::string found, std::string wanted, std::string hint) {
  if (!problem_) problem_ = Problem{place, std::move(found), std::move(wanted), std::move(hint)};
}

bool Fields::has(std::string_view key) const {
  return map_ != nullptr &&
         std::any_of(map_->begin(), map_->end(), [&](const auto& entry) { return entry.first.name == key; });
}

const yaml::Value* Fields::find(std::string_view key) {
  asked_.push_back(key);
  if (map_ == nullptr) return nullptr;
  const auto found = std::find_if(map_->begin(), map_->end(), [&](const auto& e) { return e.first.name == key; });
  return found == map_->end() ? nullptr : &found->second;
}

void Fields::finish() {
  if (map_ == nullptr) return;
  for (const auto& [key, value] : *map_) {
    if (std::find(asked_.begin(), asked_.end(), key.name) != asked_.end()) continue;
    std::sort(asked_.begin(), asked_.end());
    asked_.erase(std::unique(asked_.begin(), asked_.end()), asked_.end());
    fail(key.place, "\"" + key.name + "\"", fmt::format("a key of {}: {}", what_, one_of(asked_)),
         nearest(key.name, asked_));
    return;
  }
}

const std::string* Fields::scalar(std::string_view key, const char* wanted) {
  const yaml::Value* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->scalar() == nullptr || value->scalar()->empty()) {
    fail(value->place, value->describe(), wanted);
    return nullptr;
  }
  return value->scalar();
}

void Fields::read(std::string_view key, std::string& into) {
  if (const std::string* text = scalar(key, "a text")) into = *text;
}

void Fields::read(std::string_view key, bool& into) {
  const std::string* text = scalar(key, "true or false");
  if (text == nullptr) return;
  if (*text != "true" && *text != "false")
    return fail(find(key)->place, "\"" + *text + "\"", "true or false", nearest(*text, {"true", "false"}));
  into = *text == "true";
}

void Fields::read(std::string_view key, Duration& into) {
  const std::string* text = scalar(key, duration_wanted);
  if (text == nullptr) return;
  const auto duration = parse_duration(*text);
  if (!duration) return fail(find(key)->place, "\"" + *text + "\"", duration_wanted);
  into = *duration;
}

void Fields::read(std::string_view key, Span& into) {
  const std::string* text = scalar(key, duration_wanted);
  if (text == nullptr) return;
  const auto span = range<Duration>(*text, parse_duration);
  if (!span) return fail(find(key)->place, "\"" + *text + "\"", "a duration such as 30s, or a range such as 1s..5s");
  into = {span->first, span->second};
}

void Fields::read(std::string_view key, Share& into) {
  const std::string* text = scalar(key, "a share such as 5%");
  if (text == nullptr) return;
  const auto share = range<double>(*text, parse_share);
  if (!share) return fail(find(key)->place, "\"" + *text + "\"", "a share such as 5% or 0.05, or a range of them");
  into = {share->first, share->second};
}

void Fields::read(std::string_view key, Count& into) {
  const std::string* text = scalar(key, "a whole number");
  if (text == nullptr) return;
  const auto count = parse_count(*text);
  if (!count) return fail(find(key)->place, "\"" + *text + "\"", count.error());
  into = *count;
}

void Fields::read(std::string_view key, std::uint64_t& into) {
  const std::string* text = scalar(key, "a whole number");
  if (text == nullptr) return;
  const auto count = parse_count(*text);
  if (!count || count->low != count->high)
    return fail(find(key)->place, "\"" + *text + "\"", "a whole number up to 100000");
  into = count->low;
}

void Fields::read(std::string_view key, std::uint32_t& into) {
  std::uint64_t value = into;
  read(key, value);
  into = static_cast<std::uint32_t>(value);
}

void Fields::read(std::string_view key, std::int32_t& into) {
  auto value = static_cast<std::uint64_t>(into);
  read(key, value);
  into = static_cast<std::int32_t>(value);
}

void Fields::read(std::string_view key, Selectors& into) {
  const std::string* text = scalar(key, selectors_wanted);
  if (text == nullptr) return;
  auto selectors = parse_selectors(*text);
  if (!selectors) {
    Place place = find(key)->place;
    place.column += static_cast<int>(selectors.error().offset);
    return fail(place, selectors.error().found, selectors_wanted, selectors.error().hint);
  }
  into = std::move(*selectors);
}

void Fields::read(std::string_view key, Sides& into) {
  const char* const wanted = "sides such as \"leader + 1 random server | rest\", or \"leader -> rest\" for one way";
  const std::string* text = scalar(key, wanted);
  if (text == nullptr) return;
  auto sides = parse_sides(*text);
  if (!sides) {
    Place place = find(key)->place;
    place.column += static_cast<int>(sides.error().offset);
    return fail(place, sides.error().found, wanted, sides.error().hint);
  }
  into = std::move(*sides);
}

void Fields::read_map(std::string_view key, const std::function<void(Fields&)>& each) {
  const yaml::Value* value = find(key);
  if (value == nullptr) return;
  Fields fields(*value, std::string(key), problem_);
  each(fields);
  fields.finish();
}

}  // namespace simulator
