// Every command's body, and the table that names them.
#pragma once

#include <span>
#include <string_view>

#include "agent/cli/call.hpp"

namespace agent::cli {

/// All commands by name, families included.
std::span<const Command> commands();
/// The command of exactly this name, or null.
const Command* find_command(std::string_view name);

int agent_info(Call& call);
int alloc_logs(Call& call);
int alloc_status(Call& call);
int autopilot_get_config(Call& call);
int autopilot_health(Call& call);
int autopilot_set_config(Call& call);
int eval_list(Call& call);
int eval_status(Call& call);
int gossip_keyring_generate(Call& call);
int gossip_keyring_install(Call& call);
int gossip_keyring_list(Call& call);
int gossip_keyring_remove(Call& call);
int gossip_keyring_use(Call& call);
int job_init(Call& call);
int job_inspect(Call& call);
int job_plan(Call& call);
int job_run(Call& call);
int job_status(Call& call);
int job_stop(Call& call);
int job_validate(Call& call);
int monitor_logs(Call& call);
int node_status(Call& call);
int raft_info(Call& call);
int raft_list_peers(Call& call);
int raft_logs(Call& call);
int raft_peers_json(Call& call);
int raft_remove_peer(Call& call);
int raft_state(Call& call);
int raft_transfer_leadership(Call& call);
int server_force_leave(Call& call);
int server_join(Call& call);
int server_members(Call& call);
int snapshot_inspect(Call& call);
int snapshot_restore(Call& call);
int snapshot_save(Call& call);
int snapshot_state(Call& call);
int status(Call& call);
int version(Call& call);

// What `status ID` does once it knows of what kind the id is.
int show_alloc(Call& call, const std::string& id, bool verbose);
int show_eval(Call& call, const std::string& id, bool verbose);
int show_job(Call& call, const std::string& id, bool verbose);
int show_node(Call& call, const std::string& id, bool verbose);
int show_deployment(Call& call, const std::string& id, bool verbose);
int list_jobs(Call& call);

}  // namespace agent::cli
