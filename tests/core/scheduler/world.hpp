// A region for tests of the scheduler: real state, real applier, and the server's part in a few lines.
#pragma once

#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/scheduler/applier.hpp"
#include "core/scheduler/attempt.hpp"
#include "core/scheduler/scheduler.hpp"
#include "core/state/state.hpp"

namespace tests {

namespace model = core::model;
namespace scheduler = core::scheduler;
namespace state = core::state;
using namespace std::chrono_literals;

/// A ready linux node of 4000 MHz, 8192 MB and 100,000 MB of disk, with raw_exec.
model::Node make_node(const std::string& id);
/// A service of one group "web" with one task of 500 MHz and 256 MB; the disk is 300 MB.
model::Job make_job(const std::string& id, std::int32_t count);

struct World {
  state::State state;
  core::Rng rng{7};
  core::WallTime now{1'700'000'000'000'000'000};
  std::uint64_t index = 0;
  scheduler::Config config;

  void apply(const state::Command& command);
  void add(const model::Node& node);
  void add_nodes(int count);
  void set_status(const std::string& node_id, model::NodeStatus status);
  /// Registers the job and returns its evaluation, stored.
  model::Evaluation submit(model::Job job);
  model::Evaluation new_eval(const std::string& job_id, model::EvalTrigger trigger);
  scheduler::Scheduled plan(const model::Evaluation& eval);
  /// The whole way: plan, applier, commit, again if refused. Returns the evaluation as it was stored.
  model::Evaluation process(const model::Evaluation& eval);
  model::Evaluation run(model::Job job) { return process(submit(std::move(job))); }
  /// What a client says of an allocation.
  void report(const std::string& alloc_id, model::ClientStatus status);

  std::vector<state::Ref<model::Allocation>> allocs(const std::string& job_id) const;
  std::vector<state::Ref<model::Allocation>> live(const std::string& job_id) const;
  std::vector<std::string> live_names(const std::string& job_id) const;
  std::vector<state::Ref<model::Evaluation>> evals(model::EvalStatus status) const;
};

}  // namespace tests
