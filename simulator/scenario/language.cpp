// The table of the language. Reading, problems, suggestions and the JSON Schema all come from it; what is not told here
// is not in the language. The order is that of the README.
#include "simulator/scenario/language.hpp"

#include <boost/json/array.hpp>

#include "simulator/scenario/describe.hpp"
#include "simulator/scenario/groups.hpp"
#include "simulator/scenario/rules.hpp"

namespace simulator {
namespace {

namespace json = boost::json;

json::array required_keys(std::initializer_list<std::string_view> names) {
  json::array out;
  for (const std::string_view name : names) out.emplace_back(name);
  return out;
}
json::object requires_keys(std::initializer_list<std::string_view> names) {
  return {{"required", required_keys(names)}};
}

}  // namespace

// --- the cluster ---
void describe(Keys<MachinePlan>& keys) {
  keys.named("the machine")
      .key("cpu_mhz", &MachinePlan::cpu_mhz, "of all cores together")
      .key("cores", &MachinePlan::cores, "how many")
      .key("memory_mb", &MachinePlan::memory_mb, "how much")
      .key("disk_mb", &MachinePlan::disk_mb, "how much")
      .key("attributes", &MachinePlan::attributes, "beside those that are fingerprinted: for constraints");
}

void describe(Keys<NodeGroup>& keys) {
  keys.named("the group of nodes")
      .key("count", &NodeGroup::count, "how many")
      .key("region", &NodeGroup::region,
           "in place of the cluster's: each region elects and schedules for itself, and all gossip together")
      .key("datacenter", &NodeGroup::datacenter, "in place of the cluster's")
      .key("rack", &NodeGroup::rack, "where they all stand; without it they are spread over the cluster's racks")
      .key("class", &NodeGroup::node_class, "node_class of these clients")
      .key("pool", &NodeGroup::pool, "node_pool of these clients")
      .key("meta", &NodeGroup::meta, "client.meta of these clients")
      .key("machine", &NodeGroup::machine, "in place of the cluster's")
      .key("config", &NodeGroup::config, "settings over those of the cluster")
      .place(&NodeGroup::place);
}

void describe(Keys<NodeOverride>& keys) {
  keys.named("the node")
      .key("config", &NodeOverride::config, "settings over those of its group")
      .key("machine", &NodeOverride::machine, "in place of its group's")
      .key("drift", &NodeOverride::drift, "what its clocks gain, exactly")
      .key("offset", &NodeOverride::offset, "how far its wall clock is off, exactly")
      .key("slow_by", &NodeOverride::slow_by, "how much longer everything takes it")
      .place(&NodeOverride::place);
}

void describe(Keys<ClusterPlan>& keys) {
  keys.named("the cluster")
      .key("servers", &ClusterPlan::servers, "a number, a range that each seed draws from, or a list of groups")
      .key("clients", &ClusterPlan::clients, "the same; server-1 and client-1 are the first of the first group")
      .key("spares", &ClusterPlan::spares,
           "servers that are switched off until they join; their names follow the servers'")
      .key("region", &ClusterPlan::region, "of the spares, and of groups that do not name theirs")
      .key("datacenter", &ClusterPlan::datacenter, "of groups that do not name theirs")
      .key("racks", &ClusterPlan::racks, "over how many racks a datacenter's nodes are spread: rack-1 and so on")
      .key("machine", &ClusterPlan::machine, "what the clients are made of")
      .key("config", &ClusterPlan::config, "the agents' settings, as in their configuration file")
      .key("nodes", &ClusterPlan::nodes, "what is special about single nodes, by name")
      .key("log_segment", &ClusterPlan::log_segment, "what a server's log reserves on its disk at a time")
      .key("append_entries", &ClusterPlan::append_entries, "how many log entries one message to a follower holds")
      .key("append_bytes", &ClusterPlan::append_bytes, "... and how many bytes of them, one entry at least")
      .check(check_cluster);
}

// --- the world ---
namespace {

template <class T, class Outer>
void link_keys(Keys<T>& keys, LinkPlan Outer::* link) {
  keys.key("latency", link, &LinkPlan::latency, "one way")
      .key("loss", link, &LinkPlan::loss, "of packets; streams send again, ever later, and break in the end")
      .key("duplication", link, &LinkPlan::duplication, "of datagrams")
      .key("reordering", link, &LinkPlan::reordering, "the share of datagrams that are held back")
      .key("reorder_by", link, &LinkPlan::reorder_by, "for how long")
      .key("bandwidth", link, &LinkPlan::bandwidth, "each way; what is sent meanwhile waits")
      .key("mtu", link, &LinkPlan::mtu, "the largest packet in bytes; larger datagrams go in fragments");
}

}  // namespace

void describe(Keys<LinkPlan>& keys) {
  keys.named("the link")
      .key("latency", &LinkPlan::latency, "one way")
      .key("loss", &LinkPlan::loss, "of packets; streams send again, ever later, and break in the end")
      .key("duplication", &LinkPlan::duplication, "of datagrams")
      .key("reordering", &LinkPlan::reordering, "the share of datagrams that are held back")
      .key("reorder_by", &LinkPlan::reorder_by, "for how long")
      .key("bandwidth", &LinkPlan::bandwidth, "each way; what is sent meanwhile waits")
      .key("mtu", &LinkPlan::mtu, "the largest packet in bytes; larger datagrams go in fragments")
      .check(check_link);
}

void describe(Keys<GroupLinkPlan>& keys) {
  keys.named("the links between groups")
      .key("from", &GroupLinkPlan::from, "the nodes at one end")
      .required()
      .key("to", &GroupLinkPlan::to, "the nodes at the other")
      .required()
      .place(&GroupLinkPlan::place)
      .check(check_links_between);
  link_keys(keys, &GroupLinkPlan::link);
}

void describe(Keys<NetworkPlan>& keys) {
  keys.named("the network");
  link_keys(keys, &NetworkPlan::everywhere);
  keys.key("loopback", &NetworkPlan::loopback, "a node's way to itself")
      .key("same_rack", &NetworkPlan::same_rack, "between nodes of one rack")
      .key("same_datacenter", &NetworkPlan::same_datacenter, "between racks of one datacenter")
      .key("between_datacenters", &NetworkPlan::between_datacenters, "between datacenters of one region")
      .key("between_regions", &NetworkPlan::between_regions,
           "between regions; where it says nothing, as between datacenters")
      .key("between", &NetworkPlan::between, "between groups of nodes, before all of these")
      .check(check_network);
}

void describe(Keys<DiskPlan>& keys) {
  keys.named("the disks")
      .key("write", &DiskPlan::write, "how long a batch of writes takes")
      .key("sync", &DiskPlan::sync, "how long a sync takes beyond that")
      .key("slow", &DiskPlan::slow, "the share of syncs that are slow")
      .key("slow_by", &DiskPlan::slow_by, "how long those take at most")
      .key("hang", &DiskPlan::hang, "the share of batches before which the disk stands still")
      .key("hang_for", &DiskPlan::hang_for, "for how long")
      .key("capacity", &DiskPlan::capacity, "what fits on each")
      .key("write_errors", &DiskPlan::write_errors, "the share of writes that fail")
      .key("sync_errors", &DiskPlan::sync_errors, "the share of syncs that fail")
      .key("lost", &DiskPlan::lost, "the share of synced writes that never reached the platter")
      .key("misdirected", &DiskPlan::misdirected, "the share that landed elsewhere in the file")
      .key("corrupt", &DiskPlan::corrupt, "the share that arrived with a bit turned")
      .check(check_disks);
}

void describe(Keys<ClockPlan>& keys) {
  keys.named("the clocks")
      .key("drift", &ClockPlan::drift, "what each gains or loses, at most")
      .key("offset", &ClockPlan::offset, "how far each wall clock is off, at most, either way")
      .check(check_clocks);
}

void describe(Keys<HostPlan>& keys) {
  keys.named("the hosts")
      .key("slow", &HostPlan::slow, "the share of machines that are slow throughout")
      .key("slow_by", &HostPlan::slow_by, "how much longer everything takes them")
      .key("compute", &HostPlan::compute, "how long an evaluation, a snapshot or another long piece of work takes");
}

void describe(Keys<TaskPlan>& keys) {
  keys.named("the life of a task")
      .key("runs", &TaskPlan::runs, "how long, then it ends by itself; without it: until it is stopped")
      .key("exit_code", &TaskPlan::exit_code, "what it ends with")
      .key("exits", &TaskPlan::exits, "what its lives end with in turn, the last for all later ones: a crash loop")
      .key("fails", &TaskPlan::fails, "the share of its lives that end with exit code 1 instead")
      .key("starts_in", &TaskPlan::starts_in, "how long its start takes beyond the usual")
      .key("fails_to_start", &TaskPlan::fails_to_start, "the share of starts that fail")
      .key("stops_in", &TaskPlan::stops_in, "how long it takes to end after a signal")
      .key("ignores_signals", &TaskPlan::ignores_signals, "until it is killed")
      .place(&TaskPlan::place);
}

// --- actions: the first key names each ---
void describe(Keys<RunJob>& keys) {
  keys.named("the action run")
      .key("run", &RunJob::file, "registers the job of this file")
      .required()
      .key("count", &RunJob::count, "of every group, in place of the file's")
      .key("id", &RunJob::id, "in place of the file's; a \"*\" at the end becomes a number, a new one each time")
      .key("memory_mb", &RunJob::memory_mb, "of every task, in place of the file's")
      .key("region", &RunJob::region, "where it runs, in place of the first server's region")
      .check(check_run);
}
void describe(Keys<StopJob>& keys) {
  keys.named("the action stop")
      .key("stop", &StopJob::id, "stops the job of this id")
      .required()
      .key("purge", &StopJob::purge, "and forgets it")
      .key("region", &StopJob::region, "where it runs, in place of the first server's region")
      .place(&StopJob::place);
}
void describe(Keys<OperatorCommand>& keys) {
  keys.named("the action operator")
      .key("operator", &OperatorCommand::words, "a command of the nomad CLI, as it is typed: \"job stop -purge web\"")
      .required()
      .key("on", &OperatorCommand::on, "the server it asks; without it: some server of the first region that is up")
      .key("exit", &OperatorCommand::exit, "what it must exit with")
      .check(check_operator);
}
void describe(Keys<Crash>& keys) {
  keys.named("the action crash")
      .key("crash", &Crash::who, "kills the agents' processes; what they wrote without a sync stays")
      .required();
}
void describe(Keys<PowerLoss>& keys) {
  keys.named("the action power_loss")
      .key("power_loss", &PowerLoss::who, "the machines lose power: unsynced writes and all tasks are gone")
      .required();
}
void describe(Keys<Start>& keys) {
  keys.named("the action start").key("start", &Start::who, "starts those of them that are down").required();
}
void describe(Keys<Restart>& keys) {
  keys.named("the action restart")
      .key("restart", &Restart::who, "kills the processes and starts them again, at once or after \"for\"")
      .required();
}
void describe(Keys<Reformat>& keys) {
  keys.named("the action reformat")
      .key("reformat", &Reformat::who, "the machines come back with an empty disk, at once or after \"for\"")
      .required();
}
void describe(Keys<Replace>& keys) {
  keys.named("the action replace")
      .key("replace", &Replace::who, "the machines are gone for good, and as many spares join")
      .required();
}
void describe(Keys<Pause>& keys) {
  keys.named("the action pause").key("pause", &Pause::who, "the processes stand still (SIGSTOP)").required();
}
void describe(Keys<Resume>& keys) {
  keys.named("the action resume").key("resume", &Resume::who, "... and go on").required();
}
void describe(Keys<Slow>& keys) {
  keys.named("the action slow")
      .key("slow", &Slow::who, "everything takes these machines longer")
      .required()
      .key("by", &Slow::by, "by how much")
      .required();
}
void describe(Keys<Upgrade>& keys) {
  keys.named("the action upgrade")
      .key("upgrade", &Upgrade::who, "stops the processes and starts them with other settings, one after the other")
      .required()
      .key("config", &Upgrade::config, "the settings that change")
      .required()
      .key("each", &Upgrade::each, "how long after one the next is taken");
}
void describe(Keys<Leave>& keys) {
  keys.named("the action leave")
      .key("leave", &Leave::who, "the operator interrupts them: they leave in good order")
      .required();
}
void describe(Keys<ForceLeave>& keys) {
  keys.named("the action force_leave")
      .key("force_leave", &ForceLeave::who, "the operator tells the others that these servers have left")
      .required();
}
void describe(Keys<Join>& keys) {
  keys.named("the action join").key("join", &Join::who, "spares, or servers that had left, are switched on").required();
}
void describe(Keys<Partition>& keys) {
  keys.named("the action partition")
      .key("partition", &Partition::sides,
           "who cannot reach whom: \"a | b\", \"a -> b\", \"ring of servers\", \"bridge of servers\", \"star of "
           "servers\", \"30% of links "
           "of servers\"")
      .required();
}
void describe(Keys<Heal>& keys) {
  keys.named("the action heal")
      .key("heal", &Heal::what, "\"network\": all cuts and flaky links are mended")
      .required()
      .check(check_heal);
}
void describe(Keys<Loss>& keys) {
  keys.named("the action loss").key("loss", &Loss::share, "all links lose this share of the packets").required();
}
void describe(Keys<Flaky>& keys) {
  keys.named("the action flaky")
      .key("flaky", &Flaky::sides, "the links between these sides become worse")
      .required()
      .key("drop", &Flaky::loss, "the share of packets they lose")
      .key("latency", &Flaky::latency, "how long they take")
      .key("duplication", &Flaky::duplication, "of datagrams")
      .key("reordering", &Flaky::reordering, "of datagrams")
      .key("bandwidth", &Flaky::bandwidth, "what they carry")
      .key("mtu", &Flaky::mtu, "the largest packet in bytes")
      .check(check_flaky);
}
void describe(Keys<ClockChange>& keys) {
  keys.named("the action clock")
      .key("clock", &ClockChange::who, "changes their clocks")
      .required()
      .key("step", &ClockChange::step, "the wall clock jumps by this")
      .key("offset", &ClockChange::offset, "the wall clock is off by this, whatever it was before")
      .key("drift", &ClockChange::drift, "both clocks gain this share of the time")
      .check(check_clock);
}
void describe(Keys<DiskFull>& keys) {
  keys.named("the action disk_full").key("disk_full", &DiskFull::who, "nothing more can be written").required();
}
void describe(Keys<DiskSlow>& keys) {
  keys.named("the action disk_slow")
      .key("disk_slow", &DiskSlow::who, "their disks take longer")
      .required()
      .key("by", &DiskSlow::by, "by how much")
      .required();
}
void describe(Keys<DiskCorrupt>& keys) {
  keys.named("the action disk_corrupt")
      .key("disk_corrupt", &DiskCorrupt::who, "bits turn in what lies on their disks")
      .required()
      .key("sectors", &DiskCorrupt::sectors, "in how many sectors");
}
void describe(Keys<DiskTorn>& keys) {
  keys.named("the action disk_torn")
      .key("disk_torn", &DiskTorn::who, "their power goes while writes are half done")
      .required();
}
void describe(Keys<SyncError>& keys) {
  keys.named("the action sync_error").key("sync_error", &SyncError::who, "each sync and write fails").required();
}

// --- what happens when ---
void describe(Keys<Entry>& keys) {
  keys.named("an entry of the timeline")
      .key("at", &Entry::at, "when; a range is drawn from")
      .key("every", &Entry::every, "how long from one time to the next; a range is drawn from each time")
      .key("after", &Entry::after, "when this happens: once, or as often as \"times\" says")
      .key("from", &Entry::from, "when \"every\" or \"after\" begins to count")
      .key("to", &Entry::to, "... and ends")
      .key("delay", &Entry::delay, "how long after it happened")
      .key("times", &Entry::times, "how often; with \"at\": that many moments are drawn")
      .key("chance", &Entry::chance, "that a seed has this entry at all")
      .key("for", &Entry::lasts, "then it is undone: started again, resumed, healed")
      .place(&Entry::place)
      .one_of_kinds("action", &Entry::action)
      .rule("anyOf", json::array{requires_keys({"at"}), requires_keys({"every"}), requires_keys({"after"})})
      .check(check_entry);
}

void describe(Keys<Nemesis>& keys) {
  keys.named("a nemesis")
      .key("rate", &Nemesis::rate, "how often on average; the times between are drawn")
      .key("when", &Nemesis::after, "strikes when this happens, in place of a rate: faults where promises are made")
      .key("odds", &Nemesis::odds, "the share of those moments at which it strikes")
      .key("delay", &Nemesis::delay, "how long after it happened")
      .key("budget", &Nemesis::budget, "how often at most")
      .key("at_once", &Nemesis::at_once, "how many of its faults may last at a time")
      .key("keep_quorum", &Nemesis::keep_quorum, "passes when fewer servers than a quorum would be left up")
      .key("from", &Nemesis::from, "when it begins")
      .key("to", &Nemesis::to, "when it ends")
      .key("chance", &Nemesis::chance, "that a seed has it at all")
      .key("for", &Nemesis::lasts, "then it is undone")
      .place(&Nemesis::place)
      .one_of_kinds("action", &Nemesis::action)
      .rule("anyOf", json::array{requires_keys({"rate"}), requires_keys({"when"})})
      .check(check_nemesis);
}

void describe(Keys<RegisterPlan>& keys) {
  keys.named("the registers")
      .key("registers", &RegisterPlan::registers, "how many: jobs register-1 and so on, which place nothing")
      .key("clients", &RegisterPlan::clients, "how many write and read them, each one wish at a time")
      .key("pause", &RegisterPlan::pause, "of a client between an answer and its next wish")
      .key("reads", &RegisterPlan::reads, "the share of wishes that read")
      .key("stale", &RegisterPlan::stale, "the share of reads that any server may answer; the others are consistent")
      .key("conditional", &RegisterPlan::conditional,
           "the share of writes that are for the version which the client knows, and no other")
      .key("patience", &RegisterPlan::patience, "how long a client waits for an answer")
      .key("from", &RegisterPlan::from, "when they begin")
      .check(check_registers);
}

void describe(Keys<LivenessPlan>& keys) {
  keys.named("liveness")
      .key("clients", &LivenessPlan::clients, "the share of clients in the core, beside a majority of the servers")
      .place(&LivenessPlan::place);
}

void describe(Keys<Swarm>& keys) {
  keys.named("the swarm")
      .key("nemeses", &Swarm::nemeses, "the chance of each nemesis to be there in a seed")
      .key("timeline", &Swarm::timeline, "the chance of each entry of the timeline to be there in a seed")
      .key("faults", &Swarm::faults, "how many nemeses a seed has at most")
      .key("draw", &Swarm::draw,
           "keys of this scenario by path (\"cluster.servers\"), each with the values drawn from");
}

// --- what is expected ---
void describe(Keys<AtTheEnd>& keys) {
  keys.named("the expectation at_the_end")
      .key("at_the_end", &AtTheEnd::condition, "holds when the cluster has settled")
      .required();
}
void describe(Keys<Always>& keys) {
  keys.named("the expectation always")
      .key("always", &Always::condition, "holds after each change that a leader applies")
      .required()
      .key("from", &Always::from, "from then on")
      .key("to", &Always::to, "until then");
}
void describe(Keys<Never>& keys) {
  keys.named("the expectation never")
      .key("never", &Never::condition, "holds at no time")
      .required()
      .key("from", &Never::from, "from then on")
      .key("to", &Never::to, "until then");
}
void describe(Keys<Eventually>& keys) {
  keys.named("the expectation eventually")
      .key("eventually", &Eventually::condition, "comes to hold")
      .required()
      .key("within", &Eventually::within, "in that time")
      .required()
      .key("from", &Eventually::from, "counted from then")
      .key("after", &Eventually::after, "counted from each time this happens");
}
void describe(Keys<CountOf>& keys) {
  keys.named("the expectation count_of")
      .key("count_of", &CountOf::happening, "how often this has happened")
      .required()
      .key("is", &CountOf::is, "a number or a range")
      .required()
      .key("from", &CountOf::from, "counted from then")
      .key("to", &CountOf::to, "until then");
}
void describe(Keys<JobAtTheEnd>& keys) {
  keys.named("the expectation of a job")
      .key("job", &JobAtTheEnd::job, "a job, when the cluster has settled")
      .required()
      .key("region", &JobAtTheEnd::region, "where it runs, in place of the first server's region")
      .key("running", &JobAtTheEnd::running, "how many of its allocations run")
      .key("complete", &JobAtTheEnd::complete, "how many have ended well")
      .check(check_job_at_the_end);
}
void describe(Keys<Expectation>& keys) {
  keys.named("an expectation").place(&Expectation::place).one_of_kinds("expectation", &Expectation::what);
}

void describe(Keys<Scenario>& keys) {
  keys.named("the scenario")
      .key("name", &Scenario::name, "as reports call it; without it: the file's name")
      .key("about", &Scenario::about, "what it tells, and of what incident or paper")
      .key("include", &Scenario::includes,
           "other scenarios whose parts are taken over: mappings are merged, lists grow, what is written here wins")
      .key("cluster", &Scenario::cluster, "who is there")
      .key("network", &Scenario::network, "the links between them")
      .key("disks", &Scenario::disks, "of all nodes")
      .key("clocks", &Scenario::clocks, "of all nodes")
      .key("hosts", &Scenario::hosts, "the machines")
      .key("sets", &Scenario::sets, "names for some of the nodes")
      .key("tasks", &Scenario::tasks, "how tasks live, by job or job/task; \"w*\": of all that begin so")
      .key("timeline", &Scenario::timeline, "what happens when")
      .key("nemeses", &Scenario::nemeses, "faults that come by chance")
      .key("registers", &Scenario::registers, "clients whose writes and reads must be linearizable (LIN)")
      .key("swarm", &Scenario::swarm, "what each seed draws anew")
      .key("until", &Scenario::until, "when all faults end")
      .key("settle", &Scenario::settle, "how long it may then take until all is well")
      .key("liveness", &Scenario::liveness,
           "at the end only a core is healed, which each seed draws: other faults stay for ever")
      .key("converges", &Scenario::converges,
           "false: a leader is all that is asked for at the end, and what is expected")
      .key("expect", &Scenario::expect, "what must hold, and when")
      .key("require", &Scenario::require, "coverage points that a campaign must have reached, or it proved nothing")
      .rule("anyOf", json::array{requires_keys({"cluster", "until"}), requires_keys({"include"})})
      .check(check_scenario);
}

const Mapping& language() {
  static const Keys<Scenario> keys;
  return keys;
}

}  // namespace simulator
