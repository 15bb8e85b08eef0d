#include "core/server/eval_broker.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"

namespace core::server {

void EvalBroker::enqueue(Now now, const model::Evaluation& eval) {
  const auto [place, is_new] = known_.emplace(eval.id, Known{eval, 0, 0, {}});
  if (!is_new) {
    // Run, blocked again and woken at once, before anybody has said that it ran.
    if (place->second.token != 0 && !base::mutant("M17")) place->second.again = eval;
    return;
  }
  if (eval.wait_until.is_set() && eval.wait_until > now.wall) {
    by_wall_.emplace(eval.wait_until.unix_ns, eval.id);
  } else if (eval.wait > Duration{}) {
    delayed_.emplace(now.instant + eval.wait, eval.id);
  } else {
    make_ready_or_wait(eval);
  }
}

void EvalBroker::make_ready_or_wait(const model::Evaluation& eval) {
  if (in_turn_.emplace(job_of(eval), eval.id).second)
    ready_.insert(ready_key(eval));
  else
    waiting_[job_of(eval)].push_back(eval.id);
}

std::optional<EvalBroker::Delivery> EvalBroker::dequeue(Now now) {
  if (ready_.empty()) return std::nullopt;
  const std::string id = std::get<2>(*ready_.begin());
  ready_.erase(ready_.begin());
  Known& known = known_.at(id);
  ++known.deliveries;
  known.token = ++last_token_;
  known.nack_at = now.instant + config_.nack_timeout;
  outstanding_.emplace(known.nack_at, id);
  return Delivery{known.eval, known.token};
}

bool EvalBroker::is_out(const Delivery& delivery) const {
  const auto found = known_.find(delivery.eval.id);
  return found != known_.end() && found->second.token == delivery.token;
}

std::vector<model::Evaluation> EvalBroker::ack(Now now, const std::string& eval_id, std::uint64_t token) {
  const auto found = known_.find(eval_id);
  // A late answer, after the time ran out or leadership changed.
  if (found == known_.end() || found->second.token != token) return {};
  outstanding_.erase({found->second.nack_at, eval_id});
  const JobKey job = job_of(found->second.eval);
  const std::optional<model::Evaluation> again = std::move(found->second.again);
  known_.erase(found);
  in_turn_.erase(job);

  std::vector<model::Evaluation> pointless;
  if (again) enqueue(now, *again);
  const auto behind = waiting_.find(job);
  if (behind == waiting_.end()) return pointless;
  // All that waited would see the same state: only the newest is worth running.
  const auto newest = std::max_element(behind->second.begin(), behind->second.end(), [&](const auto& a, const auto& b) {
    return known_.at(a).eval.modify_index < known_.at(b).eval.modify_index;
  });
  const std::string kept = *newest;
  for (const std::string& id : behind->second) {
    if (id == kept) continue;
    pointless.push_back(known_.at(id).eval);
    known_.erase(id);
  }
  waiting_.erase(behind);
  if (!base::mutant("M08")) make_ready_or_wait(known_.at(kept).eval);
  return pointless;
}

void EvalBroker::release(const JobKey& job) {
  in_turn_.erase(job);
  const auto behind = waiting_.find(job);
  if (behind == waiting_.end()) return;
  const std::string next = behind->second.front();
  behind->second.erase(behind->second.begin());
  if (behind->second.empty()) waiting_.erase(behind);
  make_ready_or_wait(known_.at(next).eval);
}

bool EvalBroker::nack(Now now, const std::string& eval_id, std::uint64_t token) {
  const auto found = known_.find(eval_id);
  if (found == known_.end() || found->second.token != token) return false;
  Known& known = found->second;
  outstanding_.erase({known.nack_at, eval_id});
  known.token = 0;
  if (known.again) known.eval = *std::exchange(known.again, std::nullopt);
  const JobKey job = job_of(known.eval);
  if (known.deliveries >= config_.delivery_limit) {
    known_.erase(found);
    release(job);
    return true;
  }
  const Duration delay =
      known.deliveries <= 1 ? config_.first_nack_delay : (known.deliveries - 1) * config_.later_nack_delay;
  delayed_.emplace(now.instant + delay, eval_id);
  release(job);
  return false;
}

std::vector<model::Evaluation> EvalBroker::wake(Now now) {
  while (!by_wall_.empty() && by_wall_.begin()->first <= now.wall.unix_ns) {
    const std::string id = by_wall_.begin()->second;
    by_wall_.erase(by_wall_.begin());
    make_ready_or_wait(known_.at(id).eval);
  }
  while (!delayed_.empty() && delayed_.begin()->first <= now.instant) {
    const std::string id = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    make_ready_or_wait(known_.at(id).eval);
  }
  std::vector<model::Evaluation> failed;
  while (!outstanding_.empty() && outstanding_.begin()->first <= now.instant) {
    const std::string id = outstanding_.begin()->second;
    const Known known = known_.at(id);
    if (nack(now, id, known.token)) failed.push_back(known.eval);
  }
  return failed;
}

Instant EvalBroker::deadline(Now now) const {
  Instant next = Instant::never();
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  if (!outstanding_.empty()) next = std::min(next, outstanding_.begin()->first);
  // The wall clock may be set; looking again within a minute bounds how late that is noticed.
  if (!by_wall_.empty()) {
    const Duration wait{std::max<std::int64_t>(0, by_wall_.begin()->first - now.wall.unix_ns)};
    next = std::min(next, now.instant + std::min<Duration>(wait, 1min));
  }
  return next;
}

void EvalBroker::flush() {
  known_.clear();
  ready_.clear();
  in_turn_.clear();
  waiting_.clear();
  by_wall_.clear();
  delayed_.clear();
  outstanding_.clear();
}

EvalBroker::Stats EvalBroker::stats() const {
  std::size_t behind = 0;
  for (const auto& [job, ids] : waiting_) behind += ids.size();
  return {ready_.size(), behind, outstanding_.size(), delayed_.size() + by_wall_.size()};
}

}  // namespace core::server
