#include "simulator/checkers/state_hash.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> StateHash::saw(const Sight& sight) {
  const std::uint64_t index = sight.state.index();
  if (by_index_.size() <= index) by_index_.resize(index + 1);
  At& at = by_index_[index];
  const std::uint64_t hash = sight.state.hash();
  if (!at.known)
    at = {true, hash, sight.name};
  else if (at.hash != hash)
    return fmt::format("{} and {} have both applied index {}, and their states differ ({:016x} and {:016x})",
                       sight.name, at.server, index, hash, at.hash);
  return std::nullopt;
}

}  // namespace simulator::checkers
