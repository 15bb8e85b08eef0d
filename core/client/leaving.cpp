// The node leaves: its work is moved away first, then it is down (issue 2, "clients that leave").
#include <algorithm>

#include "core/client/impl.hpp"

namespace core::client {
namespace {

constexpr Duration call_patience = 10s;
constexpr Duration ask_again = 1s;
constexpr Duration longest_leave = 1min;  // until the allocations have to have ended elsewhere
constexpr Duration down_patience = 5s;

}  // namespace

void Client::Impl::ask_to_leave(Now now, Effects& effects) {
  if (stage_ != Stage::up || !registered_) return leave(effects);
  if (leaving_ == Leaving::no) leave_limit_ = now.instant + longest_leave;
  leaving_ = Leaving::asking;
  leave_at_ = Instant::never();
  call(now, Matter::leave, wire::rpc::NodeLeave{node_.id, node_.secret_id}, call_patience, effects);
}

void Client::Impl::leave_asked(Now) {
  if (leaving_ == Leaving::asking) leaving_ = Leaving::waiting;
}

void Client::Impl::leave_failed(Now now, const std::string&) {
  if (leaving_ == Leaving::asking) leave_at_ = now.instant + ask_again;
}

bool Client::Impl::all_ended() const {
  return std::all_of(allocs_.begin(), allocs_.end(),
                     [](const auto& entry) { return entry.second->ended() && entry.second->durable(); });
}

void Client::Impl::go_on_leaving(Now now, Effects& effects) {
  const bool late = leave_limit_ <= now.instant;
  switch (leaving_) {
    case Leaving::no:
      return;
    case Leaving::killing_tasks:
      if (late || all_ended()) leave(effects);
      return;
    case Leaving::asking:
      if (leave_at_ <= now.instant && !late) ask_to_leave(now, effects);
      if (!late) return;
      break;
    case Leaving::waiting:
      if (!late && !(all_ended() && unreported_.empty() && !is_open(Matter::update))) return;
      break;
    case Leaving::saying_down:
      return;  // leave() follows from the answer, or from its lateness
  }
  if (late)
    log(effects, world::LogLevel::warn, "leaving before all allocations have ended",
        {{"allocations", std::to_string(allocs_.size())}});
  leaving_ = Leaving::saying_down;
  leave_limit_ = leave_at_ = heartbeat_at_ = Instant::never();
  call(now, Matter::down, wire::rpc::NodeHeartbeat{node_.id, node_.secret_id, model::NodeStatus::down}, down_patience,
       effects);
}

void Client::Impl::leave(Effects& effects) {
  if (stage_ == Stage::left) return;
  stage_ = Stage::left;
  effects.left = true;
}

}  // namespace core::client
