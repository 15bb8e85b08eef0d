#include "core/agent/blocking.hpp"

#include <algorithm>
#include <string_view>

#include "core/state/watch.hpp"

namespace core::agent {
namespace {

// Does a row that changed concern a watcher of `on`? A key that ends in '*' stands for all that start so.
bool concerns(const state::Touched& row, const state::Touched& on) {
  if (row.table != on.table) return false;
  if (row == state::watch::any_row(row.table)) return true;
  if (!on.key.ends_with('*')) return row.key == on.key;
  return std::string_view(row.key).starts_with(std::string_view(on.key).substr(0, on.key.size() - 1));
}

}  // namespace

void Blocking::add(ApiRequest request, std::vector<state::Touched> on, Instant until) {
  ends_.emplace(until, ++last_);
  waiting_.emplace(last_, Waiting{std::move(request), std::move(on), until});
}

std::vector<ApiRequest> Blocking::take_touched(const std::vector<state::Touched>& rows) {
  std::vector<ApiRequest> out;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto reads = [&](const state::Touched& row) {
      return std::any_of(at->second.on.begin(), at->second.on.end(), [&](const auto& on) { return concerns(row, on); });
    };
    if (std::none_of(rows.begin(), rows.end(), reads)) {
      ++at;
      continue;
    }
    out.push_back(std::move(at->second.request));
    at = erase(at);
  }
  return out;
}

std::vector<ApiRequest> Blocking::take_over(Instant now) {
  std::vector<ApiRequest> out;
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto one = waiting_.find(ends_.begin()->second);
    out.push_back(std::move(one->second.request));
    erase(one);
  }
  return out;
}

void Blocking::cancel(const Caller& caller) {
  for (auto at = waiting_.begin(); at != waiting_.end();)
    at = at->second.request.caller == caller ? erase(at) : std::next(at);
}

std::vector<Caller> Blocking::of(ConnectionId connection) const {
  std::vector<Caller> out;
  for (const auto& [id, waiting] : waiting_)
    if (waiting.request.caller.connection == connection) out.push_back(waiting.request.caller);
  return out;
}

Blocking::Waits::iterator Blocking::erase(Waits::iterator one) {
  ends_.erase({one->second.until, one->first});
  return waiting_.erase(one);
}

}  // namespace core::agent
