#include "simulator/property/gossip_hunt.hpp"

#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {

GossipHistory GossipHistory::drawn(std::uint64_t seed, std::size_t most) {
  core::Rng rng(seed);
  GossipHistory history;
  history.seed = seed;
  history.members = 3 + rng.below(6);
  const std::size_t count = rng.chance(0.5) ? most : 1 + rng.below(most);
  history.operations = draw_gossip_operations(rng, history.members, count);
  return history;
}

std::string run(const GossipHistory& history) {
  GossipPool pool = GossipPool::of(history.members, Draws(history.seed));
  pool.apply(history.operations);
  return pool.settle();
}

std::string law_of(const std::string& violation) { return violation.substr(0, violation.find(' ')); }

GossipHistory cut_down(GossipHistory history) {
  const std::string law = law_of(run(history));
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t at = history.operations.size(); at-- > 0;) {
      GossipHistory without = history;
      without.operations.erase(without.operations.begin() + static_cast<std::ptrdiff_t>(at));
      if (law_of(run(without)) != law) continue;
      history = std::move(without);
      smaller = true;
    }
  }
  return history;
}

std::string story(const GossipHistory& history) {
  std::string out;
  for (const GossipOperation& operation : history.operations) out += "  " + text(operation, history.members) + "\n";
  return out;
}

}  // namespace simulator::property
