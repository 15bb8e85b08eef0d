#include "agent/cli/commands.hpp"

#include <algorithm>
#include <array>

namespace agent::cli {
namespace {

constexpr std::string_view options = "[options]";

constexpr Command family(std::string_view name, std::string_view synopsis) {
  return {name, "<subcommand> [options] [args]", synopsis, "", nullptr, true, false};
}

/// An older name of the same command.
constexpr Command alias(std::string_view name, Command of) {
  of.name = name;
  of.listed = false;
  return of;
}

constexpr Command server_members_command{
    "server members", options, "List the servers of all regions this one knows",
    "Lists the servers as gossip knows them: where they are, whether they live, and who leads.", server_members};
constexpr Command server_join_command{"server join", "[options] <address> [<address>...]",
                                      "Make this server join others",
                                      "Tells the server that is asked to join the gossip of the servers at these "
                                      "addresses.\nIt is enough that one of them can be reached.",
                                      server_join};
constexpr Command server_force_leave_command{"server force-leave", "[options] <node>",
                                             "Make a failed server count as left",
                                             "Moves a failed server to the state \"left\", so that it is not waited "
                                             "for any more.\nA server that still lives will come back.",
                                             server_force_leave};
constexpr Command node_status_command{"node status", "[options] [<node>]", "Show the clients, or one of them",
                                      "Without an argument lists all clients. With one (an id or the start of it) "
                                      "shows that\nclient, what it offers and what runs on it.",
                                      node_status};
constexpr Command job_run_command{"job run", "[options] <path>", "Register a job, new or changed",
                                  "Registers the job of a file (\"-\": standard input), then follows its "
                                  "evaluation.\nExit code 1: an error. 2: not all allocations could be placed.",
                                  job_run};
constexpr Command job_plan_command{
    "job plan", "[options] <path>", "Show what registering a job would do",
    "Shows the difference to the registered job and what the scheduler would do. Changes\nnothing. Exit code 0: no "
    "allocation made or stopped; 1: some; 255: an error.",
    job_plan};
constexpr Command job_status_command{"job status", "[options] [<job>]", "Show the jobs, or one of them",
                                     "Without an argument lists all jobs. With one (an id or the start of it) shows "
                                     "that\njob, its groups, its deployment and its allocations.",
                                     job_status};
constexpr Command job_stop_command{
    "job stop", "[options] <job> [<job>...]", "Stop jobs",
    "Stops jobs, and follows the evaluations this makes. Asks first when only the start\nof an id is given.", job_stop};
constexpr Command job_inspect_command{"job inspect", "[options] <job>", "Print a registered job as JSON",
                                      "Prints the job as the servers have it.", job_inspect};
constexpr Command job_validate_command{"job validate", "[options] <path>", "Check a job file",
                                       "Checks a job file without registering it.", job_validate};
constexpr Command job_init_command{
    "job init",
    "[options] [<filename>]",
    "Write an example job file",
    "Writes an example job to start from, to example.nomad.hcl or the file named. Never\noverwrites a file.",
    job_init,
    true,
    false};
constexpr Command alloc_status_command{"alloc status", "[options] <allocation>", "Show an allocation",
                                       "Shows where an allocation runs, how its tasks do and what happened to them.",
                                       alloc_status};
constexpr Command alloc_logs_command{
    "alloc logs", "[options] <allocation> [<task>]", "Print what a task has written",
    "Prints the stdout, or the stderr, of a task. The task may be left out where there is\nonly one.", alloc_logs};
constexpr Command eval_status_command{"eval status", "[options] <evaluation>", "Show an evaluation",
                                      "Shows an evaluation, and why allocations could not be placed.", eval_status};
constexpr Command eval_list_command{"eval list", options, "List evaluations", "Lists evaluations.", eval_list};
constexpr Command list_peers_command{"operator raft list-peers", options, "List the Raft peers",
                                     "Lists the servers of the Raft configuration.", raft_list_peers};
constexpr Command remove_peer_command{"operator raft remove-peer", options, "Remove a Raft peer",
                                      "Removes a server from the Raft configuration, by its address or its id. For "
                                      "servers that\nare gone and cannot be made to leave.",
                                      raft_remove_peer};
constexpr Command raft_info_command{
    "operator raft info",
    "[options] <path>",
    "Show what a data directory holds of Raft",
    "Shows where the log of a server begins and ends; with -verbose its term, its snapshot and the\nservers it knows, "
    "too. Reads the data directory of an agent that does not run: this\nprogram's own write-ahead log and snapshots, "
    "where HashiCorp's Nomad has a BoltDB file.",
    raft_info,
    true,
    false};
constexpr Command raft_logs_command{
    "operator raft logs",
    "[options] <path>",
    "Print the log in a data directory as JSON",
    "Prints the entries of a server's log, one JSON object a line. Reads the data directory of an\nagent that does not "
    "run: this program's own write-ahead log.",
    raft_logs,
    true,
    false};
constexpr Command raft_state_command{
    "operator raft state",
    "[options] <path>",
    "Print the state in a data directory as JSON",
    "Prints the state that the snapshot and the log of a server amount to. Reads the data directory\nof an agent that "
    "does not run: this program's own write-ahead log and snapshots.",
    raft_state,
    true,
    false};
constexpr Command raft_peers_json_command{
    "operator raft peers-json",
    "[options] <path>",
    "Print a peers.json for servers that lost their quorum",
    "Prints the servers that the log in a data directory knows, as a peers.json. With -keep only\nthose that are left. "
    "Put it as server/raft/peers.json into the data directory of each server\nthat is left while none of them runs, "
    "and "
    "start them.",
    raft_peers_json,
    true,
    false};
constexpr Command transfer_leadership_command{
    "operator raft transfer-leadership", options, "Make another server the leader",
    "Hands the leadership of the region to the voter of an address or an id.", raft_transfer_leadership};
constexpr Command snapshot_save_command{
    "operator snapshot save", "[options] [<file>]", "Save the state of the region to a file",
    "Saves jobs, allocations, nodes and settings as the leader has them. The file is "
    "a gzipped\ntar of meta.json, state.bin and SHA256SUMS; state.bin is in this "
    "program's own format.",
    snapshot_save};
constexpr Command snapshot_restore_command{
    "operator snapshot restore", "[options] <file>", "Let a saved state take the place of the region's",
    "Restores what `operator snapshot save` wrote, on all servers at once. The set of servers\nstays as it is. "
    "Snapshots of HashiCorp's Nomad are refused: their format is another.\nOne of more than 32 MiB, up to 1 GiB, only "
    "the leader itself takes: name it by -address.",
    snapshot_restore};
constexpr Command snapshot_inspect_command{"operator snapshot inspect",
                                           "[options] <file>",
                                           "Show what a snapshot file is",
                                           "Checks a snapshot file, and shows of which entry of the log it is. Asks no "
                                           "agent.",
                                           snapshot_inspect,
                                           true,
                                           false};
constexpr Command snapshot_state_command{"operator snapshot state",
                                         "[options] <file>",
                                         "Print the state in a snapshot file as JSON",
                                         "Prints the state in a snapshot file as JSON. Asks no agent.",
                                         snapshot_state,
                                         true,
                                         false};
constexpr Command autopilot_get_command{"operator autopilot get-config", options, "Show the settings of autopilot",
                                        "Shows how the leader keeps the set of servers.", autopilot_get_config};
constexpr Command autopilot_set_command{"operator autopilot set-config", options, "Change the settings of autopilot",
                                        "Changes how the leader keeps the set of servers. What is not given stays.",
                                        autopilot_set_config};
constexpr Command autopilot_health_command{"operator autopilot health", options, "Show how the servers do",
                                           "Shows the servers as the leader sees them, and how many may fail.",
                                           autopilot_health};
constexpr Command keyring_generate_command{
    "operator gossip keyring generate", options, "Make a new gossip encryption key",
    "Prints a new key, 32 random bytes in base64, for the agents' setting \"encrypt\". Asks no\nagent.",
    gossip_keyring_generate};
constexpr Command keyring_install_command{"operator gossip keyring install", "[options] <key>",
                                          "Give all servers a further key",
                                          "Installs a key in the keyrings of all servers. It opens gossip from then "
                                          "on; what is sent\nis sealed with it after "
                                          "\"use\".",
                                          gossip_keyring_install};
constexpr Command keyring_list_command{"operator gossip keyring list", options, "List the gossip encryption keys",
                                       "Lists the keys that the servers have.", gossip_keyring_list};
constexpr Command keyring_remove_command{
    "operator gossip keyring remove", "[options] <key>", "Take a key from all servers",
    "Removes a key from the keyrings of all servers. The one in use cannot be removed.", gossip_keyring_remove};
constexpr Command keyring_use_command{
    "operator gossip keyring use", "[options] <key>", "Make all servers seal with a key",
    "Makes a key that is installed the one with which all servers seal their gossip.", gossip_keyring_use};
constexpr Command status_command{
    "status", "[options] [<id>]", "Show whatever an id belongs to",
    "Finds out what an id, or the start of one, belongs to and shows that. Without an\nargument lists the jobs.",
    status};
constexpr Command agent_info_command{"agent-info", options, "Show figures of the agent",
                                     "Shows what the agent that is asked tells of itself.", agent_info};
constexpr Command monitor_command{"monitor", options, "Follow the log of an agent",
                                  "Prints log lines of the agent that is asked, or of another, as they are written.",
                                  monitor_logs};
constexpr Command version_command{"version", "", "Print the version", "Prints the version.", version, true, false};

// The agent itself is started before the command line looks at its arguments; here only for the lists.
constexpr Command agent_command{"agent", options, "Run an agent", "Runs an agent.", nullptr, true, false};

constexpr std::array table{
    agent_command,
    agent_info_command,
    family("alloc", "Allocations: what runs where"),
    alloc_logs_command,
    alloc_status_command,
    family("eval", "Evaluations: what the scheduler was asked"),
    eval_list_command,
    eval_status_command,
    family("job", "Jobs: register, plan, watch, stop"),
    job_init_command,
    job_inspect_command,
    job_plan_command,
    job_run_command,
    job_status_command,
    job_stop_command,
    job_validate_command,
    monitor_command,
    family("node", "Clients"),
    node_status_command,
    family("operator", "For those who run the cluster"),
    family("operator autopilot", "How the leader keeps the set of servers"),
    autopilot_get_command,
    autopilot_health_command,
    autopilot_set_command,
    family("operator gossip", "The servers' gossip"),
    family("operator gossip keyring", "The keys that seal the servers' gossip"),
    keyring_generate_command,
    keyring_install_command,
    keyring_list_command,
    keyring_remove_command,
    keyring_use_command,
    family("operator raft", "The Raft peers"),
    raft_info_command,
    list_peers_command,
    raft_logs_command,
    raft_peers_json_command,
    remove_peer_command,
    raft_state_command,
    transfer_leadership_command,
    family("operator snapshot", "The state of the region, as a file"),
    snapshot_inspect_command,
    snapshot_restore_command,
    snapshot_save_command,
    snapshot_state_command,
    family("server", "Servers"),
    server_force_leave_command,
    server_join_command,
    server_members_command,
    status_command,
    version_command,
    alias("alloc-status", alloc_status_command),
    alias("keygen", keyring_generate_command),
    alias("operator keygen", keyring_generate_command),
    alias("eval-status", eval_status_command),
    alias("init", job_init_command),
    alias("inspect", job_inspect_command),
    alias("logs", alloc_logs_command),
    alias("node-status", node_status_command),
    alias("plan", job_plan_command),
    alias("run", job_run_command),
    alias("server-force-leave", server_force_leave_command),
    alias("server-join", server_join_command),
    alias("server-members", server_members_command),
    alias("stop", job_stop_command),
    alias("validate", job_validate_command),
};

}  // namespace

std::span<const Command> commands() { return table; }

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Command::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace agent::cli
