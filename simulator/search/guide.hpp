// Which runs a campaign makes of a scenario: mostly new seeds, and now and then a run like one that reached what few
// reach, with some of its choices made anew.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io-sim/choices.hpp"

namespace simulator::search {

/// What happened in a run: how often each named point was reached.
using Points = std::map<std::string, std::uint64_t>;

class Guide {
 public:
  explicit Guide(std::uint64_t first_seed) : first_seed_(first_seed) {}

  /// What the given round is to run, from what was noted so far. The same for the same notes.
  io_sim::Lineage next(std::uint64_t round) const;
  /// What a run reached. The order of the notes counts.
  void note(const io_sim::Lineage& lineage, const Points& points);

  /// A round is guided by the rounds that lie further back than this, so that several can run at once and the same
  /// rounds are run however many do.
  static constexpr std::uint64_t lag = 32;
  static constexpr std::uint64_t guided_every = 3;  // one round in so many
  static constexpr std::size_t longest_lineage = 4;
  static constexpr std::size_t examples_kept = 16;  // of a feature

 private:
  // A point and the magnitude of its count: what a run has or has not.
  struct Feature {
    std::uint64_t runs = 0;
    std::vector<io_sim::Lineage> examples;
  };
  std::uint64_t first_seed_;
  std::uint64_t noted_ = 0;
  std::map<std::string, Feature> features_;
};

}  // namespace simulator::search
