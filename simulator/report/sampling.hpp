// Keeping less than all: every so many-th of a long row, and the last of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace simulator::report {

/// At most `most` of what is added, evenly over all of it: when it is full, every second goes and from then on only
/// every second comes in. No chance is involved.
template <class T>
class Thinned {
 public:
  explicit Thinned(std::size_t most) : most_(most) {}
  void add(T value) {
    if (seen_++ % stride_ != 0) return;
    if (kept_.size() == most_) {
      for (std::size_t i = 0; 2 * i < kept_.size(); ++i) kept_[i] = std::move(kept_[2 * i]);
      kept_.resize((kept_.size() + 1) / 2);
      stride_ *= 2;
      if ((seen_ - 1) % stride_ != 0) return;
    }
    kept_.push_back(std::move(value));
  }
  const std::vector<T>& kept() const { return kept_; }
  std::uint64_t seen() const { return seen_; }

 private:
  std::size_t most_;
  std::vector<T> kept_;
  std::uint64_t seen_ = 0;
  std::uint64_t stride_ = 1;
};

/// The last `most` of what is added.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t most) : most_(most) {}
  void add(T value) {
    if (kept_.size() < most_)
      kept_.push_back(std::move(value));
    else
      kept_[added_ % most_] = std::move(value);
    ++added_;
  }
  /// In no particular order.
  const std::vector<T>& kept() const { return kept_; }

 private:
  std::size_t most_;
  std::vector<T> kept_;
  std::uint64_t added_ = 0;
};

}  // namespace simulator::report
