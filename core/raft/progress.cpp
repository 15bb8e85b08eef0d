#include "core/raft/progress.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"

namespace core::raft {

bool Progress::may_send(std::size_t max_requests, std::size_t max_bytes) const {
  if (mode_ == Mode::snapshot) return false;
  if (mode_ == Mode::probe) return !probe_sent_;
  return in_flight_.size() < max_requests && bytes_in_flight_ < max_bytes;
}

void Progress::sent(Index last, std::size_t bytes) {
  if (mode_ == Mode::probe) {
    probe_sent_ = true;
    return;
  }
  check(last >= next_, "only requests with entries are counted as under way");
  next_ = last.next();
  in_flight_.push_back({last, bytes});
  bytes_in_flight_ += bytes;
}

void Progress::confirmed(Index match) {
  match_ = base::mutant("K18") ? match : std::max(match_, match);
  next_ = std::max(next_, match_.next());
  std::size_t done = 0;
  for (; done < in_flight_.size() && in_flight_[done].last <= match_; ++done)
    bytes_in_flight_ -= in_flight_[done].bytes;
  in_flight_.erase(in_flight_.begin(), in_flight_.begin() + static_cast<std::ptrdiff_t>(done));
  if (mode_ == Mode::probe) {
    mode_ = Mode::replicate;
    probe_sent_ = false;
    next_ = match_.next();
  }
}

bool Progress::rejected(Index previous, Index hint) {
  // What is confirmed cannot be refused, and while probing only the answer to this probe counts.
  if (previous <= match_ || mode_ == Mode::snapshot) return false;
  if (mode_ == Mode::probe && previous.next() != next_) return false;
  if (mode_ == Mode::replicate && previous >= next_) return false;
  if (base::mutant("M14")) hint = hint.next();
  start_probe(std::min(hint, base::mutant("M14") ? previous.next() : previous));
  return true;
}

void Progress::lost_after(Index last_index) {
  if (mode_ == Mode::replicate) start_probe(std::min(last_index.next(), next_));
}

void Progress::unreachable() {
  if (mode_ == Mode::snapshot) {
    paused_ = true;
    if (stream) stream->next = stream->acked;
    return;
  }
  // What was under way is lost. A guess stays what it was: it knows nothing of what the follower has.
  if (mode_ == Mode::replicate || base::mutant("M23")) start_probe(match_.next());
  probe_sent_ = true;
}

void Progress::resume() {
  probe_sent_ = false;
  paused_ = false;
}

void Progress::need_snapshot() {
  start_probe(match_.next());
  mode_ = Mode::snapshot;
  paused_ = false;
  stream.reset();
}

void Progress::caught_up_by_snapshot() {
  start_probe(match_.next());
  mode_ = Mode::replicate;
  paused_ = false;
  stream.reset();
}

void Progress::start_probe(Index next) {
  mode_ = Mode::probe;
  probe_sent_ = false;
  next_ = base::mutant("K19") ? next : std::max(next, match_.next());
  in_flight_.clear();
  bytes_in_flight_ = 0;
}

}  // namespace core::raft
