// From YAML to Scenario.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "simulator/scenario/fields.hpp"

namespace simulator {
namespace {

constexpr std::uint64_t max_servers = 31;
constexpr std::uint64_t max_clients = 100'000;
constexpr std::size_t max_entries = 1000;

const std::vector<std::string_view> action_words{"run",   "stop",        "crash",     "power_loss", "start",
                                                 "pause", "resume",      "partition", "heal",       "leave",
                                                 "loss",  "force_leave", "clock",     "slow"};

class ScenarioReader {
 public:
  ScenarioReader(const std::string& file, Files& files)
      : folder_(std::filesystem::path(file).parent_path()), files_(files) {
    scenario_.file = file;
  }

  std::expected<Scenario, Problem> read(const yaml::Value& root) {
    Fields top(root, "the scenario", problem_);
    scenario_.name = std::filesystem::path(scenario_.file).stem().string();
    top.read("name", scenario_.name);
    top.read("about", scenario_.about);
    top.read_map("cluster", [&](Fields& fields) { read_cluster(fields); });
    top.read_map("network", [&](Fields& fields) { read_network(fields); });
    top.read_map("disks", [&](Fields& fields) { read_disks(fields); });
    top.read_map("clocks", [&](Fields& fields) { read_clocks(fields); });
    read_tasks(top);
    top.read("until", scenario_.until);
    read_list(top, "timeline", [&](const yaml::Value& value) { read_entry(value); });
    top.read("settle", scenario_.settle);
    top.read("converges", scenario_.converges);
    read_list(top, "expect", [&](const yaml::Value& value) { read_expectation(value); });
    top.finish();
    if (!top.has("cluster")) top.fail(root.place, "no cluster", "\"cluster:\" with servers and clients");
    if (!top.has("until")) top.fail(root.place, "no end", "\"until:\" with a duration, such as 6m");
    if (problem_) return std::unexpected(*problem_);
    return std::move(scenario_);
  }

 private:
  void read_cluster(Fields& fields) {
    ClusterPlan& cluster = scenario_.cluster;
    fields.read("servers", cluster.servers);
    fields.read("clients", cluster.clients);
    fields.read("region", cluster.region);
    fields.read("datacenter", cluster.datacenter);
    if (cluster.servers.low < 1 || cluster.servers.high > max_servers)
      fields.fail(fields.find("servers")->place, "that many servers", fmt::format("1 to {} servers", max_servers));
    if (cluster.clients.high > max_clients)
      fields.fail(fields.find("clients")->place, "that many clients", fmt::format("at most {} clients", max_clients));
    fields.read_map("machine", [&](Fields& machine) {
      machine.read("class", cluster.machine.name);
      machine.read("cpu_mhz", cluster.machine.cpu_mhz);
      machine.read("cores", cluster.machine.cores);
      machine.read("memory_mb", cluster.machine.memory_mb);
      machine.read("disk_mb", cluster.machine.disk_mb);
    });
    fields.read_map("config", [&](Fields& config) {
      Settings& settings = cluster.settings;
      config.read("min_heartbeat_ttl", settings.min_heartbeat_ttl);
      config.read("heartbeat_grace", settings.heartbeat_grace);
      config.read("failover_heartbeat_ttl", settings.failover_heartbeat_ttl);
      config.read("raft_multiplier", settings.raft_multiplier);
      config.read("num_schedulers", settings.num_schedulers);
      config.read("lan_gossip", settings.lan_gossip);
      if (settings.raft_multiplier && (*settings.raft_multiplier < 1 || *settings.raft_multiplier > 10))
        config.fail(config.find("raft_multiplier")->place, "that multiplier", "1 to 10");
    });
  }

  void read_network(Fields& fields) {
    fields.read("latency", scenario_.world.latency);
    fields.read("loss", scenario_.world.loss);
    fields.read("duplication", scenario_.world.duplication);
    fields.read("reordering", scenario_.world.reordering);
  }

  void read_disks(Fields& fields) {
    fields.read("write", scenario_.world.disk_write);
    fields.read("sync", scenario_.world.disk_sync);
    fields.read("slow", scenario_.world.slow_disk);
    fields.read("slow_by", scenario_.world.slow_disk_by);
  }

  void read_clocks(Fields& fields) {
    Share drift;
    fields.read("drift", drift);
    scenario_.world.drift = drift.high;
    fields.read("offset", scenario_.world.offset);
  }

  void read_tasks(Fields& top) {
    const yaml::Value* tasks = top.find("tasks");
    if (tasks == nullptr) return;
    if (tasks->map() == nullptr)
      return top.fail(tasks->place, tasks->describe(), "task lives by \"job\" or \"job/task\"");
    for (const auto& [key, value] : *tasks->map()) {
      Fields fields(value, "a task's life", problem_);
      TaskPlan& plan = scenario_.tasks[key.name];
      fields.read("runs", plan.runs);
      fields.read("exit_code", plan.exit_code);
      fields.read("starts_in", plan.starts_in);
      fields.read("fails_to_start", plan.fails_to_start);
      fields.read("ignores_signals", plan.ignores_signals);
      fields.finish();
    }
  }

  template <class Each>
  void read_list(Fields& top, std::string_view key, Each each) {
    const yaml::Value* value = top.find(key);
    if (value == nullptr) return;
    if (value->list() == nullptr) return top.fail(value->place, value->describe(), fmt::format("a list: the {}", key));
    if (value->list()->size() > max_entries) return top.fail(value->place, "a list of more than 1000", "fewer entries");
    for (const yaml::Value& item : *value->list()) each(item);
  }

  void read_entry(const yaml::Value& value) {
    Fields fields(value, "an entry of the timeline", problem_);
    Entry entry;
    entry.place = value.place;
    read_when(fields, entry);
    fields.read("chance", entry.chance);
    fields.read("for", entry.lasts);
    read_action(fields, entry);
    fields.finish();
    scenario_.timeline.push_back(std::move(entry));
  }

  void read_when(Fields& fields, Entry& entry) {
    fields.read("at", entry.at);
    fields.read("every", entry.every);
    fields.read("from", entry.at);
    fields.read("to", entry.stop);
    fields.read("times", entry.times);
    if (!fields.has("at") && !fields.has("every"))
      fields.fail(entry.place, "no time", "\"at: 30s\", \"at: 10s..60s\" (drawn) or \"every: 5s\"");
    if (fields.has("at") && (fields.has("every") || fields.has("from") || fields.has("to")))
      fields.fail(fields.find("at")->place, "both \"at\" and \"every\", \"from\" or \"to\"",
                  "\"at\" alone, or \"every\" with \"from\" and \"to\"");
    if (entry.every && entry.every->low <= Duration{})
      fields.fail(fields.find("every")->place, "an interval of nothing", "a duration longer than 0s");
    if (scenario_.until > Duration{} && entry.at.low > scenario_.until)
      fields.fail(entry.place, "a time after the end (\"until\")", "a time before it");
  }

  void read_action(Fields& fields, Entry& entry) {
    std::vector<std::string_view> found;
    for (const std::string_view word : action_words)
      if (fields.has(word)) found.push_back(word);
    for (const std::string_view word : action_words) fields.find(word);
    if (found.size() > 1)
      return fields.fail(entry.place, fmt::format("two actions, {} and {}", found[0], found[1]), "one action an entry");
    if (found.empty()) {
      // A misspelt action is named by finish(), with the words that would do.
      fields.finish();
      return fields.fail(entry.place, "no action", one_of(action_words));
    }
    entry.action = action_named(found[0], fields);
  }

  template <class T>
  static Action on_some(std::string_view word, Fields& fields) {
    T action;
    fields.read(word, action.who);
    return action;
  }

  Action action_named(std::string_view word, Fields& fields) {
    if (word == "run") return read_run(fields);
    if (word == "stop") {
      StopJob stop;
      fields.read("stop", stop.id);
      fields.read("purge", stop.purge);
      return stop;
    }
    if (word == "crash") return on_some<Crash>(word, fields);
    if (word == "power_loss") {
      Crash crash{{}, true};
      fields.read(word, crash.who);
      return crash;
    }
    if (word == "start") return on_some<Start>(word, fields);
    if (word == "pause") return on_some<Pause>(word, fields);
    if (word == "resume") return on_some<Resume>(word, fields);
    if (word == "leave") return on_some<Leave>(word, fields);
    if (word == "force_leave") return on_some<ForceLeave>(word, fields);
    if (word == "partition") {
      Partition partition;
      fields.read(word, partition.sides);
      return partition;
    }
    if (word == "loss") {
      Loss loss;
      fields.read(word, loss.share);
      return loss;
    }
    if (word == "clock" || word == "slow") return read_clock_or_slow(word, fields);
    const yaml::Value* value = fields.find("heal");
    if (value != nullptr && (value->scalar() == nullptr || *value->scalar() != "network"))
      fields.fail(value->place, value->describe(), "network", "network");
    return Heal{};
  }

  Action read_clock_or_slow(std::string_view word, Fields& fields) {
    Selectors who;
    Span by;
    bool back = false;
    fields.read(word, who);
    fields.read("by", by);
    if (!fields.has("by")) fields.fail(fields.place(), "no \"by\"", "\"by:\" with a duration");
    if (word == "slow") return Slow{std::move(who), by};
    fields.read("back", back);
    return ClockStep{std::move(who), by, back};
  }

  Action read_run(Fields& fields) {
    RunJob run;
    fields.read("run", run.file);
    fields.read("count", run.count);
    fields.read("id", run.id);
    fields.read("memory_mb", run.memory_mb);
    const std::filesystem::path path = folder_ / run.file;
    if (!run.file.empty() && !files_.read(path.string()))
      fields.fail(fields.find("run")->place, "\"" + run.file + "\", which is no file beside the scenario",
                  "the path of a job file");
    run.file = path.string();
    return run;
  }

  void read_expectation(const yaml::Value& value) {
    Fields fields(value, "an expectation", problem_);
    Expectation expectation;
    expectation.place = value.place;
    fields.read("job", expectation.job);
    fields.read("running", expectation.running);
    fields.read("complete", expectation.complete);
    if (expectation.job.empty()) fields.fail(value.place, "no job", "\"job:\" with a job's id");
    if (!expectation.running && !expectation.complete)
      fields.fail(value.place, "nothing to expect", "\"running:\" or \"complete:\" with a number");
    fields.finish();
    scenario_.expect.push_back(std::move(expectation));
  }

  std::filesystem::path folder_;
  Files& files_;
  Scenario scenario_;
  std::optional<Problem> problem_;
};

}  // namespace

std::expected<Scenario, std::string> load_scenario(const std::string& file, Files& files) {
  const auto text = files.read(file);
  if (!text) return std::unexpected(file + ":1:1: found no readable file, wanted a scenario");
  const auto root = yaml::parse(*text);
  if (!root) return std::unexpected(root.error().text(file));
  auto scenario = ScenarioReader(file, files).read(*root);
  if (!scenario) return std::unexpected(scenario.error().text(file));
  scenario->files = files.texts();
  return std::move(*scenario);
}

std::expected<Scenario, std::string> read_scenario(const std::string& file, std::string_view text) {
  Files files;
  files.set(file, std::string(text));
  return load_scenario(file, files);
}

std::expected<Scenario, std::string> load_scenario(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return std::unexpected(file + ":1:1: found a folder, wanted a scenario file");
  Files files;
  return load_scenario(file, files);
}

}  // namespace simulator
