// All chance of a simulated run, as one choice sequence: small numbers, each below a bound, in streams.
//
// A stream belongs to a purpose and an entity ("latency/server-2", "timeline/3.0"), so that taking a fault or a node
// away does not move what is drawn for another. The numbers are made from a seed, by counting; or they come from a
// script, a list of numbers a stream. Any list is valid: a number is taken modulo its bound, and past the end each is
// 0. The simplest thing is always 0: the lowest latency, no loss, the first of the candidates. That is what makes a
// failing run small: its numbers are made 0, or left out, as long as it fails.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/time.hpp"

namespace io_sim {

/// How a delay is drawn: uniform between two durations, and now and then much longer.
struct Latency {
  core::Duration low{};
  core::Duration high{};
  double tail = 0;             // the share of draws that are stretched
  core::Duration tail_high{};  // up to this

  static Latency uniform(core::Duration low, core::Duration high) { return {low, high, 0, {}}; }
};

/// The numbers of a stream, in the order in which they are drawn.
using Values = std::vector<std::uint32_t>;
/// Explicit choices: the numbers of each stream by its name. A stream that is not there has none.
using Script = std::map<std::string, Values, std::less<>>;

/// Seeds, oldest first. Each after the first makes a quarter of the streams anew and leaves the others as they were:
/// a run that is like its parent, but for some of its choices.
using Lineage = std::vector<std::uint64_t>;

/// Two numbers into one that looks like neither.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b);

/// Draws from one stream of a choice sequence. Its owner keeps it; asking for the same stream again would draw the
/// same.
class Stream {
 public:
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Uniform in [0, bound); `bound` is at least 1 and at most 2^32. With one thing to choose from nothing is drawn.
  std::uint64_t below(std::uint64_t bound) {
    core::check(bound - 1 < std::uint64_t{1} << 32, "a draw has 1 to 2^32 things to choose from");
    return bound == 1 ? 0 : taken(bound, scaled(random(), bound));
  }
  /// True with probability `p`: one choice of 0 or 1. What is impossible or certain draws nothing, so that switching a
  /// fault off leaves the rest of a run as it was.
  bool chance(double p) {
    if (p <= 0) return false;
    if (p >= 1) return true;
    return taken(2, static_cast<double>(random() >> 11) * 0x1.0p-53 < p ? 1 : 0) != 0;
  }
  /// Uniform in [0, 1), in steps of 2^-16.
  double unit() { return static_cast<double>(below(steps)) / steps; }
  /// Uniform in (-most, most); 0 is the simplest.
  double either_way(double most);
  /// Uniform in [low, high), in 2^16 steps.
  core::Duration between(core::Duration low, core::Duration high) {
    return high <= low ? low : low + share_of(high - low, below(steps));
  }
  /// Where in a distribution a draw lies: uniform in [0, 2^16). One choice of 256, and a second one in the last
  /// step of the first: most draws of a delay take one byte, and long tails are still met.
  std::uint64_t quantile() {
    const std::uint64_t coarse = below(coarse_steps);
    return coarse + 1 < coarse_steps ? coarse * coarse_steps : coarse * coarse_steps + below(coarse_steps);
  }
  core::Duration latency(const Latency& from) {
    core::Duration base = from.low;
    if (from.high > from.low) base += share_of(from.high - from.low, quantile());
    return chance(from.tail) ? between(base, std::max(base, from.tail_high)) : base;
  }
  /// A seed for a generator: one choice, mixed with the stream's name and how much was drawn, so that the simplest
  /// choices do not give everybody the same.
  std::uint64_t seed() {
    const std::uint64_t drawn = below(steps);
    return mixed(mixed(drawn, name_), count_);
  }
  /// Moves `count` drawn ones of `items` to the front, and takes the others away. The simplest are the first.
  template <class T>
  void sample(std::vector<T>& items, std::size_t count) {
    count = std::min(count, items.size());
    for (std::size_t i = 0; i < count; ++i) std::swap(items[i], items[i + below(items.size() - i)]);
    items.resize(count);
  }

  static constexpr std::uint64_t coarse_steps = 256;
  static constexpr std::uint64_t steps = coarse_steps * coarse_steps;

 private:
  friend class Choices;
  // The explicit numbers of a stream, coming or going.
  struct Tape {
    Values script;
    std::size_t at = 0;
    bool scripted = false;
    bool recorded = false;
    Values record;
    std::uint64_t pass(std::uint64_t bound, std::uint64_t generated);
  };
  Stream(std::uint64_t name, const std::uint64_t* salt, Tape* tape) : name_(name), salt_(salt), tape_(tape) {}

  // splitmix64's output function over a counter: no state but the count, hence no draw depends on another.
  std::uint64_t random() {
    std::uint64_t z = (name_ ^ *salt_) + ++count_ * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  static std::uint64_t scaled(std::uint64_t random, std::uint64_t bound) { return ((random >> 32) * bound) >> 32; }
  static core::Duration share_of(core::Duration whole, std::uint64_t step) {
    const auto ns = static_cast<std::uint64_t>(whole.count());
    return core::Duration{static_cast<std::int64_t>(ns / steps * step + ns % steps * step / steps)};
  }
  std::uint64_t taken(std::uint64_t bound, std::uint64_t generated) {
    return tape_ == nullptr ? generated : tape_->pass(bound, generated);
  }

  std::uint64_t name_;  // its hash
  std::uint64_t count_ = 0;
  const std::uint64_t* salt_;  // of the seed that makes it
  Tape* tape_;                 // null: made from the seed, and not recorded
};

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : Choices(Lineage{seed}) {}
  /// The lineage has at least one seed.
  explicit Choices(Lineage lineage);
  explicit Choices(Script script);

  /// From now on what streams draw is recorded; to be asked before the first stream is.
  void record();

  /// The stream of this name. Each is asked for once, by the one who keeps it.
  Stream stream(std::string_view purpose, std::string_view entity = {});
  /// From now on everything is drawn anew from this seed, whatever it came from before: another future.
  void branch(std::uint64_t seed);

  /// What was drawn since record(), without the 0s at the end of each stream. Empty with `too_long()`.
  Script recorded() const;
  /// The streams of the script that nobody has asked for.
  std::vector<std::string> unasked() const;
  /// More was drawn than is kept.
  bool too_long() const;

  static constexpr std::size_t max_recorded = 8'000'000;  // numbers of one stream

 private:
  struct Source {
    Lineage lineage;  // empty: a script
    Script script;
    std::vector<std::uint64_t> salts{0};  // of each seed of the lineage
    bool branched = false;
    bool recording = false;
    std::map<std::string, Stream::Tape, std::less<>> tapes;  // of a script or a recording, by stream
  };
  std::unique_ptr<Source> source_;  // streams point into it
};

}  // namespace io_sim
