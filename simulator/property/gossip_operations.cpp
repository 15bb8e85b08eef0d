#include "simulator/property/gossip_operations.hpp"

#include <fmt/format.h>

#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {

using namespace std::chrono_literals;

namespace {

struct Text {
  std::size_t members;
  std::string name(std::size_t member) const { return GossipPool::name(member % members); }

  std::string operator()(const PassTime& pass) const {
    return fmt::format("{} ms pass", std::chrono::duration_cast<std::chrono::milliseconds>(pass.time).count());
  }
  std::string operator()(const StartMember& start) const { return name(start.member) + " starts and joins"; }
  std::string operator()(const KillMember& kill) const { return name(kill.member) + " is killed"; }
  std::string operator()(const LeaveMember& leave) const { return name(leave.member) + " leaves"; }
  std::string operator()(const ForceLeaveMember& leave) const {
    return name(leave.by) + " is told to force " + name(leave.member) + " out";
  }
  std::string operator()(const SplitPool& split) const {
    std::string one;
    for (std::size_t i = 0; i < members; ++i)
      if (split.side >> i & 1) one += name(i);
    return fmt::format("the pool splits: {} | the others", one.empty() ? "nobody" : one);
  }
  std::string operator()(const HealPool&) const { return "the network heals"; }
  std::string operator()(const LoseDatagrams& lose) const {
    return fmt::format("{}% of datagrams are lost", lose.percent % 101);
  }
  std::string operator()(const StallMember& stall) const {
    return fmt::format("{} neither sends nor receives for {} ms", name(stall.member),
                       std::chrono::duration_cast<std::chrono::milliseconds>(stall.time).count());
  }
};

enum class Kind { start, heal, kill, leave, force_leave, split, lose, stall };

GossipOperation draw_one(core::Rng& rng, Kind kind, std::size_t members, std::size_t member) {
  switch (kind) {
    case Kind::start:
      return StartMember{member};
    case Kind::heal:
      return HealPool{};
    case Kind::kill:
      return KillMember{member};
    case Kind::leave:
      return LeaveMember{member};
    case Kind::force_leave:
      return ForceLeaveMember{rng.below(members), member};
    case Kind::split:
      return SplitPool{rng.below(std::uint64_t{1} << members)};
    case Kind::lose:
      return LoseDatagrams{rng.below(40)};
    case Kind::stall:
      break;
  }
  return StallMember{member, rng.between(1s, 10s)};
}

}  // namespace

GossipOperations draw_gossip_operations(core::Rng& rng, std::size_t members, std::size_t count) {
  std::vector<Kind> kinds{Kind::start};
  for (const Kind kind : {Kind::heal, Kind::kill, Kind::leave, Kind::force_leave, Kind::split, Kind::lose, Kind::stall})
    if (rng.chance(0.4)) kinds.push_back(kind);
  const core::Duration longest = rng.chance(0.3) ? core::Duration{4min} : core::Duration{10s};
  const bool one_most = rng.chance(0.5);
  const std::size_t favourite = rng.below(members);
  GossipOperations out;
  for (; count > 0; --count) {
    out.push_back(PassTime{rng.between(100ms, longest)});
    const Kind kind = kinds[rng.below(kinds.size())];
    const std::size_t drawn = rng.below(members);
    const bool again = one_most && rng.chance(0.8);
    out.push_back(draw_one(rng, kind, members, again ? favourite : drawn));
  }
  return out;
}

std::string text(const GossipOperation& operation, std::size_t members) { return std::visit(Text{members}, operation); }

}  // namespace simulator::property
