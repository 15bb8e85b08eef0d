// A snapshot file of whatever bytes: what is made of it is bounded, and a member starts from it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/gossip/gossip.hpp"
#include "core/gossip/snapshot.hpp"

namespace gossip = core::gossip;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool rejoin = data[0] % 2 == 1;
  const gossip::Recovered recovered = gossip::read_snapshot(text, rejoin);
  if (recovered.alive.size() > gossip::max_members) std::abort();
  gossip::Config config;
  config.name = "a";
  config.advertise = *core::Address::parse("127.0.0.1:1");
  config.merge_rule = gossip::MergeRule::any;
  config.keep_snapshot = true;
  config.snapshot = text;
  config.rejoin_after_leave = rejoin;
  gossip::Gossip member(config, core::Rng(1));
  std::vector<gossip::Effect> effects;
  member.handle({}, gossip::Woken{}, effects);
  if (member.members().size() != 1) std::abort();
  return 0;
}
