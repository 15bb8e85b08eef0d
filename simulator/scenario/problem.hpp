// What is wrong with a scenario: where, what was found, what would have been right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// Line and column of a file, both from 1.
struct Place {
  int line = 1;
  int column = 1;
  std::size_t file = 0;  // of those that were read: 0 is the scenario itself, the others are what it includes
};

struct Problem {
  Place place;
  std::string found;   // "\"crsh\""
  std::string wanted;  // "an action"
  std::string hint;    // "crash"; empty: nothing is near

  /// "scenarios/a.yaml:3:5: found \"crsh\", wanted an action (did you mean crash?)"
  std::string text(std::string_view file) const;
};

/// The word of `known` that is nearest to `word`, when it is near enough to be what was meant; else "".
std::string nearest(std::string_view word, const std::vector<std::string_view>& known);

/// "a, b or c".
std::string one_of(const std::vector<std::string_view>& words);

}  // namespace simulator
