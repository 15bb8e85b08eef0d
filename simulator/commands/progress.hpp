// How far a campaign is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "simulator/search/hunt.hpp"

namespace simulator::commands {

/// "71 of 76 points": those that a run of any scenario has reached.
std::string points_text(const search::Hunted& so_far);

class Progress {
 public:
  /// `runs`: how many there will be; `time`: how long it may take; either may be unknown. Prints to `out`.
  Progress(std::FILE* out, std::optional<std::uint64_t> runs, std::optional<std::chrono::nanoseconds> time);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const search::Hunted& so_far);
  /// Takes the bar away, so that lines can be printed.
  void clear();

 private:
  using Wall = std::chrono::steady_clock;
  std::FILE* out_;
  std::optional<std::uint64_t> runs_;
  std::optional<std::chrono::nanoseconds> time_;
  bool terminal_;
  Wall::time_point shown_ = Wall::now();
  bool bar_is_there_ = false;
};

}  // namespace simulator::commands
