// The leader's queue of evaluations: one at a time for each job, the most urgent first, none forgotten
// (server-internals.md §11).
//
// Invariant: an evaluation that was enqueued is ready, waiting (behind another of its job, or for its time),
// or outstanding, until it is acknowledged, flushed, or has failed too often.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/time.hpp"
#include "core/model/evaluation.hpp"

namespace core::server {

class EvalBroker {
 public:
  struct Config {
    Duration nack_timeout = 60s;
    std::uint32_t delivery_limit = 3;
    Duration first_nack_delay = 1s;
    Duration later_nack_delay = 20s;
  };
  /// An evaluation handed out. `token` must come back with ack or nack.
  struct Delivery {
    model::Evaluation eval;
    std::uint64_t token = 0;
  };

  explicit EvalBroker(Config config) : config_(config) {}

  /// Takes an evaluation in. One that is out for delivery comes again, as it is now, when it is acknowledged; one that
  /// is known otherwise is left as it is.
  void enqueue(Now now, const model::Evaluation& eval);
  /// The most urgent one that is ready: higher priority first, then the older.
  std::optional<Delivery> dequeue(Now now);
  /// It was dealt with. The next of its job becomes ready; older ones that waited behind it are returned:
  /// they are pointless now, and to be canceled.
  std::vector<model::Evaluation> ack(Now now, const std::string& eval_id, std::uint64_t token);
  /// Whether that delivery still counts: it was neither answered, nor did its time run out.
  bool is_out(const Delivery& delivery) const;
  /// It was not dealt with: it comes again later. True when that has happened too often; it is then dropped
  /// here, and the caller marks it failed.
  bool nack(Now now, const std::string& eval_id, std::uint64_t token);
  /// Moves what has waited long enough, and takes back what was handed out and never answered. Returns those
  /// that failed too often.
  std::vector<model::Evaluation> wake(Now now);
  Instant deadline(Now now) const;
  /// Forgets everything: leadership was lost.
  void flush();

  struct Stats {
    std::size_t ready = 0, waiting = 0, outstanding = 0, delayed = 0;
  };
  Stats stats() const;

 private:
  struct JobKey {
    std::string namespace_;
    std::string job_id;
    friend auto operator<=>(const JobKey&, const JobKey&) = default;
  };
  struct Known {
    model::Evaluation eval;
    std::uint32_t deliveries = 0;
    std::uint64_t token = 0;  // not 0 while outstanding
    Instant nack_at;
    std::optional<model::Evaluation> again{};  // what came in while it was outstanding
  };
  // Ready ones sort by falling priority, then by age.
  using ReadyKey = std::tuple<std::int32_t, std::uint64_t, std::string>;

  static JobKey job_of(const model::Evaluation& eval) { return {eval.namespace_, eval.job_id}; }
  static ReadyKey ready_key(const model::Evaluation& eval) { return {-eval.priority, eval.create_index, eval.id}; }
  void make_ready_or_wait(const model::Evaluation& eval);
  void release(const JobKey& job);

  Config config_;
  std::map<std::string, Known> known_;
  std::set<ReadyKey> ready_;
  std::map<JobKey, std::string> in_turn_;                   // the one of a job that is ready or outstanding
  std::map<JobKey, std::vector<std::string>> waiting_;      // behind it, in order of arrival
  std::set<std::pair<std::int64_t, std::string>> by_wall_;  // wait_until, in Unix nanoseconds
  std::set<std::pair<Instant, std::string>> delayed_;       // after a nack, or an evaluation's own wait
  std::set<std::pair<Instant, std::string>> outstanding_;   // by when they count as nacked
  std::uint64_t last_token_ = 0;
};

}  // namespace core::server
