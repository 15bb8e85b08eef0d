// Every route's handler, by resource family. The folder's own: the table is in router.cpp.
#pragma once

#include "core/api/call.hpp"

namespace core::api {

// jobs.cpp: reading jobs and what belongs to them
Outcome jobs_list(Call& call);
Outcome job_read(Call& call);
Outcome job_versions(Call& call);
Outcome job_allocations(Call& call);
Outcome job_evaluations(Call& call);
Outcome job_deployments(Call& call);
Outcome job_latest_deployment(Call& call);
Outcome job_summary(Call& call);
Outcome job_scale_status(Call& call);

// jobs_write.cpp: jobs that come in
Outcome jobs_register(Call& call);
Outcome job_register(Call& call);
Outcome jobs_parse(Call& call);
Outcome job_validate(Call& call);
Outcome job_plan(Call& call);

// jobs_change.cpp: jobs that are there
Outcome job_deregister(Call& call);
Outcome job_evaluate(Call& call);
Outcome job_scale(Call& call);

// nodes.cpp
Outcome nodes_list(Call& call);
Outcome node_read(Call& call);
Outcome node_allocations(Call& call);
Outcome node_evaluate(Call& call);
Outcome node_eligibility(Call& call);
Outcome node_purge(Call& call);

// allocs.cpp
Outcome allocations_list(Call& call);
Outcome allocation_read(Call& call);
Outcome allocation_stop(Call& call);

// evals.cpp: evaluations and deployments
Outcome evaluations_list(Call& call);
Outcome evaluations_count(Call& call);
Outcome evaluation_read(Call& call);
Outcome evaluation_allocations(Call& call);
Outcome deployments_list(Call& call);
Outcome deployment_read(Call& call);
Outcome deployment_allocations(Call& call);

// client_fs.cpp
Outcome fs_logs(Call& call);
Outcome fs_cat(Call& call);
Outcome fs_read_at(Call& call);
Outcome fs_list(Call& call);
Outcome fs_stat(Call& call);

// agent.cpp
Outcome agent_self(Call& call);
Outcome agent_members(Call& call);
Outcome agent_join(Call& call);
Outcome agent_keyring(Call& call);
Outcome agent_force_leave(Call& call);
Outcome agent_servers(Call& call);
Outcome agent_health(Call& call);
Outcome agent_monitor(Call& call);
Outcome status_leader(Call& call);
Outcome status_peers(Call& call);
Outcome regions(Call& call);

// metrics.cpp
Outcome metrics(Call& call);

// autopilot.cpp
Outcome autopilot_configuration(Call& call);
Outcome autopilot_configure(Call& call);
Outcome autopilot_health(Call& call);

// operator.cpp
Outcome raft_transfer_leadership(Call& call);
Outcome snapshot_save(Call& call);
Outcome snapshot_restore(Call& call);
Outcome raft_configuration(Call& call);
Outcome raft_remove_peer(Call& call);
Outcome scheduler_configuration(Call& call);
Outcome namespaces_list(Call& call);
Outcome namespace_read(Call& call);

// search.cpp
Outcome search(Call& call);

}  // namespace core::api
