// Finds rows by the names of their members: a sorted array of digests, eight bytes a name.
//
// Names are chosen by others. Digests only say where to look first: rows whose digests are equal are sorted by name, so
// that no choice of names makes a search longer than a binary one, and nothing is ever walked in the order of digests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace core::gossip {

/// Of a whole state that is read row by row: so far ahead memory is asked for what comes next.
inline constexpr std::size_t rows_ahead = 8;

/// Spreads names evenly over all values.
std::uint32_t name_digest(std::string_view name);

/// A row is a number of the owner's, who tells the name of each by `name_of(row)`.
class NameIndex {
 public:
  template <class NameOf>
  std::optional<std::uint32_t> find(std::string_view name, std::uint32_t digest, const NameOf& name_of) const {
    const std::size_t place = place_of(name, digest, name_of);
    if (place == entries_.size() || entries_[place].digest != digest) return std::nullopt;
    const std::uint32_t row = entries_[place].row;
    return name_of(row) == name ? std::optional(row) : std::nullopt;
  }
  /// The row it would be, but for names of the same digest. Looks at nothing but the digests.
  std::optional<std::uint32_t> guess(std::uint32_t digest) const {
    const std::size_t place = place_of(digest);
    return place < entries_.size() && entries_[place].digest == digest ? std::optional(entries_[place].row)
                                                                       : std::nullopt;
  }
  /// `name` must not be there yet.
  template <class NameOf>
  void insert(std::string_view name, std::uint32_t digest, std::uint32_t row, const NameOf& name_of) {
    const std::size_t place = place_of(name, digest, name_of);
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(place), {digest, row});
  }
  /// `name` must be there.
  template <class NameOf>
  void erase(std::string_view name, std::uint32_t digest, const NameOf& name_of) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place_of(name, digest, name_of)));
  }

  std::size_t size() const { return entries_.size(); }
  void clear() { std::vector<Entry>().swap(entries_); }

 private:
  struct Entry {
    std::uint32_t digest = 0;
    std::uint32_t row = 0;
  };

  /// The first entry that is not before this one.
  template <class NameOf>
  std::size_t place_of(std::string_view name, std::uint32_t digest, const NameOf& name_of) const {
    std::size_t place = place_of(digest);
    const auto same = [&](std::size_t at) { return at < entries_.size() && entries_[at].digest == digest; };
    if (!same(place) || !same(place + 1)) {
      if (same(place) && name_of(entries_[place].row) < name) ++place;
      return place;
    }
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(place);
    const auto last = std::upper_bound(first, entries_.end(), digest,
                                       [](std::uint32_t value, const Entry& entry) { return value < entry.digest; });
    const auto found = std::lower_bound(
        first, last, name, [&](const Entry& entry, std::string_view value) { return name_of(entry.row) < value; });
    return static_cast<std::size_t>(found - entries_.begin());
  }

  /// The first entry whose digest is not below this one.
  std::size_t place_of(std::uint32_t digest) const {
    constexpr std::size_t first_step = 8;  // entries of one cache line
    const std::size_t size = entries_.size();
    if (size == 0) return 0;
    // Digests are spread evenly: it is near here. Steps that double find it in any case.
    std::size_t low =
        static_cast<std::size_t>(std::uint64_t{digest} * size >> std::numeric_limits<std::uint32_t>::digits);
    std::size_t high = low;
    if (entries_[low].digest < digest) {
      for (std::size_t step = first_step; high < size && entries_[high].digest < digest; step *= 2) {
        low = high + 1;
        high += step;
      }
      high = std::min(high, size);
    } else {
      for (std::size_t step = first_step; low > 0 && entries_[low].digest >= digest; step *= 2) {
        high = low;
        low -= std::min(step, low);
      }
    }
    const auto begin = entries_.begin();
    const auto found =
        std::lower_bound(begin + static_cast<std::ptrdiff_t>(low), begin + static_cast<std::ptrdiff_t>(high), digest,
                         [](const Entry& entry, std::uint32_t value) { return entry.digest < value; });
    return static_cast<std::size_t>(found - begin);
  }

  std::vector<Entry> entries_;
};

}  // namespace core::gossip
