#include "simulator/checkers/no_false.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace simulator::checkers {
namespace {

using core::gossip::MemberStatus;

/// Calls `visit(observer, subject, status)` for what each server that is up holds of each other one.
void each_view(const Cluster& cluster, const std::function<void(NodeId, NodeId, MemberStatus)>& visit) {
  for (NodeId observer = 0; observer < cluster.servers(); ++observer) {
    const core::server::Server* const server = cluster.server(observer);
    if (server == nullptr || server->gossip() == nullptr || cluster.world().is_paused(observer)) continue;
    for (const core::gossip::Member& member : server->gossip()->members())
      if (const auto subject = cluster.find(std::string_view(member.name()).substr(0, member.name().find('.'))))
        if (*subject != observer && cluster.is_server(*subject)) visit(observer, *subject, member.status);
  }
}

}  // namespace

std::optional<std::string> NoFalse::at_intervals(const Round& round) {
  const std::size_t servers = round.cluster.servers();
  ServerSet everybody = 0;
  for (NodeId server = 0; server < servers; ++server)
    if (!round.cluster.has_left(server)) everybody |= ServerSet{1} << server;
  const bool calm_now = round.health.together_since(everybody, round.at - calm) && round.at > TrueTime{} + calm;
  look_who_is_deaf(round, everybody);
  was_calm_ = calm_now;
  std::optional<std::string> wrong;
  each_view(round.cluster, [&](NodeId observer, NodeId subject, MemberStatus status) {
    const bool failed = status == MemberStatus::failed;
    const bool was = failed_[observer * servers + subject];
    failed_[observer * servers + subject] = failed;
    if (!failed || was || round.cluster.has_left(subject)) return;
    if (calm_now)
      wrong = fmt::format("{} declares {} failed, though all servers have been together for {} s",
                          round.cluster.name(observer), round.cluster.name(subject), calm.count() / 1'000'000'000);
    const Deaf& deaf = deaf_[observer];
    if (deaf.all_was_well && round.at - deaf.since < patience && round.cluster.world().is_up(subject))
      wrong = fmt::format(
          "{}, which has heard nobody for {} s, declares {} failed without waiting for a second opinion",
          round.cluster.name(observer), (round.at - deaf.since).count() / 1'000'000'000, round.cluster.name(subject));
  });
  return wrong;
}

void NoFalse::look_who_is_deaf(const Round& round, ServerSet everybody) {
  const std::size_t servers = round.cluster.servers();
  const std::size_t members = static_cast<std::size_t>(std::popcount(everybody));
  for (NodeId server = 0; server < servers; ++server) {
    // Who hears others, though none of them hears it, may be told by them whom they suspect.
    bool hears = false;
    for (NodeId other = 0; other < servers; ++other) hears |= other != server && round.health.reaches(other, server);
    Deaf& deaf = deaf_[server];
    if (hears || !round.cluster.world().is_up(server) || round.cluster.world().is_paused(server))
      deaf = {};
    else if (deaf.since == TrueTime::never())
      deaf = {round.at, was_calm_ && members >= enough_to_confirm};
  }
}

std::optional<std::string> Left::at_intervals(const Round& round) {
  const std::size_t servers = round.cluster.servers();
  const io_sim::World& world = round.cluster.world();
  std::optional<std::string> wrong = not_held_for_left(round);
  each_view(round.cluster, [&](NodeId observer, NodeId subject, MemberStatus status) {
    Seen& seen = left_[observer * servers + subject];
    if (seen.observer_life != world.life(observer)) seen = {world.life(observer), 0};
    if (status == MemberStatus::left) {
      // Who has started again before its leave is first seen has left in a life before, and news of its start may still
      // be on the way, though it may have died since. Starts and ends are a life each.
      std::uint64_t later = 0;
      if (!round.cluster.has_left(subject)) later = world.is_up(subject) ? 1 : 2;
      if (seen.life == 0) seen.life = world.life(subject) - std::min(later, world.life(subject));
      return;
    }
    // A process that ends is another life; only a start is a reason to come back.
    const bool no_start_since = !world.is_up(subject) && world.life(subject) <= seen.life + 1;
    if (seen.life != 0 && status == MemberStatus::alive && no_start_since)
      wrong = fmt::format("{} held {} to have left, and now for alive, though it has not started again",
                          round.cluster.name(observer), round.cluster.name(subject));
    seen.life = 0;
  });
  return wrong;
}

std::optional<std::string> Left::not_held_for_left(const Round& round) {
  const std::size_t servers = round.cluster.servers();
  const io_sim::World& world = round.cluster.world();
  ServerSet present = 0;
  for (NodeId server = 0; server < servers; ++server)
    if (!round.cluster.has_left(server)) present |= ServerSet{1} << server;
  const bool well =
      round.health.together_since(present, round.at - together_before) && round.at > TrueTime{} + 2 * together_before;
  for (NodeId server = 0; server < servers; ++server) {
    Leave& leave = leaves_[server];
    if (!round.cluster.has_left(server)) {
      leave = {false, well, round.at, world.life(server)};
      continue;
    }
    // Since the last look.
    if (std::exchange(leave.was_well, false)) leave.in_good_order = true;
    // It ends once, by itself; another start is another story, and so is any fault until the others agree.
    const ServerSet concerned = world.is_up(server) ? present | ServerSet{1} << server : present;
    const bool ended_itself = world.is_up(server) || world.exited(server).has_value();
    if (world.life(server) > leave.life + 1 || !ended_itself || !round.health.together_since(concerned, leave.at))
      leave.in_good_order = false;
  }
  std::optional<std::string> wrong;
  each_view(round.cluster, [&](NodeId observer, NodeId subject, MemberStatus status) {
    const Leave& leave = leaves_[subject];
    if (!leave.in_good_order || round.at - leave.at < time_to_agree || status == MemberStatus::left) return;
    if (!round.cluster.has_left(observer) && !world.is_up(subject))
      wrong = fmt::format("{} left in good order {} s ago, and {} holds it for {}", round.cluster.name(subject),
                          (round.at - leave.at).count() / 1'000'000'000, round.cluster.name(observer),
                          core::gossip::to_string(status));
  });
  return wrong;
}

}  // namespace simulator::checkers
