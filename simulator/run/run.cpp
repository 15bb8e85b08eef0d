#include "simulator/run/run.hpp"

#include <chrono>
#include <set>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/describe/text.hpp"
#include "simulator/checkers/ending.hpp"
#include "simulator/faults/director.hpp"
#include "simulator/report/trace.hpp"

namespace simulator {
namespace {

constexpr core::Duration look_interval{500'000'000};  // how often the ending is looked at
constexpr std::size_t most_violations = 10;

class Marker final : public io_sim::Watcher {
 public:
  Marker(const io_sim::World& world, std::vector<Mark>& marks) : world_(world), marks_(marks) {}
  void handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
               const core::world::Effects&) override {
    marks_.push_back({world_.trace_hash(), at, node, static_cast<std::uint32_t>(event.index())});
  }

 private:
  const io_sim::World& world_;
  std::vector<Mark>& marks_;
};

io_sim::Timings timings_of(const WorldPlan& plan, core::Rng& rng) {
  io_sim::Timings out;
  const double slow = draw(rng, plan.slow_disk);
  out.disk_write = io_sim::Latency::uniform(plan.disk_write.low, plan.disk_write.high);
  out.disk_sync = {plan.disk_sync.low, plan.disk_sync.high, slow, plan.slow_disk_by};
  return out;
}

io_sim::TaskLife life_of(const TaskPlan& plan, core::Rng& rng) {
  io_sim::TaskLife out;
  if (plan.runs) out.runs = draw(rng, *plan.runs);
  out.exit_code = plan.exit_code;
  out.starts_in = draw(rng, plan.starts_in);
  out.fails_to_start = rng.chance(draw(rng, plan.fails_to_start));
  out.ignores_signals = plan.ignores_signals;
  return out;
}

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        rng_(options.seed),
        story_(options.story),
        world_(rng_.next(), timings_of(scenario.world, rng_)),
        cluster_(world_, scenario, rng_.fork()),
        operator_(cluster_, rng_.fork()),
        watch_(cluster_, story_) {
    set_network();
    task_rng_ = rng_.fork();
    world_.script_task = [this](io_sim::NodeId, const core::world::StartTask& start) { return script(start); };
    director_.emplace(cluster_, operator_, story_, scenario_, rng_.fork());
  }

  RunResult carry_out() {
    RunResult result;
    const auto began = std::chrono::steady_clock::now();
    watch_world(result);
    if (result.error.empty()) {
      try {
        play(result);
      } catch (const core::base::CheckFailed& failed) {
        result.violations.push_back({"CHECK", world_.now(), failed.what()});
      }
    }
    result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!result.error.empty())
      result.verdict = Verdict::scenario_wrong;
    else if (!result.violations.empty())
      result.verdict = Verdict::fell;
    result.seed = options_.seed;
    result.trace_hash = world_.trace_hash();
    result.events = world_.events();
    result.servers = cluster_.servers();
    result.clients = cluster_.clients();
    result.virtual_time = world_.now() - TrueTime{};
    result.coverage = watch_.coverage();
    return result;
  }

 private:
  void set_network() {
    io_sim::Link& link = world_.network().everywhere();
    link.latency = io_sim::Latency::uniform(scenario_.world.latency.low, scenario_.world.latency.high);
    link.loss = draw(rng_, scenario_.world.loss);
    link.duplication = draw(rng_, scenario_.world.duplication);
    link.reordering = draw(rng_, scenario_.world.reordering);
  }

  io_sim::TaskLife script(const core::world::StartTask& start) {
    const auto job = start.env.find("NOMAD_JOB_ID");
    const std::string name = job == start.env.end() ? "" : job->second;
    auto found = scenario_.tasks.find(name + "/" + start.key.task);
    if (found == scenario_.tasks.end()) found = scenario_.tasks.find(name);
    return found == scenario_.tasks.end() ? io_sim::TaskLife{} : life_of(found->second, task_rng_);
  }

  void watch_world(RunResult& result) {
    world_.watch(&watch_);
    if (options_.marks != nullptr) world_.watch(&marker_.emplace(world_, *options_.marks));
    if (!options_.trace_file.empty()) world_.watch(&trace_.emplace(world_, options_.trace_file, result.error));
  }

  // False when the run is over before that.
  bool play_until(TrueTime until, RunResult& result) {
    while (world_.next() <= until) {
      world_.step();
      if (watch_.violation()) {
        result.violations.push_back(*watch_.violation());
        return false;
      }
      if (!director_->scenario_error().empty()) {
        result.error = director_->scenario_error();
        return false;
      }
    }
    world_.run_until(until);
    return true;
  }

  void play(RunResult& result) {
    cluster_.start_all();
    director_->begin();
    if (!play_until(TrueTime{} + scenario_.until, result)) return;
    director_->end_all_faults();
    bool written = false;
    write_something(written);
    const TrueTime end = world_.now() + scenario_.settle;
    std::vector<checkers::Unwell> unwell = checkers::not_yet_well(cluster_, scenario_, written);
    while (!unwell.empty() && world_.now() < end) {
      if (!play_until(world_.now() + look_interval, result)) return;
      unwell = checkers::not_yet_well(cluster_, scenario_, written);
    }
    for (const checkers::Unwell& one : unwell) {
      if (result.violations.size() == most_violations) break;
      result.violations.push_back({one.invariant, world_.now(), one.what});
    }
    if (unwell.empty()) story_.tell(world_.now(), "the cluster is well again");
  }

  // An empty job: a write like any other, which places nothing.
  void write_something(bool& written) {
    operator_.request("PUT", "/v1/jobs",
                      R"({"Job":{"ID":"nomad-sim-heal","Name":"nomad-sim-heal","Type":"service","Datacenters":["*"],)"
                      R"("TaskGroups":[{"Name":"none","Count":0,"Tasks":[{"Name":"none","Driver":"raw_exec",)"
                      R"("Config":{"command":"/bin/true"}}]}]}})",
                      [&written](const Operator::Answer& answer) { written = answer.status == 200; });
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  core::Rng rng_;
  Story story_;
  io_sim::World world_;
  Cluster cluster_;
  Operator operator_;
  checkers::Watch watch_;
  core::Rng task_rng_;
  std::optional<Director> director_;
  std::optional<Marker> marker_;
  std::optional<Trace> trace_;
};

}  // namespace

RunResult run_once(const Scenario& scenario, const RunOptions& options) { return Run(scenario, options).carry_out(); }

std::string event_name(std::uint32_t kind) {
  static constexpr const char* names[] = {
      "Woken",           "DatagramReceived", "StreamAccepted", "StreamConnected",   "StreamReceived", "StreamClosed",
      "NameResolved",    "DiskBatchDone",    "DirectoryRead",  "HostFingerprinted", "AllocDirMade",   "TaskStarted",
      "TaskStartFailed", "TaskExited",       "TaskLost",       "AllocFileRead",     "AllocDirListed", "ApiRequested",
      "ApiCancelled",    "Signalled",        "Reloaded",       "Computed"};
  static_assert(std::size(names) == std::variant_size_v<core::world::Event>);
  return kind < std::size(names) ? names[kind] : "?";
}

}  // namespace simulator
