#include "simulator/scenario/words.hpp"

#include <charconv>
#include <iterator>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "simulator/coverage/coverage.hpp"

namespace simulator {
namespace {

namespace json = boost::json;

// Regular expressions of the JSON Schema, in the dialect of ECMA 262.
constexpr std::string_view number = R"([0-9]+(\.[0-9]+)?)";
const std::string duration_re = fmt::format("(0|{}(ns|us|ms|s|m|h))", number);
const std::string share_re = fmt::format("{}%?", number);

std::string whole(const std::string& re) { return "^" + re + "$"; }
std::string ranged(const std::string& re) { return fmt::format(R"(^{}(\.\.{})?$)", re, re); }

/// A type that is read from a text by a function. `numbers`: what editors take for a number is fine as well.
template <class T>
class Word final : public Shape {
 public:
  using Parse = std::optional<T> (*)(std::string_view);
  Word(Parse parse, std::string kind, std::string wanted, std::string pattern, bool numbers)
      : parse_(parse),
        kind_(std::move(kind)),
        wanted_(std::move(wanted)),
        pattern_(std::move(pattern)),
        numbers_(numbers) {}

  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    const std::string* const text = value.scalar();
    auto parsed = text == nullptr ? std::nullopt : parse_(*text);
    if (!parsed) return reading.fail(value.place, value.describe(), wanted_);
    *static_cast<T*>(into) = std::move(*parsed);
  }
  std::string wanted() const override { return wanted_; }
  std::string kind() const override { return kind_; }
  json::object schema(Definitions&) const override {
    json::object text{{"type", "string"}, {"pattern", pattern_}};
    if (!numbers_) return text;
    return {{"anyOf", json::array{std::move(text), json::object{{"type", "number"}, {"minimum", 0}}}}};
  }

 private:
  Parse parse_;
  std::string kind_;
  std::string wanted_;
  std::string pattern_;
  bool numbers_;
};

template <class T, std::int64_t least, std::int64_t most>
class Number final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    const std::string* const text = value.scalar();
    std::int64_t out = 0;
    const char* const end = text == nullptr ? nullptr : text->data() + text->size();
    const auto [stopped, error] = text == nullptr ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                                                  : std::from_chars(text->data(), end, out);
    if (error != std::errc{} || stopped != end || out < least || out > most)
      return reading.fail(value.place, value.describe(), wanted());
    *static_cast<T*>(into) = static_cast<T>(out);
  }
  std::string wanted() const override { return fmt::format("a whole number from {} to {}", least, most); }
  std::string kind() const override { return "number"; }
  json::object schema(Definitions&) const override {
    return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
  }
};

class Text final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    if (value.scalar() == nullptr || value.scalar()->empty())
      return reading.fail(value.place, value.describe(), wanted());
    *static_cast<std::string*>(into) = *value.scalar();
  }
  std::string wanted() const override { return "a text"; }
  std::string kind() const override { return "text"; }
  json::object schema(Definitions&) const override { return {{"type", "string"}, {"minLength", 1}}; }
};

class Truth final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    const std::string* const text = value.scalar();
    if (text == nullptr || (*text != "true" && *text != "false"))
      return reading.fail(value.place, value.describe(), wanted(),
                          text == nullptr ? "" : nearest(*text, {"true", "false"}));
    *static_cast<bool*>(into) = *text == "true";
  }
  std::string wanted() const override { return "true or false"; }
  std::string kind() const override { return "true or false"; }
  json::object schema(Definitions&) const override { return {{"type", "boolean"}}; }
};

/// Something that stands in a text, with errors inside of it.
template <class T>
class Phrase final : public Shape {
 public:
  using Read = void (*)(const std::string& text, const yaml::Value& value, T& into, Reading& reading);
  /// `known`: what an editor offers; `only`: and nothing else is one.
  Phrase(Read from_text, std::string kind, std::string wanted, json::array known = {}, bool only = false)
      : read_(from_text), kind_(std::move(kind)), wanted_(std::move(wanted)), known_(std::move(known)), only_(only) {}

  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    if (value.scalar() == nullptr || value.scalar()->empty())
      return reading.fail(value.place, value.describe(), wanted_);
    read_(*value.scalar(), value, *static_cast<T*>(into), reading);
  }
  std::string wanted() const override { return wanted_; }
  std::string kind() const override { return kind_; }
  json::object schema(Definitions&) const override {
    if (only_) return {{"type", "string"}, {"enum", known_}};
    json::object out{{"type", "string"}, {"minLength", 1}};
    if (!known_.empty()) out["examples"] = known_;
    return out;
  }

 private:
  Read read_;
  std::string kind_;
  std::string wanted_;
  json::array known_;
  bool only_;
};

Place moved(Place place, std::size_t offset) {
  place.column += static_cast<int>(offset);
  return place;
}

void read_selectors(const std::string& text, const yaml::Value& value, Selectors& into, Reading& reading) {
  auto parsed = parse_selectors(text);
  if (!parsed)
    return reading.fail(moved(value.place, parsed.error().offset), parsed.error().found, selectors_wanted,
                        parsed.error().hint);
  into = std::move(*parsed);
  for (Selector& selector : into) selector.place = value.place;
}

void read_sides(const std::string& text, const yaml::Value& value, Sides& into, Reading& reading) {
  auto parsed = parse_sides(text);
  if (!parsed)
    return reading.fail(moved(value.place, parsed.error().offset), parsed.error().found, sides_wanted,
                        parsed.error().hint);
  into = std::move(*parsed);
  for (Selectors& side : into.sides)
    for (Selector& selector : side) selector.place = value.place;
}

void read_happening(const std::string& text, const yaml::Value& value, Happening& into, Reading& reading) {
  std::string hint;
  auto parsed = parse_happening(text, hint);
  if (!parsed) return reading.fail(value.place, value.describe(), happening_wanted, hint);
  into = std::move(*parsed);
  into.place = value.place;
}

void read_condition(const std::string& text, const yaml::Value& value, Condition& into, Reading& reading) {
  auto parsed = parse_condition(text);
  if (!parsed)
    return reading.fail(moved(value.place, parsed.error().offset), parsed.error().found, parsed.error().wanted,
                        parsed.error().hint);
  into = std::move(*parsed);
  into.place = value.place;
}

void read_distribution(const std::string& text, const yaml::Value& value, io_sim::Distribution& into,
                       Reading& reading) {
  auto parsed = parse_distribution(
      text, [&](std::string_view name) { return reading.texts->read((reading.folder(value.place) / name).string()); });
  if (!parsed) return reading.fail(value.place, value.describe(), parsed.error());
  into = std::move(*parsed);
}

void read_requirement(const std::string& text, const yaml::Value& value, Requirement& into, Reading&) {
  into = {value.place, text};
}

class SettingsShape final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    read_settings(value, *static_cast<Settings*>(into), reading);
  }
  std::string wanted() const override { return "the agent's settings, or the name of a configuration file"; }
  std::string kind() const override { return "settings"; }
  json::object schema(Definitions& definitions) const override {
    return defined(definitions, "settings", [] { return settings_schema(); });
  }
};

}  // namespace

const Shape& word_shape(std::string*) {
  static const Text shape;
  return shape;
}
const Shape& word_shape(bool*) {
  static const Truth shape;
  return shape;
}
const Shape& word_shape(std::uint32_t*) {
  static const Number<std::uint32_t, 0, 100'000> shape;
  return shape;
}
const Shape& word_shape(std::uint64_t*) {
  static const Number<std::uint64_t, 0, 100'000> shape;
  return shape;
}
const Shape& word_shape(std::int32_t*) {
  static const Number<std::int32_t, -255, 255> shape;
  return shape;
}
const Shape& word_shape(Duration*) {
  static const Word<Duration> shape(parse_duration, "duration", duration_wanted, whole(duration_re), false);
  return shape;
}
const Shape& word_shape(Span*) {
  static const Word<Span> shape(parse_span, "span", span_wanted, ranged(duration_re), false);
  return shape;
}
const Shape& word_shape(Shift*) {
  static const Word<Shift> shape(parse_shift, "shift", shift_wanted, ranged("-?" + duration_re), false);
  return shape;
}
const Shape& word_shape(Share*) {
  static const Word<Share> shape(parse_share, "share", share_wanted, ranged(share_re), true);
  return shape;
}
const Shape& word_shape(Drift*) {
  static const Word<Drift> shape(parse_drift, "drift", drift_wanted, ranged("-?" + share_re), true);
  return shape;
}
const Shape& word_shape(Count*) {
  static const Word<Count> shape(parse_count, "count", count_wanted, ranged("[0-9]+"), true);
  return shape;
}
const Shape& word_shape(Size*) {
  static const Word<Size> shape(parse_size, "size", size_wanted, fmt::format("^{}(KiB|MiB|GiB)?$", number), true);
  return shape;
}
const Shape& word_shape(Bandwidth*) {
  static const Word<Bandwidth> shape(parse_bandwidth, "bandwidth", bandwidth_wanted,
                                     fmt::format("^{}(kbit|Mbit|Gbit)$", number), false);
  return shape;
}
const Shape& word_shape(Rate*) {
  static const Word<Rate> shape(parse_rate, "rate", rate_wanted, fmt::format("^{}/[smh]$", number), false);
  return shape;
}
const Shape& word_shape(io_sim::Distribution*) {
  static const Phrase<io_sim::Distribution> shape(read_distribution, "distribution", distribution_wanted);
  return shape;
}
const Shape& word_shape(Selectors*) {
  static const Phrase<Selectors> shape(read_selectors, "who", selectors_wanted);
  return shape;
}
const Shape& word_shape(Sides*) {
  static const Phrase<Sides> shape(read_sides, "sides", sides_wanted);
  return shape;
}
namespace {

json::array known_happenings() {
  json::array out;
  for (const HappeningPhrase& phrase : happening_phrases())
    out.emplace_back(fmt::format("{} {}", phrase.subject, phrase.verb));
  return out;
}

}  // namespace

const Shape& word_shape(Happening*) {
  static const Phrase<Happening> shape(read_happening, "happening", happening_wanted, known_happenings());
  return shape;
}
const Shape& word_shape(Condition*) {
  static const Phrase<Condition> shape(read_condition, "condition", condition_wanted);
  return shape;
}
const Shape& word_shape(Settings*) {
  static const SettingsShape shape;
  return shape;
}
const Shape& word_shape(Requirement*) {
  static const Phrase<Requirement> shape(read_requirement, "coverage point", "the name of a coverage point",
                                         json::array(std::begin(coverage::points), std::end(coverage::points)), true);
  return shape;
}

}  // namespace simulator
