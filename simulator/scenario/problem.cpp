#include "simulator/scenario/problem.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace simulator {
namespace {

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Problem::text(std::string_view file) const {
  std::string out = fmt::format("{}:{}:{}: found {}, wanted {}", file, place.line, place.column, found, wanted);
  if (!hint.empty()) out += fmt::format(" (did you mean {}?)", hint);
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 64;  // what is longer was no slip of the finger
  if (word.size() > longest) return "";
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return std::string(best);
}

std::string one_of(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace simulator
