// Random lives: allocations come, change and go, tasks end, disks fill, servers fall silent, and the agent dies between
// any two steps. The host's processes are the truth (known-bugs.md, ORPHAN).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/core/client/rig.hpp"

namespace tests {
namespace {

using namespace core;

model::Job random_job(Rng& rng) {
  model::Task second = Rig::task("u");
  if (rng.chance(0.3)) second.leader = true;
  if (rng.chance(0.3)) second.lifecycle = model::TaskLifecycle{"poststop", false};
  if (rng.chance(0.3)) second.shutdown_delay = 3s;
  std::vector<model::Task> tasks{Rig::task("t")};
  if (rng.chance(0.5)) tasks.push_back(second);
  const bool batch = rng.chance(0.4);
  return Rig::job_of(tasks, batch ? "batch" : "service");
}

void one_thing(Rig& rig, Rng& rng, std::vector<std::string>& placed, std::set<std::string>& gone) {
  const auto any = [&] { return placed[rng.below(placed.size())]; };
  const auto what = rng.below(11);
  if (what == 0 && placed.size() < 6) {
    placed.push_back("alloc-" + std::to_string(placed.size()));
    rig.place(placed.back(), random_job(rng));
  } else if (what == 1) {
    if (const auto id = any(); !gone.contains(id)) rig.stop(id);
  } else if (what == 2) {
    if (const auto id = any(); gone.insert(id).second) rig.purge(id);
  } else if (what == 3) {
    const auto id = any();
    const bool first = rng.chance(0.5);
    const bool well = rng.chance(0.5);
    rig.exit_task(id, first ? "t" : "u", well ? 0 : 1);
  } else if (what == 4) {
    rig.crash();
    rig.boot();
  } else if (what == 5) {
    rig.disk_error_ = rng.chance(0.3) ? "No space left on device" : "";
  } else if (what == 6) {
    rig.server_failure_ = rng.chance(0.4) ? "rpc error: EOF" : "";
  } else if (what == 7) {
    for (auto& [key, runs] : rig.processes_)
      if (rng.chance(0.3)) runs.back().ignores_signals = true;
  } else if (what == 8) {
    rig.run(rng.between(Duration{}, 40s));
  } else {
    const auto steps = rng.below(12);
    for (std::uint64_t i = 0; i < steps; ++i) rig.step();
  }
}

RC_GTEST_PROP(ClientProperty, NoTaskRunsTwiceStopMeansStoppedAndEveryEndIsTold, (std::uint64_t seed)) {
  Rng rng(seed);
  Rig rig(Rig::default_config(), seed);
  rig.run(20s);
  std::vector<std::string> placed{"alloc-0"};
  std::set<std::string> gone;
  rig.place(placed[0], random_job(rng));
  const auto never_twice = [&] {
    for (const auto& [key, runs] : rig.processes_) RC_ASSERT(rig.running(key.first, key.second) <= 1);
    RC_ASSERT(rig.violations_ == std::vector<std::string>{});
  };
  for (int i = 0; i < 60; ++i) {
    one_thing(rig, rng, placed, gone);
    never_twice();
  }
  // Quiet: all that was wanted comes true within a bound.
  rig.disk_error_.clear();
  rig.server_failure_.clear();
  rig.run(10min);
  never_twice();
  for (const std::string& id : placed) {
    if (gone.contains(id)) {
      RC_ASSERT(rig.running(id, "t") + rig.running(id, "u") == 0);
      RC_ASSERT(!rig.dirs_.contains(id));
      continue;
    }
    const model::Allocation& told = rig.told(id);
    if (told.server_terminal()) RC_ASSERT(rig.running(id, "t") == 0);
    for (const auto& [name, state] : told.task_states) {
      RC_ASSERT((state.state == model::TaskRunState::running) == (rig.running(id, name) == 1));
      RC_ASSERT(state.events.size() <= 10u);
    }
    RC_ASSERT(!told.task_states.empty());
  }
}

}  // namespace
}  // namespace tests
