// What became of the allocations, told to the servers in batches (client-internals.md §3).
//
// Told is only what is on the disk: what the servers have heard must still be true after a power loss.
#include <algorithm>

#include "core/client/impl.hpp"
#include "core/describe/hash.hpp"

namespace core::client {
namespace {

constexpr Duration tick = 200ms;
constexpr Duration update_retry = 5s;
constexpr Duration call_patience = 30s;
constexpr std::size_t allocs_an_update = 256;

}  // namespace

void Client::Impl::report_later(Now now, const std::string& alloc_id) {
  unreported_.insert(alloc_id);
  if (report_at_ == Instant::never()) report_at_ = now.instant + tick;
}

void Client::Impl::report(Now now, Effects& effects) {
  report_at_ = Instant::never();
  // Each of these comes back here when it changes: registered(), contacted(), reported().
  if (!registered_ || !contacted_ || is_open(Matter::update)) return;
  wire::rpc::AllocsUpdate update{node_.id, node_.secret_id, {}, report_life_, report_number_ + 1};
  for (auto id = unreported_.begin(); id != unreported_.end() && update.allocs.size() < allocs_an_update;) {
    const auto held = allocs_.find(*id);
    // What is not on the disk yet comes back here when it is.
    if (held != allocs_.end() && !held->second->durable()) {
      ++id;
      continue;
    }
    if (held != allocs_.end() && !removed_.contains(*id)) {
      model::Allocation alloc = held->second->report();
      const std::uint64_t hash = describe::hash_of(alloc);
      const auto known = acknowledged_.find(*id);
      if (known == acknowledged_.end() || known->second != hash) {
        sent_[*id] = hash;
        update.allocs.push_back(std::move(alloc));
      }
    }
    id = unreported_.erase(id);
  }
  if (update.allocs.empty()) return;
  ++report_number_;
  call(now, Matter::update, std::move(update), call_patience, effects);
}

void Client::Impl::reported(Now now, Effects&) {
  for (const auto& [id, hash] : sent_)
    if (allocs_.contains(id)) acknowledged_[id] = hash;
  sent_.clear();
  if (!unreported_.empty() && report_at_ == Instant::never()) report_at_ = now.instant + tick;
}

void Client::Impl::report_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects) {
  log(effects, world::LogLevel::error, "error updating allocations", {{"error", error}});
  for (const auto& [id, hash] : sent_) unreported_.insert(id);
  sent_.clear();
  report_at_ = now.instant + (soon ? *soon : retry(update_retry));
}

}  // namespace core::client
