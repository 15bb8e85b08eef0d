#include "simulator/explore/state.hpp"

#include "core/describe/hash.hpp"

namespace simulator::explore {

Server& State::own(std::size_t server) {
  auto& shared = servers[server];
  if (shared.use_count() > 1) shared = std::make_shared<Server>(*shared);
  return *shared;
}

property::RaftInvariants& State::own_invariants() {
  if (invariants.use_count() > 1) invariants = std::make_shared<property::RaftInvariants>(*invariants);
  return *invariants;
}

std::uint64_t State::key(std::size_t count) const {
  core::describe::Hasher hasher;
  for (std::size_t i = 0; i < count; ++i) hasher.add(servers[i]->hash);
  hasher.add(std::uint64_t{under_way.size()});
  for (const Parcel& parcel : under_way) hasher.add(parcel.hash);
  for (const Parcel& parcel : late) hasher.add(parcel.hash);
  hasher.add(memory_hash);
  std::uint64_t budget = 0;
  for (const std::uint8_t part :
       {left.kills, left.power_losses, left.proposals, left.losses, left.duplicates, left.delays})
    budget = budget << 8 | part;
  hasher.add(budget);
  return hasher.value();
}

}  // namespace simulator::explore
