#include "simulator/run/run.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/describe/text.hpp"
#include "simulator/checkers/ending.hpp"
#include "simulator/expect/expectations.hpp"
#include "simulator/faults/director.hpp"
#include "simulator/report/recorder.hpp"
#include "simulator/report/trace.hpp"
#include "simulator/scenario/swarm.hpp"
#include "simulator/workload/own_jobs.hpp"
#include "simulator/workload/registers.hpp"

namespace simulator {
namespace {

constexpr core::Duration look_interval{500'000'000};  // how often the ending is looked at
constexpr std::size_t most_violations = 10;
constexpr std::size_t longest_mark = 300;                  // bytes
constexpr std::uint64_t most_steps_at_moment = 1'000'000;  // and for each node some more:
constexpr std::uint64_t most_steps_of_node = 100;

class Marker final : public io_sim::Watcher {
 public:
  Marker(const io_sim::World& world, std::vector<Mark>& marks) : world_(world), marks_(marks) {}
  void handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
               const core::world::Effects& effects) override {
    std::string text = core::describe::text_of(event);
    for (const core::world::Effect& effect : effects) {
      if (text.size() > longest_mark) break;
      text += " -> " + core::describe::text_of(effect);
    }
    if (text.size() > longest_mark) text.replace(longest_mark, std::string::npos, "...");
    marks_.push_back({world_.trace_hash(), at, node, static_cast<std::uint32_t>(event.index()), std::move(text)});
  }

 private:
  const io_sim::World& world_;
  std::vector<Mark>& marks_;
};

io_sim::Timings timings_of(const DiskPlan& plan, const HostPlan& hosts, io_sim::Stream chance) {
  io_sim::Timings out;
  out.compute = hosts.compute;
  const double slow = draw(chance, plan.slow);
  out.disk_write = plan.write;
  out.disk_sync = slow > 0 ? plan.sync.with_tail(slow, plan.slow_by) : plan.sync;
  return out;
}

io_sim::DiskFaults faults_of(const DiskPlan& plan, io_sim::Stream chance) {
  io_sim::DiskFaults out;
  out.hang = draw(chance, plan.hang);
  out.hang_for = plan.hang_for;
  if (plan.capacity) out.capacity_bytes = plan.capacity->bytes;
  out.write_error = draw(chance, plan.write_errors);
  out.sync_error = draw(chance, plan.sync_errors);
  out.lost = draw(chance, plan.lost);
  out.misdirected = draw(chance, plan.misdirected);
  out.corrupt = draw(chance, plan.corrupt);
  return out;
}

// `starts`: how often the task has been started before on its host.
io_sim::TaskLife life_of(const TaskPlan& plan, io_sim::Stream& chance, std::uint32_t starts) {
  io_sim::TaskLife out;
  if (plan.runs) out.runs = draw(chance, *plan.runs);
  out.exit_code =
      plan.exits.empty() ? plan.exit_code : plan.exits[std::min<std::size_t>(starts, plan.exits.size() - 1)];
  if (chance.chance(draw(chance, plan.fails))) out.exit_code = 1;
  out.starts_in = draw(chance, plan.starts_in);
  const double fails = draw(chance, plan.fails_to_start);
  out.fails_to_start = chance.chance(fails);
  out.stops_in = draw(chance, plan.stops_in);
  out.ignores_signals = plan.ignores_signals;
  return out;
}

io_sim::Lineage lineage_of(const RunOptions& options) {
  io_sim::Lineage out{options.seed};
  out.insert(out.end(), options.descent.begin(), options.descent.end());
  return out;
}

io_sim::Choices choices_of(const RunOptions& options) {
  io_sim::Choices out =
      options.script == nullptr ? io_sim::Choices(lineage_of(options)) : io_sim::Choices(*options.script);
  if (options.record) out.record();
  return out;
}

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : options_(options),
        choices_(choices_of(options)),
        turned_(drawn(scenario, choices_)),
        scenario_(turned_ ? *turned_ : scenario),
        story_(options.story, options.timeline == nullptr ? nullptr : &story_lines_),
        world_(choices_, timings_of(scenario_.disks, scenario_.hosts, choices_.stream("world", "disks"))),
        cluster_(world_, scenario_, options.limit, choices_),
        operator_(cluster_, choices_),
        watch_(cluster_, scenario_, story_),
        happenings_(cluster_),
        expectations_(cluster_, scenario_, happenings_) {
    const io_sim::DiskFaults faults = faults_of(scenario_.disks, choices_.stream("world", "disk faults"));
    for (NodeId node = 0; node < cluster_.size(); ++node) world_.disk(node).faults() = faults;
    for (NodeId node = 0; node < cluster_.size(); ++node)
      task_chances_.push_back(choices_.stream("tasks", cluster_.name(node)));
    if (scenario_.registers) registers_.emplace(cluster_, *scenario_.registers, choices_);
    world_.script_task = [this](NodeId node, const core::world::StartTask& start) { return script(node, start); };
    director_.emplace(
        Stage{cluster_, operator_, story_, scenario_, happenings_, expectations_, choices_, options.only});
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
      } catch (const std::exception& thrown) {
        // Core throws nothing of its own: what comes here was let through by a mistake.
        result.violations.push_back({"CHECK", world_.now(), fmt::format("an exception: {}", thrown.what())});
      }
    }
    result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!result.error.empty())
      result.verdict = Verdict::scenario_wrong;
    else if (!result.violations.empty())
      result.verdict = Verdict::fell;
    else if (stopped_)
      result.verdict = Verdict::stopped;
    result.seed = options_.seed;
    result.lineage = lineage_of(options_);
    result.trace_hash = world_.trace_hash();
    result.events = world_.events();
    result.servers = cluster_.servers();
    result.clients = cluster_.clients();
    result.virtual_time = world_.now() - TrueTime{};
    result.coverage = watch_.coverage();
    if (registers_) result.coverage.add(registers_->coverage());
    result.operations = director_->carried_out();
    result.unasked = choices_.unasked();
    if (options_.record) {
      result.choices = choices_.recorded();
      result.choices_too_long = choices_.too_long();
    }
    if (recorder_) *options_.timeline = recorder_->finish(std::move(story_lines_), result.violations);
    if (options_.visitor != nullptr) options_.visitor->over(result);
    return result;
  }

 private:
  io_sim::TaskLife script(NodeId node, const core::world::StartTask& start) {
    const auto job = start.env.find("NOMAD_JOB_ID");
    const std::string name = job == start.env.end() ? "" : job->second;
    const TaskPlan* const plan = plan_of(name, start.key.task);
    if (plan == nullptr) return {};
    return life_of(*plan, task_chances_[node], task_starts_[{node, start.key}]++);
  }

  const TaskPlan* plan_of(const std::string& job, const std::string& task) const {
    for (const std::string& name : {job + "/" + task, job})
      if (const auto found = scenario_.tasks.find(name); found != scenario_.tasks.end()) return &found->second;
    // Of the names that end in "*" the longest: it comes last.
    const TaskPlan* out = nullptr;
    for (const auto& [name, plan] : scenario_.tasks)
      if (name.ends_with('*') && job.starts_with(std::string_view(name).substr(0, name.size() - 1))) out = &plan;
    return out;
  }

  void watch_world(RunResult& result) {
    world_.watch(&watch_);
    world_.watch(&happenings_);
    world_.watch(&expectations_);
    if (options_.timeline != nullptr) {
      world_.watch(&recorder_.emplace(cluster_));
      watch_.on_command = [this](const checkers::Commit& commit) { recorder_->committed(commit); };
    }
    if (options_.visitor != nullptr) options_.visitor->enter({world_, cluster_, choices_, watch_});
    if (options_.marks != nullptr) world_.watch(&marker_.emplace(world_, *options_.marks));
    if (!options_.trace_file.empty()) world_.watch(&trace_.emplace(world_, options_.trace_file, result.error));
  }

  // False when the run is over before that.
  bool play_until(TrueTime until, RunResult& result) {
    constexpr std::uint64_t steps_between_looks = 256;  // at the real clock
    while (world_.next() <= until) {
      world_.step();
      if (!time_passes(result)) return false;
      if (options_.visitor != nullptr && !options_.visitor->passed()) {
        stopped_ = true;
        return false;
      }
      if (++steps_ % steps_between_looks == 0 && is_given_up()) {
        stopped_ = true;
        return false;
      }
      if (watch_.violation()) {
        result.violations.push_back(*watch_.violation());
        return false;
      }
      if (registers_ && registers_->fallen()) {
        result.violations.push_back({"LIN", world_.now(), *registers_->fallen()});
        return false;
      }
      if (expectations_.fallen()) {
        result.violations.push_back({"EXPECT", world_.now(), *expectations_.fallen()});
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

  bool is_given_up() const {
    if (options_.give_up != nullptr && *options_.give_up) return true;
    return options_.deadline && std::chrono::steady_clock::now() > *options_.deadline;
  }

  // Whether the run gets on: a scenario that asks for ever more at one moment would never end.
  bool time_passes(RunResult& result) {
    const TrueTime now = world_.now();
    steps_at_moment_ = now == moment_ ? steps_at_moment_ + 1 : 0;
    moment_ = now;
    const std::uint64_t most = most_steps_at_moment + most_steps_of_node * cluster_.size();
    if (steps_at_moment_ < most) return true;
    result.error = fmt::format("{}: found more than {} events at {}, wanted a scenario in which time passes",
                               scenario_.file, most, time_text(now));
    return false;
  }

  void play(RunResult& result) {
    cluster_.start_all();
    director_->begin();
    if (registers_) registers_->begin();
    const core::Duration until = std::min(scenario_.until, options_.stop_at.value_or(scenario_.until));
    if (!play_until(TrueTime{} + until, result)) return;
    stopped_ = until < scenario_.until;
    if (stopped_) return;
    director_->end_faults();
    if (registers_) registers_->end();
    std::vector<bool> written(cluster_.regions().size());
    for (std::size_t region = 0; region < written.size(); ++region) write_something(region, written);
    const TrueTime patience = world_.now() + scenario_.settle;
    const TrueTime end = std::min(patience, TrueTime{} + options_.stop_at.value_or(patience - TrueTime{}));
    std::vector<checkers::Unwell> unwell = not_yet_well(written);
    while (!unwell.empty() && world_.now() < end) {
      if (!play_until(world_.now() + look_interval, result)) return;
      unwell = not_yet_well(written);
    }
    stopped_ = end < patience && !unwell.empty();
    if (stopped_) return;
    for (const checkers::Unwell& one : unwell) {
      if (result.violations.size() == most_violations) break;
      result.violations.push_back({one.invariant, world_.now(), one.what});
    }
    if (unwell.empty()) story_.tell(world_.now(), "the cluster is well again");
  }

  std::vector<checkers::Unwell> not_yet_well(const std::vector<bool>& written) {
    std::vector<checkers::Unwell> out = checkers::not_yet_well(cluster_, scenario_, written);
    if (registers_ && scenario_.converges)
      if (auto unread = registers_->unread()) out.push_back({"HEAL", std::move(*unread)});
    for (std::string& missing : expectations_.missing()) out.push_back({"EXPECT", std::move(missing)});
    return out;
  }

  // An empty job: a write like any other, which places nothing.
  void write_something(std::size_t region, std::vector<bool>& written) {
    const std::string job =
        fmt::format(R"({{"Job":{{"ID":"{0}","Name":"{0}","Region":"{1}","Type":"service","Datacenters":["*"],)"
                    R"("TaskGroups":[{{"Name":"none","Count":0,"Tasks":[{{"Name":"none","Driver":"raw_exec",)"
                    R"("Config":{{"command":"/bin/true"}}}}]}}]}}}})",
                    heal_job, cluster_.regions()[region]);
    const auto done = [&written, region](const Operator::Answer& answer) { written[region] = answer.status == 200; };
    operator_.request("PUT", "/v1/jobs", job, done, region);
  }

  const RunOptions& options_;
  io_sim::Choices choices_;
  const std::optional<Scenario> turned_;  // by the dials of its swarm
  const Scenario& scenario_;
  std::vector<StoryLine> story_lines_;
  Story story_;
  io_sim::World world_;
  Cluster cluster_;
  Operator operator_;
  checkers::Watch watch_;
  Happenings happenings_;
  Expectations expectations_;
  std::vector<io_sim::Stream> task_chances_;  // by node
  std::map<std::pair<NodeId, core::world::TaskKey>, std::uint32_t> task_starts_;
  std::optional<Director> director_;
  std::optional<Registers> registers_;
  std::uint64_t steps_ = 0;
  TrueTime moment_;
  std::uint64_t steps_at_moment_ = 0;
  bool stopped_ = false;
  std::optional<report::TimelineRecorder> recorder_;
  std::optional<Marker> marker_;
  std::optional<Trace> trace_;
};

}  // namespace

RunResult run_once(const Scenario& scenario, const RunOptions& options) { return Run(scenario, options).carry_out(); }

std::string text_of(const io_sim::Lineage& lineage) {
  std::string out;
  for (const std::uint64_t seed : lineage) out += fmt::format("{}{}", out.empty() ? "" : "+", seed);
  return out;
}

std::string event_name(std::uint32_t kind) {
  static constexpr const char* names[] = {
      "Woken",           "DatagramReceived", "StreamAccepted", "StreamConnected",   "StreamReceived",   "StreamClosed",
      "NameResolved",    "DiskBatchDone",    "DirectoryRead",  "HostFingerprinted", "AllocDirMade",     "TaskStarted",
      "TaskStartFailed", "TaskExited",       "TaskLost",       "AllocFileRead",     "AllocDirListed",   "ApiRequested",
      "ApiCancelled",    "Signalled",        "Reloaded",       "Computed",          "ConnectionRefused"};
  static_assert(std::size(names) == std::variant_size_v<core::world::Event>);
  return kind < std::size(names) ? names[kind] : "?";
}

}  // namespace simulator
