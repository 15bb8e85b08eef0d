#include "simulator/property/gossip_operations.hpp"

#include <fmt/format.h>

#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {
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
};

}  // namespace

std::string text(const GossipOperation& operation, std::size_t members) { return std::visit(Text{members}, operation); }

}  // namespace simulator::property
