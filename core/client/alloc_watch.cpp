// What the servers want of this node: one waiting question, then the allocations that changed
// (client-internals.md §3).
//
// A server that lags may leave out what a newer one listed. So an allocation is taken for removed only when a
// server whose state is at least as new as that allocation says that it does not know it.
#include <algorithm>

#include "core/client/impl.hpp"
#include "core/wire/rpc/framing.hpp"

namespace core::client {
namespace {

constexpr Duration max_wait = 5min;
constexpr Duration call_patience = 30s;
constexpr Duration pull_retry = 30s;
constexpr Duration missing_retry = 2s;

}  // namespace

void Client::Impl::watch(Now now, Effects& effects) {
  watch_at_ = Instant::never();
  if (!registered_ || is_open(Matter::watch) || is_open(Matter::pull) || !can_call()) return;
  list_.reset();
  call(now, Matter::watch, wire::rpc::NodeAllocsWanted{node_.id, node_.secret_id, watch_index_, max_wait},
       max_wait + call_patience, effects);
}

void Client::Impl::listed(Now now, const wire::rpc::NodeAllocs& list, Effects& effects) {
  to_pull_.clear();
  missing_.clear();
  pull_incomplete_ = false;
  for (const auto& [id, index] : list.alloc_modify_indexes) {
    const auto held = allocs_.find(id);
    // Not only what is newer: servers that were given a saved state are back where they were.
    if (held == allocs_.end() ? is_file_safe(id) : held->second->alloc().alloc_modify_index != index)
      to_pull_.push_back(id);
  }
  for (const auto& [id, runner] : allocs_) {
    seen_index_ = std::max(seen_index_, runner->alloc().alloc_modify_index);
    if (!list.alloc_modify_indexes.contains(id) && !removed_.contains(id)) missing_.push_back(id);
  }
  // Servers that have lost their state, and may be given a saved one, are no reason to stop anything.
  if (list.state_index != 0 && list.state_index < seen_index_ && !missing_.empty()) {
    log(effects, world::LogLevel::warn, "servers have an older state than this client: what they do not know is kept",
        {{"allocations", std::to_string(missing_.size())},
         {"servers_index", std::to_string(list.state_index)},
         {"seen_index", std::to_string(seen_index_)}});
    missing_.clear();
  }
  seen_index_ = std::max(seen_index_, list.state_index);
  list_ = std::make_unique<wire::rpc::NodeAllocs>(list);
  pull(now, effects);
}

// The next batch of what is to be looked at, or, when there is none, the next wait.
void Client::Impl::pull(Now now, Effects& effects) {
  wire::rpc::AllocsWanted wanted;
  const auto take = [&](std::vector<std::string>& from) {
    while (!from.empty() && wanted.ids.size() < pull_batch_) {
      wanted.ids.push_back(std::move(from.back()));
      from.pop_back();
    }
  };
  take(to_pull_);
  take(missing_);
  if (!wanted.ids.empty()) {
    asked_ = {wanted.ids.begin(), wanted.ids.end()};
    for (const std::string& id : wanted.ids) {
      // From a state that knows all that we have seen, or from the leader.
      const auto listed = list_->alloc_modify_indexes.find(id);
      if (listed != list_->alloc_modify_indexes.end()) wanted.min_index = std::max(wanted.min_index, listed->second);
      if (const auto held = allocs_.find(id); held != allocs_.end())
        wanted.min_index = std::max(wanted.min_index, held->second->alloc().alloc_modify_index);
    }
    return call(now, Matter::pull, std::move(wanted), call_patience, effects);
  }
  if (!pull_incomplete_) {
    watch_index_ = list_->index;
    contacted(now, effects);
  }
  list_.reset();
  pull_batch_ = allocs_a_pull;
  watch_at_ = now.instant + (pull_incomplete_ ? retry(missing_retry) : Duration{});
}

void Client::Impl::pulled(Now now, const wire::rpc::Allocs& allocs, Effects& effects) {
  for (const model::Allocation& alloc : allocs.allocs) {
    if (asked_.erase(alloc.id) == 0) continue;
    if (alloc.node_id == node_.id) take_up(now, alloc, effects);
  }
  for (const std::string& id : asked_) {
    if (list_->alloc_modify_indexes.contains(id)) {
      pull_incomplete_ = true;
      log(effects, world::LogLevel::debug, "listed allocation was not found", {{"alloc_id", id}});
    } else if (const auto held = allocs_.find(id); held != allocs_.end()) {
      removed_.insert(id);
      Turn turn = this->turn(now, effects);
      held->second->destroy(turn);
    }
  }
  asked_.clear();
  forget_removed(effects);
  pull(now, effects);
}

void Client::Impl::take_up(Now now, const model::Allocation& alloc, Effects& effects) {
  Turn turn = this->turn(now, effects);
  const auto held = allocs_.find(alloc.id);
  if (held != allocs_.end()) {
    if (alloc.alloc_modify_index == held->second->alloc().alloc_modify_index) return;
    // The servers may have forgotten what they were told: their state was restored from an older one.
    if (alloc.client_status != held->second->report().client_status) acknowledged_.erase(alloc.id);
    held->second->update(turn, alloc);
  } else {
    allocs_.emplace(alloc.id, std::make_unique<AllocRunner>(turn, alloc, nullptr));
  }
  report_later(now, alloc.id);
}

void Client::Impl::watch_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects) {
  list_.reset();
  asked_.clear();
  if (error.find("node secret ID does not match") != std::string::npos ||
      error.find("node not found") != std::string::npos) {
    log(effects, world::LogLevel::debug, "re-registering node to refresh its secret", {{"error", error}});
    registered_ = false;
    register_at_ = now.instant + retry(missing_retry);
    return;
  }
  log(effects, world::LogLevel::error, "error querying node allocations", {{"error", error}});
  if (error == wire::rpc::too_large_text) pull_batch_ = std::max<std::size_t>(1, pull_batch_ / 2);
  watch_at_ = now.instant + (soon ? *soon : retry(pull_retry));
}

void Client::Impl::contacted(Now now, Effects& effects) {
  if (contacted_) return;
  contacted_ = true;
  Turn turn = this->turn(now, effects);
  for (auto& [id, runner] : allocs_) {
    runner->servers_contacted(turn);
    report_later(now, id);
  }
}

void Client::Impl::forget_removed(Effects& effects) {
  std::erase_if(removed_, [&](const std::string& id) {
    const auto held = allocs_.find(id);
    if (held == allocs_.end()) return true;
    // With its end on the disk: a next life must not start tasks whose directory is gone.
    if (!held->second->ended() || !held->second->durable()) return false;
    log(effects, world::LogLevel::info, "garbage collecting allocation",
        {{"alloc_id", id}, {"reason", "not known to the servers"}});
    // In this order: an agent that dies between the two finds the allocation again, and removes it again.
    effects.world.push_back(world::RemoveAllocDir{id});
    if (store_.keeps()) store_.forget_alloc(id, effects.world);
    allocs_.erase(held);
    unreported_.erase(id);
    acknowledged_.erase(id);
    return true;
  });
}

}  // namespace core::client
