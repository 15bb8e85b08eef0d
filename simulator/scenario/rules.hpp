// The rules that no single value can tell: what goes with what, what contradicts what, what does not exist.
#pragma once

#include "simulator/scenario/reading.hpp"
#include "simulator/scenario/scenario.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {

inline constexpr std::uint64_t max_servers = 31;
inline constexpr std::uint64_t max_clients = 100'000;

void check_cluster(ClusterPlan& cluster, const yaml::Value& value, Reading& reading);
void check_clocks(ClockPlan& clocks, const yaml::Value& value, Reading& reading);
void check_link(LinkPlan& link, const yaml::Value& value, Reading& reading);
void check_links_between(GroupLinkPlan& links, const yaml::Value& value, Reading& reading);
void check_network(NetworkPlan& network, const yaml::Value& value, Reading& reading);
void check_disks(DiskPlan& disks, const yaml::Value& value, Reading& reading);
void check_registers(RegisterPlan& registers, const yaml::Value& value, Reading& reading);
void check_run(RunJob& run, const yaml::Value& value, Reading& reading);
void check_operator(OperatorCommand& command, const yaml::Value& value, Reading& reading);
void check_heal(Heal& heal, const yaml::Value& value, Reading& reading);
void check_flaky(Flaky& flaky, const yaml::Value& value, Reading& reading);
void check_clock(ClockChange& clock, const yaml::Value& value, Reading& reading);
void check_entry(Entry& entry, const yaml::Value& value, Reading& reading);
void check_nemesis(Nemesis& nemesis, const yaml::Value& value, Reading& reading);
void check_job_at_the_end(JobAtTheEnd& job, const yaml::Value& value, Reading& reading);
/// "until": `value` is the scenario, or a value that a swarm draws.
void check_until(const Scenario& scenario, const yaml::Value& value, Reading& reading);
/// All of it: the ends, the names (names.cpp), the timeline against itself (contradictions.cpp), the swarm's values.
void check_scenario(Scenario& scenario, const yaml::Value& value, Reading& reading);

/// Nodes, sets, groups, jobs and coverage points that are named exist.
void check_names(const Scenario& scenario, Reading& reading);
/// No entry needs what another one certainly takes away.
void check_contradictions(const Scenario& scenario, Reading& reading);

/// "crash": the word of an action.
std::string_view action_word(const Action& action);

}  // namespace simulator
