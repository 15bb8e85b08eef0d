#include "simulator/checkers/linear.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::checkers {

Linear::Began Linear::begin_write(const std::string& key, const std::string& value) {
  Register& known = registers_[key];
  known.written.emplace(value, 0);
  return {known.floor};
}

// One version has one value and one value has one version.
std::optional<std::string> Linear::learn(const std::string& key, Register& known, Version version,
                                         const std::string& value) {
  if (version == 0 || version <= known.forgotten) return std::nullopt;
  const auto writer = known.written.find(value);
  if (writer == known.written.end()) return fmt::format("{} has value \"{}\", which nobody wrote", key, value);
  if (writer->second != 0 && writer->second != version)
    return fmt::format("\"{}\" was written to {} once, and happened at version {} and at {}", value, key,
                       writer->second, version);
  const auto [place, is_new] = known.values.emplace(version, value);
  if (!is_new && place->second != value)
    return fmt::format("version {} of {} has the values \"{}\" and \"{}\"", version, key, place->second, value);
  writer->second = version;
  if (!is_new) return std::nullopt;
  auto wrong = between(key, known, version);
  forget_old(known);
  return wrong;
}

// No version lies between a check-and-set and the one that it expected.
std::optional<std::string> Linear::between(const std::string& key, const Register& known, Version version) {
  const auto next = known.succeeded.upper_bound(version);
  if (next == known.succeeded.end() || next->second >= version) return std::nullopt;
  return fmt::format("{} was set at version {} because it was at {}, and version {} lies between", key, next->first,
                     next->second, version);
}

void Linear::forget_old(Register& known) {
  while (known.values.size() > versions_kept && known.values.begin()->first < known.floor) {
    known.forgotten = known.values.begin()->first;
    known.written.erase(known.values.begin()->second);
    known.succeeded.erase(known.forgotten);
    known.values.erase(known.values.begin());
  }
}

std::optional<std::string> Linear::read_stale(const std::string& key, Version version, const std::string& value) {
  ++operations_;
  return learn(key, registers_[key], version, value);
}

std::optional<std::string> Linear::read(const std::string& key, const Began& began, Version version,
                                        const std::string& value) {
  ++operations_;
  Register& known = registers_[key];
  if (version < began.floor)
    return fmt::format("a read of {} saw version {}, though {} was there before it began", key, version, began.floor);
  auto wrong = learn(key, known, version, value);
  known.floor = std::max(known.floor, version);
  return wrong;
}

std::optional<std::string> Linear::wrote(const std::string& key, const Began& began, Version version,
                                         const std::string& value, std::optional<Version> expected) {
  ++operations_;
  Register& known = registers_[key];
  if (version <= began.floor)
    return fmt::format("a write to {} happened at version {}, though {} was there before it began", key, version,
                       began.floor);
  auto wrong = learn(key, known, version, value);
  known.floor = std::max(known.floor, version);
  if (!expected || wrong) return wrong;
  known.succeeded.emplace(version, *expected);
  const auto first = known.values.upper_bound(*expected);
  if (first != known.values.end() && first->first < version)
    return fmt::format("{} was set at version {} because it was at {}, and version {} lies between", key, version,
                       *expected, first->first);
  return std::nullopt;
}

std::optional<std::string> Linear::refused(const std::string& key, const Began& began, Version expected,
                                           Version found) {
  ++operations_;
  Register& known = registers_[key];
  if (found == expected)
    return fmt::format("a check-and-set of {} was refused because it was at version {}, as expected", key, found);
  if (found < began.floor)
    return fmt::format("a check-and-set of {} met version {}, though {} was there before it began", key, found,
                       began.floor);
  known.floor = std::max(known.floor, found);
  return std::nullopt;
}

}  // namespace simulator::checkers
