// What a scenario names must exist: nodes, sets, groups, jobs, coverage points.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/jobspec/jobspec.hpp"
#include "core/scheduler/constraint.hpp"
#include "simulator/coverage/coverage.hpp"
#include "simulator/scenario/cli_words.hpp"
#include "simulator/scenario/rules.hpp"
#include "simulator/scenario/settings.hpp"

namespace simulator {
namespace {

Place moved(Place place, std::size_t offset) {
  place.column += static_cast<int>(offset);
  return place;
}

bool is_node(const ClusterPlan& cluster, std::string_view name) {
  const auto numbered = [&](std::string_view kind, std::uint64_t most) {
    if (!name.starts_with(kind)) return false;
    const auto number = parse_count(name.substr(kind.size()));
    return number && number->low == number->high && number->low >= 1 && number->low <= most;
  };
  return numbered("server-", cluster.most_servers()) || numbered("client-", cluster.most_clients());
}

std::set<std::string, std::less<>> regions_of(const ClusterPlan& cluster) {
  std::set<std::string, std::less<>> out;
  for (const NodeGroup& group : cluster.servers) out.insert(cluster.region_of(&group));
  return out;
}

// Regions, datacenters, racks, classes and pools.
std::set<std::string, std::less<>> groups_of(const ClusterPlan& cluster) {
  std::set<std::string, std::less<>> out = regions_of(cluster);
  out.insert(cluster.datacenter);
  for (std::uint64_t i = 1; i <= cluster.racks.high; ++i) out.insert(fmt::format("rack-{}", i));
  for (const auto* groups : {&cluster.servers, &cluster.clients})
    for (const NodeGroup& group : *groups)
      for (const std::string* name : {&group.datacenter, &group.rack, &group.node_class, &group.pool})
        if (!name->empty()) out.insert(*name);
  return out;
}

// The ids of jobs, as their files have them: `job "web" {`.
std::string job_id(const std::string& text) {
  constexpr std::string_view word = "job \"";
  std::size_t from = 0;
  for (;;) {
    const auto at = text.find(word, from);
    if (at == std::string::npos) return "";
    if (at == 0 || text[at - 1] == '\n') {
      const auto end = text.find('"', at + word.size());
      return end == std::string::npos ? "" : text.substr(at + word.size(), end - at - word.size());
    }
    from = at + 1;
  }
}

struct SnapshotFile {
  std::string name;
  bool saved = false;  // or read
};

/// The file that "operator snapshot save|restore|inspect|state FILE" names.
std::optional<SnapshotFile> snapshot_file(std::string_view command) {
  auto words = split_words(command);
  if (!words) return std::nullopt;
  if (!words->empty() && words->front() == "nomad") words->erase(words->begin());
  std::erase_if(*words, [](const std::string& word) { return word.starts_with('-'); });
  if (words->size() != 4 || (*words)[0] != "operator" || (*words)[1] != "snapshot") return std::nullopt;
  return SnapshotFile{(*words)[3], (*words)[2] == "save"};
}

class Names {
 public:
  Names(const Scenario& scenario, Reading& reading) : scenario_(scenario), reading_(reading) {
    groups_ = groups_of(scenario.cluster);
    regions_ = regions_of(scenario.cluster);
    for (const Entry& entry : scenario.timeline) note_jobs(entry.action);
    for (const Nemesis& nemesis : scenario.nemeses) note_jobs(nemesis.action);
  }

  void check() {
    for (const auto& [name, override] : scenario_.cluster.nodes)
      if (!is_node(scenario_.cluster, name)) unknown_node(override.place, name);
    for (const auto& [name, selectors] : scenario_.sets) check_set(name, selectors);
    for (const Entry& entry : scenario_.timeline) check_action(entry.place, entry.action, entry.after);
    for (const Nemesis& nemesis : scenario_.nemeses) check_action(nemesis.place, nemesis.action, nemesis.after);
    for (const GroupLinkPlan& link : scenario_.network.between)
      for (const Selectors* side : {&link.from, &link.to})
        for (const Selector& selector : *side) check_fixed(selector);
    for (const auto& [name, task] : scenario_.tasks) check_tasks(task.place, name);
    for (const Expectation& expectation : scenario_.expect) check_expectation(expectation);
    for (const Requirement& requirement : scenario_.require) check_point(requirement);
    check_bootstrap();
  }

 private:
  void note_jobs(const Action& action) {
    if (const auto* run = std::get_if<RunJob>(&action)) {
      const auto text = reading_.texts->read(run->file);
      const std::string id = run->id.empty() ? job_id(text.value_or("")) : run->id;
      if (id.ends_with('*') || id.empty())
        any_job_ = true;
      else
        jobs_.insert(id);
    }
    // A command may register any job.
    if (const auto* command = std::get_if<OperatorCommand>(&action)) {
      any_job_ = true;
      if (const auto file = snapshot_file(command->words); file && file->saved) saved_.insert(file->name);
    }
  }

  void unknown_node(Place place, const std::string& name) {
    std::vector<std::string> nodes;
    for (std::uint64_t i = 1; i <= scenario_.cluster.most_servers(); ++i) nodes.push_back(fmt::format("server-{}", i));
    for (std::uint64_t i = 1; i <= std::min<std::uint64_t>(scenario_.cluster.most_clients(), 100); ++i)
      nodes.push_back(fmt::format("client-{}", i));
    for (const auto& [set, selectors] : scenario_.sets) nodes.push_back(set);
    for (const char* word : {"leader", "servers", "clients", "followers", "spares", "down", "rest", "it"})
      nodes.emplace_back(word);
    reading_.fail(place, fmt::format("\"{}\"", name),
                  fmt::format("a node of the cluster (server-1 to server-{}{}) or one of its sets",
                              scenario_.cluster.most_servers(),
                              scenario_.cluster.most_clients() == 0
                                  ? ""
                                  : fmt::format(", client-1 to client-{}", scenario_.cluster.most_clients())),
                  nearest(name, {nodes.begin(), nodes.end()}));
  }

  // A set that is called as something else would never be meant.
  void check_set(const std::string& name, const Selectors& selectors) {
    if (is_word_of_selectors(name) || is_node(scenario_.cluster, name))
      return reading_.fail(selectors.front().place, fmt::format("a set called \"{}\"", name),
                           "a name that no node has and no other word for nodes");
    for (const Selector& selector : selectors) check_selector(selector, name);
  }

  // Then only a seed tells what it is like.
  bool draws_cluster() const {
    const auto of_cluster = [](const Dial& dial) { return dial.path.starts_with("cluster"); };
    return scenario_.swarm && std::ranges::any_of(scenario_.swarm->draw, of_cluster);
  }

  // With more expected than there are, nobody would be elected, for good.
  void check_bootstrap() {
    if (draws_cluster()) return;
    const ClusterPlan& cluster = scenario_.cluster;
    std::map<std::string, std::uint64_t> servers;  // at most, by region, without the spares
    for (const NodeGroup& group : cluster.servers) servers[cluster.region_of(&group)] += group.count.high;
    std::uint64_t most = 0;
    for (const auto& [region, count] : servers) most = std::max(most, count);
    const auto check = [&](const Place& place, const std::vector<const Settings*>& settings, std::uint64_t there) {
      const std::int32_t expected = effective_config(true, settings).server.bootstrap_expect;
      if (expected > 0 && static_cast<std::uint64_t>(expected) > there)
        reading_.fail(place, fmt::format("bootstrap_expect {} with {} servers in its region", expected, there),
                      "at most as many as there are, or none: it is their number then");
    };
    for (const NodeGroup& group : cluster.servers)
      check(group.place, {&cluster.config, &group.config}, servers.at(cluster.region_of(&group)));
    for (const auto& [name, override] : cluster.nodes)
      if (name.starts_with("server-")) check(override.place, {&cluster.config, &override.config}, most);
  }

  // How many there are at the most; nothing: a swarm draws it.
  std::optional<std::uint64_t> most_of(Selector::Kind kind) const {
    if (draws_cluster()) return std::nullopt;
    if (kind == Selector::Kind::random_clients) return scenario_.cluster.most_clients();
    if (kind == Selector::Kind::random_servers) return scenario_.cluster.most_servers();
    if (kind == Selector::Kind::random_followers) return scenario_.cluster.most_servers() - 1;
    return std::nullopt;
  }

  void check_selector(const Selector& selector, std::string_view of_set = {}) {
    if (const auto most = most_of(selector.kind); most && selector.count.low > *most)
      return reading_.fail(moved(selector.place, selector.offset),
                           fmt::format("{} of them, and there are {}", selector.count.low, *most),
                           "no more than there can be");
    if (selector.kind == Selector::Kind::named && !is_node(scenario_.cluster, selector.name)) {
      const bool set = scenario_.sets.contains(selector.name);
      if (!set) return unknown_node(moved(selector.place, selector.offset), selector.name);
      if (!of_set.empty())
        return reading_.fail(moved(selector.place, selector.offset), "a set within a set", "nodes, or who they are");
    }
    const bool clients = selector.kind == Selector::Kind::clients || selector.kind == Selector::Kind::random_clients;
    if (clients && most_of(Selector::Kind::random_clients) == std::uint64_t{0})
      return reading_.fail(moved(selector.place, selector.offset), "clients, and there are none",
                           "\"clients:\" in the cluster");
    if (selector.kind == Selector::Kind::spares && scenario_.cluster.spares.high == 0)
      return reading_.fail(selector.place, "spares, and there are none", "\"spares:\" in the cluster");
    if (!selector.in.empty() && !groups_.contains(selector.in)) {
      const std::vector<std::string_view> known(groups_.begin(), groups_.end());
      reading_.fail(moved(selector.place, selector.in_offset), fmt::format("\"{}\"", selector.in),
                    "a region, datacenter, rack, class or pool of the cluster: " + one_of(known),
                    nearest(selector.in, known));
    }
  }

  // Where the links are laid there is no leader yet, and nobody is down.
  void check_fixed(const Selector& selector) {
    using Kind = Selector::Kind;
    check_selector(selector);
    if (selector.kind != Kind::named && selector.kind != Kind::servers && selector.kind != Kind::clients &&
        selector.kind != Kind::rest)
      reading_.fail(moved(selector.place, selector.offset), "nodes that change from moment to moment",
                    "named ones, servers, clients or rest, with \"in NAME\" if need be");
  }

  void check_action(Place entry, const Action& action, const std::optional<Happening>& after) {
    if (const auto* run = std::get_if<RunJob>(&action)) check_run(entry, *run);
    if (const auto* stop = std::get_if<StopJob>(&action)) check_region(entry, stop->region);
    if (const auto* command = std::get_if<OperatorCommand>(&action)) check_snapshot(entry, *command);
    each_selector(action, [&](const Selector& selector) { check_selector(selector); });
    if (after) check_happening(*after);
    if (const auto* stop = std::get_if<StopJob>(&action)) check_job(stop->place, stop->id);
    if (std::holds_alternative<Replace>(action) && scenario_.cluster.spares.high == 0) {
      Place place;
      each_selector(action, [&](const Selector& selector) { place = selector.place; });
      reading_.fail(place, "a replacement, and no spares", "\"spares:\" in the cluster");
    }
  }

  // Where there are clients at all, some are where the job may run: else nothing would come of it, in silence.
  void check_datacenters(const RunJob& run, const core::model::Job& job) {
    std::set<std::string_view> known;
    for (const NodeGroup& group : scenario_.cluster.clients)
      if (group.count.high > 0)
        known.insert(group.datacenter.empty() ? scenario_.cluster.datacenter : group.datacenter);
    const auto fits = [&](std::string_view name) {
      return std::ranges::any_of(job.datacenters,
                                 [&](const std::string& one) { return core::scheduler::matches_glob(one, name); });
    };
    if (draws_cluster() || known.empty() || job.datacenters.empty() || std::ranges::any_of(known, fits)) return;
    reading_.fail(run.place, fmt::format("\"{}\", a job for {}", run.file, fmt::join(job.datacenters, ", ")),
                  "a datacenter that has clients: " + one_of({known.begin(), known.end()}));
  }

  // The job file is read as the agents will read it, and its region must be there unless the scenario names another.
  void check_run(Place entry, const RunJob& run) {
    check_region(entry, run.region);
    const auto job = core::jobspec::parse_job(reading_.texts->read(run.file).value_or(""), run.file);
    if (!job)
      return reading_.fail(run.place, fmt::format("a job file that is none ({})", core::hcl::one_line(job.error())),
                           "one that the agent takes");
    if (run.region.empty() && !job->region.empty() && !regions_.contains(job->region))
      reading_.fail(run.place, fmt::format("\"{}\", a job of the region \"{}\"", run.file, job->region),
                    "a region that has servers: " + one_of({regions_.begin(), regions_.end()}) +
                        ", in the file or by \"region:\"");
    check_datacenters(run, *job);
  }

  void check_region(Place place, const std::string& name) {
    if (name.empty() || regions_.contains(name)) return;
    const std::vector<std::string_view> known(regions_.begin(), regions_.end());
    reading_.fail(place, fmt::format("the region \"{}\"", name), "a region that has servers: " + one_of(known),
                  nearest(name, known));
  }

  // "w*" is all jobs that begin so.
  void check_tasks(Place place, const std::string& name) {
    const auto slash = name.find('/');
    const std::string job = name.substr(0, slash);
    if (!job.ends_with('*')) return check_job(place, job);
    if (slash != std::string::npos)
      return reading_.fail(place, fmt::format("\"{}\"", name),
                           "JOB/TASK, JOB, or \"BEGINNING*\" for all tasks of jobs");
    const std::string_view beginning = std::string_view(job).substr(0, job.size() - 1);
    const auto begins_so = [&](const std::string& id) { return id.starts_with(beginning); };
    if (!any_job_ && std::none_of(jobs_.begin(), jobs_.end(), begins_so)) check_job(place, job);
  }

  // What is restored or looked at was saved by another command, or lies there.
  void check_snapshot(Place place, const OperatorCommand& command) {
    const auto file = snapshot_file(command.words);
    if (!file || file->saved || saved_.contains(file->name)) return;
    if (reading_.texts->read((std::filesystem::path(command.folder) / file->name).string())) return;
    const std::vector<std::string_view> known(saved_.begin(), saved_.end());
    reading_.fail(
        place, fmt::format("\"{}\", which no command saves", file->name),
        saved_.empty() ? "a file that \"operator snapshot save\" writes" : "one that is saved: " + one_of(known),
        nearest(file->name, known));
  }

  void check_job(Place place, const std::string& id) {
    if (any_job_ || id.empty() || jobs_.contains(id)) return;
    const std::vector<std::string_view> known(jobs_.begin(), jobs_.end());
    reading_.fail(place, fmt::format("job \"{}\", which nothing runs", id),
                  jobs_.empty() ? "a job that is run" : "one that is run: " + one_of(known), nearest(id, known));
  }

  void check_point(const Requirement& requirement) {
    if (coverage::find_point(requirement.point)) return;
    const std::vector<std::string_view> known(std::begin(coverage::points), std::end(coverage::points));
    reading_.fail(requirement.place, fmt::format("\"{}\"", requirement.point),
                  "a coverage point (nomad-sim schema lists them)", nearest(requirement.point, known));
  }

  void check_happening(const Happening& happening) {
    using Kind = Happening::Kind;
    if (happening.name.empty()) return;
    const bool of_job = happening.kind == Kind::job_registered || happening.kind == Kind::job_running ||
                        happening.kind == Kind::job_complete;
    if (of_job)
      check_job(happening.place, happening.name);
    else if (!is_node(scenario_.cluster, happening.name))
      unknown_node(happening.place, happening.name);
  }

  void check_condition(const Condition& condition) {
    for (const Comparison& comparison : condition.all) {
      check_job(condition.place, comparison.quantity.job);
      check_region(condition.place, comparison.quantity.region);
      if (comparison.quantity.kind == Quantity::Kind::count_of) {
        Happening of = comparison.quantity.of;
        of.place = condition.place;
        check_happening(of);
      }
    }
  }

  void check_expectation(const Expectation& expectation) {
    std::visit(
        [&]<class T>(const T& one) {
          if constexpr (requires { one.condition; }) check_condition(one.condition);
          if constexpr (requires { one.happening; }) check_happening(one.happening);
          if constexpr (std::same_as<T, JobAtTheEnd>) {
            check_job(expectation.place, one.job);
            check_region(expectation.place, one.region);
          }
          if constexpr (std::same_as<T, Eventually>)
            if (one.after) check_happening(*one.after);
        },
        expectation.what);
  }

  const Scenario& scenario_;
  Reading& reading_;
  std::set<std::string, std::less<>> groups_;
  std::set<std::string, std::less<>> regions_;
  std::set<std::string, std::less<>> jobs_;
  std::set<std::string, std::less<>> saved_;  // by "operator snapshot save"
  bool any_job_ = false;                      // jobs whose ids are not known before the run
};

}  // namespace

void check_names(const Scenario& scenario, Reading& reading) { Names(scenario, reading).check(); }

}  // namespace simulator
