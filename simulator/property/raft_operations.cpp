#include "simulator/property/raft_operations.hpp"

#include <fmt/format.h>

namespace simulator::property {
namespace {

struct Text {
  std::size_t servers;
  std::string name(std::size_t server) const { return fmt::format("n{}", server % servers + 1); }

  std::string operator()(const Pass& pass) const {
    return fmt::format("{} ms pass", std::chrono::duration_cast<std::chrono::milliseconds>(pass.time).count());
  }
  std::string operator()(const Propose& propose) const {
    return fmt::format("{} {} given to the leader{}", propose.count, propose.count == 1 ? "command is" : "commands are",
                       propose.together ? " together" : "");
  }
  std::string operator()(const LosePower& lose) const { return name(lose.server) + " loses power"; }
  std::string operator()(const Restart& restart) const { return name(restart.server) + " starts"; }
  std::string operator()(const Cut& cut) const { return name(cut.to) + " no longer hears " + name(cut.from); }
  std::string operator()(const Isolate& isolate) const { return name(isolate.server) + " is cut off"; }
  std::string operator()(const HealNetwork&) const { return "the network heals"; }
  std::string operator()(const Transfer& transfer) const {
    return name(transfer.server) + " is asked to hand leadership over";
  }
  std::string operator()(const ChangeMember& change) const {
    static constexpr const char* what[] = {"add {} as a voter", "add {} as a nonvoter", "demote {}", "remove {}"};
    return "the leader is asked to " +
           fmt::format(fmt::runtime(what[static_cast<std::size_t>(change.change) % 4]), name(change.server));
  }
  std::string operator()(const TakeSnapshot& take) const { return name(take.server) + " takes a snapshot"; }
  std::string operator()(const Read& read) const { return name(read.server) + " is asked for a read"; }
};

}  // namespace

std::string text(const RaftOperation& operation, std::size_t servers) { return std::visit(Text{servers}, operation); }

}  // namespace simulator::property
