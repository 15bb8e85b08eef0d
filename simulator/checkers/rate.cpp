#include "simulator/checkers/rate.hpp"

#include <fmt/format.h>

namespace simulator::checkers {

void Rate::sent(NodeId node, const core::world::Effects& effects) {
  for (const core::world::Effect& effect : effects) {
    if (std::holds_alternative<core::world::SendDatagram>(effect)) ++sent_[node].datagrams;
    if (std::holds_alternative<core::world::SendStream>(effect)) ++sent_[node].stream_sends;
  }
}

std::optional<std::string> Rate::still_telling(const Round& round) {
  using core::gossip::MemberStatus;
  std::optional<std::string> wrong;
  for (NodeId node = 0; node < telling_.size(); ++node) {
    Telling& telling = telling_[node];
    const core::server::Server* const server = round.cluster.server(node);
    if (server == nullptr || server->gossip() == nullptr || round.cluster.world().is_paused(node)) {
      telling = {};
      continue;
    }
    std::uint64_t view = 0;
    std::size_t alive = 0;
    for (const core::gossip::Member& member : server->gossip()->members()) {
      view = view * 8 + static_cast<std::uint64_t>(member.status);
      alive += member.status == MemberStatus::alive ? 1 : 0;
    }
    const std::uint64_t life = round.cluster.world().life(node);
    // Who is alone has nobody to tell it to.
    const bool goes_on =
        telling.life == life && telling.view == view && alive > 1 && server->gossip()->intents_told() > 0;
    telling = {life, view, goes_on ? telling.seconds + 1 : 0};
    if (telling.seconds == max_telling)
      wrong = fmt::format("{} has told of joins and leaves for {} s, {} messages, while nobody joined or left",
                          round.cluster.name(node), max_telling, server->gossip()->intents_told());
  }
  return wrong;
}

std::optional<std::string> Rate::at_intervals(const Round& round) {
  std::optional<std::string> wrong = still_telling(round);
  if (++rounds_ % window != 0) return wrong;
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
