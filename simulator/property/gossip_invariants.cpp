#include "simulator/property/gossip_invariants.hpp"

#include <fmt/format.h>

namespace simulator::property {

using namespace core::gossip;

void GossipInvariants::fell(std::string invariant, std::string how) {
  if (!broken_) broken_ = Broken{std::move(invariant), std::move(how)};
}

void GossipInvariants::started(const std::string& member) {
  gone_.erase(member);
  std::erase_if(left_, [&](const auto& known) { return known.first.first == member; });
}

void GossipInvariants::observe(const std::string& observer, core::Instant now, const Effect& effect) {
  if (const auto* left = std::get_if<MemberLeft>(&effect)) {
    // One that was forced out while it was up, beyond a partition perhaps, has not left: it may be heard of again.
    if (gone_.contains(left->member.name)) left_[{observer, left->member.name}] = left->member.incarnation;
  } else if (const auto* joined = std::get_if<MemberJoined>(&effect)) {
    const auto known = left_.find({observer, joined->member.name});
    if (known == left_.end()) return;
    // One that began anew may come at any incarnation: memberlist soon forgets the dead, and with them the old one.
    if (gone_.contains(joined->member.name) && joined->member.incarnation <= known->second)
      fell("LEFT", fmt::format("{} takes {} for alive at incarnation {}, at which it had left for good", observer,
                               joined->member.name, joined->member.incarnation.value));
    left_.erase(known);
  } else if (const auto* reaped = std::get_if<MemberReaped>(&effect)) {
    left_.erase({observer, reaped->member.name});
  } else if (const auto* failed = std::get_if<MemberFailed>(&effect)) {
    const auto last = disturbed_.find(failed->member.name);
    const auto own = disturbed_.find(observer);
    const bool quiet = (last == disturbed_.end() || now - last->second > grace_) &&
                       (own == disturbed_.end() || now - own->second > grace_);
    if (quiet)
      fell("NOFALSE", fmt::format("{} declares {} failed, which is up and could be reached for {} s", observer,
                                  failed->member.name, grace_.count() / 1'000'000'000));
  }
}

}  // namespace simulator::property
