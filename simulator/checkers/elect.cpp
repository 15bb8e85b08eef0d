#include "simulator/checkers/elect.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

std::optional<std::string> Elect::saw(const Sight& sight) {
  if (!sight.raft.is_leader()) return std::nullopt;
  const auto [known, first] = leaders_.emplace(sight.raft.term(), sight.name);
  if (first || known->second == sight.name) return std::nullopt;
  return fmt::format("{} leads in term {}, in which {} was elected", sight.name, sight.raft.term().value,
                     known->second);
}

}  // namespace simulator::checkers
