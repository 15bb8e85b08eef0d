// Blocking queries: requests whose answer waits until a row changes that they read, or until their time is over
// (http-api.md §1). An agent is asked for its deadline at every turn, and thousands may wait.
//
// Invariant: `ends_` has each of them once, under its time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/agent/request.hpp"
#include "core/base/time.hpp"
#include "core/state/tables.hpp"

namespace core::agent {

class Blocking {
 public:
  static constexpr std::size_t max_waiting = 10'000;

  /// Until one of the rows `on` changes, or the time comes. Not when it is `full`.
  void add(ApiRequest request, std::vector<state::Touched> on, Instant until);
  /// Those that read one of the rows, in the order in which they came. They wait no more.
  std::vector<ApiRequest> take_touched(const std::vector<state::Touched>& rows);
  /// Those whose time is over at `now`. They wait no more.
  std::vector<ApiRequest> take_over(Instant now);
  void cancel(const Caller& caller);
  std::vector<Caller> of(ConnectionId connection) const;

  std::size_t size() const { return waiting_.size(); }
  bool full() const { return waiting_.size() >= max_waiting; }
  /// When the next one's time is over.
  Instant deadline() const { return ends_.empty() ? Instant::never() : ends_.begin()->first; }

 private:
  struct Waiting {
    ApiRequest request;
    std::vector<state::Touched> on;
    Instant until;
  };
  using Waits = std::map<std::uint64_t, Waiting>;
  Waits::iterator erase(Waits::iterator one);

  Waits waiting_;
  std::set<std::pair<Instant, std::uint64_t>> ends_;
  std::uint64_t last_ = 0;
};

}  // namespace core::agent
