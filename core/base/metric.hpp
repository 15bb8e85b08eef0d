// What an agent counts of its own doings, for operators to read.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "core/base/time.hpp"

namespace core::base {

/// How often something happened, and what it came to.
struct Tally {
  std::uint64_t count = 0;
  double sum = 0;
  double least = 0;
  double most = 0;
  double squares = 0;  // their sum

  void add(double value = 1) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    sum += value;
    squares += value * value;
    ++count;
  }
  void add(Duration time) { add(std::chrono::duration<double, std::milli>(time).count()); }
};

struct Metric {
  enum class Kind { gauge, counter, sample } kind = Kind::gauge;
  std::string name;  // "memberlist.udp.sent"
  std::map<std::string, std::string> labels;
  Tally value;

  static Metric gauge_of(std::string name, double value) {
    Metric out{Kind::gauge, std::move(name), {}, {}};
    out.value.add(value);
    return out;
  }
  /// Of something that happened `times`.
  static Metric counter_of(std::string name, std::uint64_t times) {
    const double sum = static_cast<double>(times);
    const double each = times == 0 ? 0 : 1;
    return {Kind::counter, std::move(name), {}, {times, sum, each, each, sum}};
  }
};

}  // namespace core::base
