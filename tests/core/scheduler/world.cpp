#include "tests/core/scheduler/world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tests {

model::Node make_node(const std::string& id) {
  model::Node node;
  node.id = id;
  node.secret_id = id + "-secret";
  node.name = "name-" + id;
  node.datacenter = "dc1";
  node.node_pool = "default";
  node.attributes = {{"kernel.name", "linux"}, {"cpu.arch", "amd64"}, {"driver.raw_exec", "1"}};
  node.node_resources.cpu = {4000, 4, {0, 1, 2, 3}};
  node.node_resources.memory.memory_mb = 8192;
  node.node_resources.disk.disk_mb = 100'000;
  model::NetworkResource network;
  network.mode = "host";
  network.device = "eth0";
  network.ip = "10.0.0.1";
  node.node_resources.networks.push_back(network);
  model::DriverInfo driver;
  driver.detected = driver.healthy = true;
  node.drivers["raw_exec"] = driver;
  node.status = model::NodeStatus::ready;
  return node;
}

model::Job make_job(const std::string& id, std::int32_t count) {
  model::Job job;
  job.region = "global";
  job.namespace_ = "default";
  job.id = job.name = id;
  job.type = "service";
  job.priority = 50;
  job.datacenters = {"dc1"};
  job.node_pool = "default";
  model::TaskGroup& group = job.task_groups.emplace_back();
  group.name = "web";
  group.count = count;
  group.ephemeral_disk = model::EphemeralDisk{};
  model::Task& task = group.tasks.emplace_back();
  task.name = "server";
  task.driver = "raw_exec";
  task.resources = model::Resources{};
  task.resources->cpu = 500;
  task.resources->memory_mb = 256;
  return job;
}

void World::apply(const state::Command& command) {
  const state::Applied applied = state.apply(++index, command);
  ASSERT_EQ(applied.error, "");
}

void World::add(const model::Node& node) { apply(state::RegisterNode{node, {}, now}); }

void World::add_nodes(int count) {
  for (int i = 0; i < count; ++i) add(make_node("n" + std::to_string(i)));
}

void World::set_status(const std::string& node_id, model::NodeStatus status) {
  apply(state::UpdateNodeStatus{node_id, status, std::nullopt, {}, now});
}

model::Evaluation World::submit(model::Job job) {
  const std::string id = job.id;
  apply(state::RegisterJob{std::move(job), std::nullopt, std::nullopt, now});
  return new_eval(id, model::EvalTrigger::job_register);
}

model::Evaluation World::new_eval(const std::string& job_id, model::EvalTrigger trigger) {
  model::Evaluation eval;
  eval.id = rng.uuid();
  eval.namespace_ = "default";
  eval.job_id = job_id;
  eval.triggered_by = trigger;
  if (const auto job = state.job("default", job_id)) {
    eval.type = job->type;
    eval.priority = job->priority;
    eval.job_modify_index = job->job_modify_index;
  } else {
    eval.type = "service";
  }
  apply(state::UpdateEvals{{eval}, now});
  return *state.eval(eval.id);
}

scheduler::Scheduled World::plan(const model::Evaluation& eval) {
  return scheduler::plan(state, eval, rng.fork(), now, config);
}

model::Evaluation World::process(const model::Evaluation& eval) {
  scheduler::Attempt attempt(eval);
  scheduler::Step step = scheduler::Replan{};
  while (!std::holds_alternative<scheduler::Finish>(step)) {
    if (std::holds_alternative<scheduler::Replan>(step)) {
      EXPECT_GE(index, attempt.needed_index());
      step = attempt.planned(plan(eval));
      continue;
    }
    const scheduler::Submit submit = std::get<scheduler::Submit>(step);
    if (!submit.first.empty()) apply(state::UpdateEvals{submit.first, now});
    model::PlanResult result = scheduler::evaluate_plan(state, submit.plan);
    apply(state::ApplyPlanResult{eval.id, submit.plan.job, result.stops, result.placements, {}, now});
    result.alloc_index = index;
    step = attempt.answered(result, rng, now);
  }
  apply(state::UpdateEvals{std::get<scheduler::Finish>(step).evals, now});
  return *state.eval(eval.id);
}

void World::report(const std::string& alloc_id, model::ClientStatus status) {
  model::Allocation alloc = *state.alloc(alloc_id);
  alloc.client_status = status;
  model::TaskState task;
  task.state = status == model::ClientStatus::running ? model::TaskRunState::running : model::TaskRunState::dead;
  task.failed = status == model::ClientStatus::failed;
  if (status != model::ClientStatus::running) task.finished_at = now;
  alloc.task_states["server"] = task;
  apply(state::UpdateAllocsFromClient{{alloc}, {}, now});
}

std::vector<state::Ref<model::Allocation>> World::allocs(const std::string& job_id) const {
  std::vector<state::Ref<model::Allocation>> all;
  state.allocs_of_job("default", job_id, [&](const auto& alloc) {
    all.push_back(alloc);
    return true;
  });
  return all;
}

std::vector<state::Ref<model::Allocation>> World::live(const std::string& job_id) const {
  auto all = allocs(job_id);
  std::erase_if(all, [](const auto& alloc) { return alloc->terminal(); });
  return all;
}

std::vector<std::string> World::live_names(const std::string& job_id) const {
  std::vector<std::string> names;
  for (const auto& alloc : live(job_id)) names.push_back(alloc->name);
  std::ranges::sort(names);
  return names;
}

std::vector<state::Ref<model::Evaluation>> World::evals(model::EvalStatus status) const {
  std::vector<state::Ref<model::Evaluation>> found;
  state.evals("", [&](const auto& eval) {
    if (eval->status == status) found.push_back(eval);
    return true;
  });
  return found;
}

}  // namespace tests
