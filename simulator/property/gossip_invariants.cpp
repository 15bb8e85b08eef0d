#include "simulator/property/gossip_invariants.hpp"

#include <fmt/format.h>

namespace simulator::property {

using namespace core::gossip;

void GossipInvariants::fell(std::string invariant, std::string how) {
  if (!broken_) broken_ = Broken{std::move(invariant), std::move(how)};
}

void GossipInvariants::stalled(const std::string& member, core::Instant now) {
  // Two that are ill may confirm each other's suspicions, and one may go on with what it suspected the last time.
  std::set<std::string> ill;
  for (const auto& [name, since] : stalled_)
    if (!quiet(stalled_, name, now)) ill.insert(name);
  for (const std::string& name : ill) disturbed(name, now);
  if (!ill.empty()) disturbed(member, now);
  stalled_[member] = now;
}

bool GossipInvariants::quiet(const std::map<std::string, core::Instant>& last, const std::string& member,
                             core::Instant now) const {
  const auto found = last.find(member);
  return found == last.end() || now - found->second > grace_;
}

void GossipInvariants::started(const std::string& member) {
  gone_.erase(member);
  std::erase_if(left_, [&](const auto& known) { return known.first.first == member; });
}

void GossipInvariants::observe(const std::string& observer, core::Instant now, const Effect& effect) {
  if (const auto* left = std::get_if<MemberLeft>(&effect)) {
    // Whether it is gone is asked when it seems to be back: who leaves is still there while the others hear of it.
    left_[{observer, left->member.name()}] = left->member.incarnation;
  } else if (const auto* joined = std::get_if<MemberJoined>(&effect)) {
    const auto known = left_.find({observer, joined->member.name()});
    if (known == left_.end()) return;
    // One that began anew may come at any incarnation: memberlist soon forgets the dead, and with them the old one. And
    // one that was forced out while it was up, beyond a partition perhaps, may be heard of again.
    if (gone_.contains(joined->member.name()) && joined->member.incarnation <= known->second)
      fell("LEFT", fmt::format("{} takes {} for alive at incarnation {}, at which it had left for good", observer,
                               joined->member.name(), joined->member.incarnation.value));
    left_.erase(known);
  } else if (const auto* reaped = std::get_if<MemberReaped>(&effect)) {
    left_.erase({observer, reaped->member.name()});
  } else if (const auto* failed = std::get_if<MemberFailed>(&effect)) {
    const std::string& member = failed->member.name();
    const bool calm =
        !lossy_ && quiet(disturbed_, member, now) && quiet(stalled_, member, now) && quiet(disturbed_, observer, now);
    if (calm)
      fell("NOFALSE", fmt::format("{} declares {} failed, which is up and could be reached for {} s", observer, member,
                                  grace_.count() / 1'000'000'000));
  }
}

}  // namespace simulator::property
