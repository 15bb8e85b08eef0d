#include "simulator/checkers/rate.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

void Rate::sent(NodeId node, const core::world::Effects& effects) {
  for (const core::world::Effect& effect : effects) {
    if (std::holds_alternative<core::world::SendDatagram>(effect)) ++sent_[node].datagrams;
    if (std::holds_alternative<core::world::SendStream>(effect)) ++sent_[node].stream_sends;
  }
}

std::optional<std::string> Rate::at_intervals(const Round& round) {
  if (++rounds_ % window != 0) return std::nullopt;
  std::optional<std::string> wrong;
  ServerSet present = 0;
  for (NodeId node = 0; node < sent_.size(); ++node)
    if (!round.cluster.has_left(node)) present |= ServerSet{1} << node;
  const TrueTime since = round.at - std::chrono::seconds(window) - quiet;
  const bool quiet_now = round.at > TrueTime{} + 2 * quiet && round.health.together_since(present, since);
  for (NodeId node = 0; node < sent_.size(); ++node) {
    const Sent sent = sent_[node];
    sent_[node] = {};
    const std::uint64_t datagrams = sent.datagrams / window;
    const std::uint64_t stream_sends = sent.stream_sends / window;
    if (datagrams > (quiet_now ? max_quiet_datagrams : max_datagrams))
      wrong = fmt::format("{} sent {} datagrams a second for {} s", round.cluster.name(node), datagrams, window);
    if (stream_sends > max_stream_sends)
      wrong = fmt::format("{} wrote {} times a second to its connections for {} s", round.cluster.name(node),
                          stream_sends, window);
    const core::server::Server* const server = round.cluster.server(node);
    if (server == nullptr) continue;
    const auto stats = server->stats();
    const std::size_t queued = stats.broker_ready + stats.broker_waiting + stats.blocked + stats.plan_queue;
    if (queued > max_queue)
      wrong = fmt::format("{} evaluations and plans wait in the queues of {}", queued, round.cluster.name(node));
  }
  return wrong;
}

}  // namespace simulator::checkers
