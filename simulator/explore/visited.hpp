// The states that were met, each with how many choices were still to be had there: meeting one again with no more of
// them leads nowhere new. Open addressing; the keys are hashes already.
#pragma once

#include <cstdint>
#include <vector>

namespace simulator::explore {

class Visited {
 public:
  Visited() : slots_(1 << 16) {}

  /// False when the state was met with as many choices left. It counts as met from now on.
  bool enter(std::uint64_t key, std::uint8_t choices_left) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = find(key);
    if (slot.used && slot.left >= choices_left) return false;
    if (!slot.used) ++size_;
    slot = {key, choices_left, true};
    return true;
  }
  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint8_t left = 0;
    bool used = false;
  };
  Slot& find(std::uint64_t key) {
    std::size_t at = key & (slots_.size() - 1);
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.used) find(slot.key) = slot;
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace simulator::explore
