#include "simulator/scenario/rules.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>

#include <fmt/format.h>

#include "simulator/scenario/cli_words.hpp"
#include "simulator/scenario/language.hpp"
#include "simulator/scenario/swarm.hpp"

namespace simulator {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Action>> action_words{
    "run",   "stop",   "operator", "crash",     "power_loss", "start",        "restart",   "reformat",  "replace",
    "pause", "resume", "slow",     "upgrade",   "leave",      "force_leave",  "join",      "partition", "heal",
    "loss",  "flaky",  "clock",    "disk_full", "disk_slow",  "disk_corrupt", "disk_torn", "sync_error"};

constexpr Duration least_interval{1'000'000};  // of "every": a run of what comes more often has no end

std::uint64_t most(const std::vector<NodeGroup>& groups) {
  std::uint64_t out = 0;
  for (const NodeGroup& group : groups) out += group.count.high;
  return out;
}
std::uint64_t least(const std::vector<NodeGroup>& groups) {
  std::uint64_t out = 0;
  for (const NodeGroup& group : groups) out += group.count.low;
  return out;
}

// What "for" can undo.
template <class T>
constexpr bool lasts =
    std::same_as<T, Crash> || std::same_as<T, PowerLoss> || std::same_as<T, Restart> || std::same_as<T, Reformat> ||
    std::same_as<T, Pause> || std::same_as<T, Slow> || std::same_as<T, Leave> || std::same_as<T, Partition> ||
    std::same_as<T, Loss> || std::same_as<T, Flaky> || std::same_as<T, ClockChange> || std::same_as<T, DiskFull> ||
    std::same_as<T, DiskSlow> || std::same_as<T, DiskTorn> || std::same_as<T, SyncError>;

void check_for(const Action& action, const std::optional<Span>& span, const yaml::Value& value, Reading& reading) {
  const bool fits = std::visit([]<class T>(const T&) { return lasts<T>; }, action);
  if (span && !fits)
    reading.fail(place_of(value, "for"), fmt::format("\"for\" beside \"{}\"", action_word(action)),
                 "it only where there is something to undo");
}

void check_it(const Action& action, bool there_is_one, Reading& reading) {
  each_selector(action, [&](const Selector& selector) {
    if (selector.kind == Selector::Kind::it && !there_is_one)
      reading.fail(selector.place, "\"it\", and nothing that happened", "\"it\" only with \"after\" or \"when\"");
  });
}

void check_mtu(const std::optional<std::uint32_t>& mtu, const yaml::Value& value, Reading& reading) {
  constexpr std::uint32_t least_mtu = 68;  // what each link carries of an IPv4 packet (RFC 791)
  if (mtu && *mtu < least_mtu)
    reading.fail(place_of(value, "mtu"), fmt::format("packets of {} bytes", *mtu),
                 fmt::format("{} or more", least_mtu));
}

void check_ends(const Scenario& scenario, const yaml::Value& root, Reading& reading) {
  if (value_of(root, "cluster") == nullptr)
    return reading.fail(root.place, "no cluster", "\"cluster:\" with servers and clients");
  if (value_of(root, "until") == nullptr)
    return reading.fail(root.place, "no end", "\"until:\" with a duration, such as 6m");
  check_until(scenario, root, reading);
  for (const Entry& entry : scenario.timeline) {
    const Duration begins = entry.at ? entry.at->low : entry.from.low;
    if (begins > scenario.until) reading.fail(entry.place, "a time after the end (\"until\")", "a time before it");
  }
  for (const Nemesis& nemesis : scenario.nemeses)
    if (nemesis.from.low > scenario.until)
      reading.fail(nemesis.place, "a time after the end (\"until\")", "a time before it");
}

}  // namespace

std::string_view action_word(const Action& action) { return action_words[action.index()]; }

std::uint64_t ClusterPlan::most_servers() const { return most(servers) + spares.high; }
std::uint64_t ClusterPlan::most_clients() const { return most(clients); }

const std::string& ClusterPlan::region_of(const NodeGroup* group) const {
  return group == nullptr || group->region.empty() ? region : group->region;
}

void check_cluster(ClusterPlan& cluster, const yaml::Value& value, Reading& reading) {
  if (least(cluster.servers) < 1 || cluster.most_servers() > max_servers)
    reading.fail(place_of(value, "servers"), "that many servers",
                 fmt::format("1 to {} servers, spares included", max_servers));
  if (cluster.most_clients() > max_clients)
    reading.fail(place_of(value, "clients"), "that many clients", fmt::format("at most {} clients", max_clients));
  // A region without servers is none.
  std::map<std::string, std::uint64_t> servers;  // at least, by region
  for (const NodeGroup& group : cluster.servers) servers[cluster.region_of(&group)] += group.count.low;
  for (const NodeGroup& group : cluster.clients)
    if (servers[cluster.region_of(&group)] == 0)
      reading.fail(group.place,
                   fmt::format("clients of the region \"{}\", which has no servers", cluster.region_of(&group)),
                   "a region that a group of servers is of");
  if (cluster.spares.high > 0 && servers[cluster.region] == 0)
    reading.fail(place_of(value, "spares"),
                 fmt::format("spares of the region \"{}\", which has no servers", cluster.region),
                 "\"region:\" of the cluster to be one that a group of servers is of");
  if (cluster.racks.low < 1) reading.fail(place_of(value, "racks"), "no rack", "1 or more");
  constexpr std::uint64_t least_segment = 4096;
  constexpr std::uint64_t most_segment = 64 << 20;
  if (cluster.log_segment.bytes < least_segment || cluster.log_segment.bytes > most_segment)
    reading.fail(place_of(value, "log_segment"), "that size", "4KiB to 64MiB");
  if (cluster.append_entries.low < 1) reading.fail(place_of(value, "append_entries"), "no entry", "1 or more");
  for (const NodeGroup& group : cluster.servers)
    if (!group.node_class.empty() || !group.pool.empty() || !group.meta.empty())
      reading.fail(group.place, "a class, a pool or meta of servers", "them only with clients");
}

void check_clocks(ClockPlan& clocks, const yaml::Value& value, Reading& reading) {
  constexpr double most_drift = 0.5;
  if (clocks.drift.high > most_drift)
    reading.fail(place_of(value, "drift"), "clocks that gain or lose more than half", "a share of at most 50%");
}

void check_link(LinkPlan& link, const yaml::Value& value, Reading& reading) { check_mtu(link.mtu, value, reading); }
void check_links_between(GroupLinkPlan& links, const yaml::Value& value, Reading& reading) {
  check_mtu(links.link.mtu, value, reading);
}
void check_network(NetworkPlan& network, const yaml::Value& value, Reading& reading) {
  check_mtu(network.everywhere.mtu, value, reading);
}

void check_disks(DiskPlan& disks, const yaml::Value& value, Reading& reading) {
  if (disks.capacity && disks.capacity->bytes == 0)
    reading.fail(place_of(value, "capacity"), "disks that hold nothing", "a size of 1 or more");
}

void check_registers(RegisterPlan& registers, const yaml::Value& value, Reading& reading) {
  if (registers.registers.low < 1) reading.fail(place_of(value, "registers"), "no register", "1 or more");
  if (registers.clients.low < 1) reading.fail(place_of(value, "clients"), "no client of the registers", "1 or more");
}

void check_run(RunJob& run, const yaml::Value& value, Reading& reading) {
  const Place place = place_of(value, "run");
  const std::filesystem::path path = reading.folder(place) / run.file;
  if (!reading.texts->read(path.string()))
    reading.fail(place,
                 fmt::format("\"{}\", which is {}", run.file,
                             reading.texts->why_not(path.string(), "no file beside the scenario")),
                 "the path of a job file");
  run.file = path.string();
  run.place = place;
}

void check_operator(OperatorCommand& command, const yaml::Value& value, Reading& reading) {
  const Place place = place_of(value, "operator");
  command.folder = reading.folder(place).string();
  command.place = place;
  const auto wrong = wrong_words(command.words, command.folder, *reading.texts);
  if (wrong) reading.fail(place, wrong->found, wrong->wanted, wrong->hint);
}

void check_heal(Heal& heal, const yaml::Value& value, Reading& reading) {
  if (heal.what != "network") reading.fail(place_of(value, "heal"), "\"" + heal.what + "\"", "network", "network");
}

void check_flaky(Flaky& flaky, const yaml::Value& value, Reading& reading) {
  if (!flaky.loss && !flaky.duplication && !flaky.reordering && !flaky.latency && !flaky.bandwidth && !flaky.mtu)
    reading.fail(value.place, "links that are flaky in nothing",
                 "drop, latency, duplication, reordering, bandwidth or mtu");
  check_mtu(flaky.mtu, value, reading);
}

void check_clock(ClockChange& clock, const yaml::Value& value, Reading& reading) {
  if (!clock.step && !clock.offset && !clock.drift)
    reading.fail(value.place, "nothing to do with the clock", "step, offset or drift");
}

void check_entry(Entry& entry, const yaml::Value& value, Reading& reading) {
  const int whens = (entry.at ? 1 : 0) + (entry.every ? 1 : 0) + (entry.after ? 1 : 0);
  if (whens == 0)
    reading.fail(entry.place, "no time",
                 "\"at: 30s\", \"at: 10s..60s\" (drawn), \"every: 5s\" or \"after: leader elected\"");
  if (whens > 1 || (entry.at && (entry.to || value_of(value, "from") != nullptr)))
    reading.fail(value_of(value, "at") != nullptr ? place_of(value, "at") : entry.place,
                 "both \"at\" and \"every\", \"after\", \"from\" or \"to\"",
                 "\"at\" alone, or \"every\" or \"after\" with \"from\" and \"to\"");
  if (entry.every && entry.every->low < least_interval)
    reading.fail(place_of(value, "every"), fmt::format("an interval of {} ns", entry.every->low.count()),
                 "1ms or more");
  if (!entry.after && value_of(value, "delay") != nullptr)
    reading.fail(place_of(value, "delay"), "\"delay\" without \"after\"", "it only where something is waited for");
  if (entry.to && *entry.to < entry.from.low)
    reading.fail(place_of(value, "to"), "an end before the beginning (\"from\")", "a time after it");
  check_for(entry.action, entry.lasts, value, reading);
  check_it(entry.action, entry.after.has_value(), reading);
}

void check_nemesis(Nemesis& nemesis, const yaml::Value& value, Reading& reading) {
  const bool rate = value_of(value, "rate") != nullptr;
  if (rate == nemesis.after.has_value())
    reading.fail(nemesis.place, rate ? "both \"rate\" and \"when\"" : "no \"rate\"",
                 "either \"rate: 6/m\" or \"when: vote durable\"");
  if (rate && (value_of(value, "odds") != nullptr || value_of(value, "delay") != nullptr))
    reading.fail(nemesis.place, "\"odds\" or \"delay\" beside \"rate\"", "them only beside \"when\"");
  if (nemesis.at_once == 0) reading.fail(place_of(value, "at_once"), "a nemesis that never strikes", "1 or more");
  if (nemesis.to && *nemesis.to < nemesis.from.low)
    reading.fail(place_of(value, "to"), "an end before the beginning (\"from\")", "a time after it");
  check_for(nemesis.action, nemesis.lasts, value, reading);
  check_it(nemesis.action, nemesis.after.has_value(), reading);
}

void check_job_at_the_end(JobAtTheEnd& job, const yaml::Value& value, Reading& reading) {
  if (!job.running && !job.complete)
    reading.fail(value.place, "nothing to expect", "\"running:\" or \"complete:\" with a number");
}

void check_until(const Scenario& scenario, const yaml::Value& value, Reading& reading) {
  if (scenario.until <= Duration{})
    reading.fail(place_of(value, "until"), "an end at once", "a duration longer than 0s");
}

void check_scenario(Scenario& scenario, const yaml::Value& value, Reading& reading) {
  check_ends(scenario, value, reading);
  if (!reading.failed()) check_names(scenario, reading);
  if (!reading.failed()) check_contradictions(scenario, reading);
  if (!reading.failed() && scenario.swarm) check_dials(scenario, reading);
}

}  // namespace simulator
