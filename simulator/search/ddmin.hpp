// Delta debugging: the smaller a list, the better, as long as something still holds of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace simulator::search {

/// A sublist of `items`, in their order, of which `holds` is true and of which (unless `holds` gave up) no single item
/// can be left out. `holds` is true of the whole list; it is asked about the empty one first.
/// (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002; complements only.)
template <class T, class Holds>
std::vector<T> ddmin(std::vector<T> items, Holds holds) {
  if (items.empty() || holds(std::vector<T>{})) return {};
  std::size_t parts = 2;
  while (items.size() >= 2) {
    parts = std::min(parts, items.size());
    bool smaller = false;
    for (std::size_t part = 0; part < parts && !smaller; ++part) {
      const auto from = static_cast<std::ptrdiff_t>(items.size() * part / parts);
      const auto to = static_cast<std::ptrdiff_t>(items.size() * (part + 1) / parts);
      std::vector<T> without(items.begin(), items.begin() + from);
      without.insert(without.end(), items.begin() + to, items.end());
      if (without.empty() || !holds(without)) continue;
      items = std::move(without);
      parts = std::max<std::size_t>(parts - 1, 2);
      smaller = true;
    }
    if (smaller) continue;
    if (parts == items.size()) break;
    parts *= 2;
  }
  return items;
}

}  // namespace simulator::search
