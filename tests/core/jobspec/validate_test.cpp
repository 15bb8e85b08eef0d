#include "tests/core/jobspec/support.hpp"

namespace {

using core::model::Job;
using tests::parse_good;
using tests::small_job;

std::string errors_of(const std::string& text) {
  Job job = parse_good(text);
  core::jobspec::canonicalize(job);
  return core::jobspec::validate(job).error_text();
}

std::string in_group(const std::string& errors) {
  return "1 error occurred:\n\t* Task group g validation failed: " + errors + "\n\n\n\n";
}
std::string in_task(const std::string& errors) {
  return in_group("1 error occurred:\n\t* Task t validation failed: 1 error occurred:\n\t* " + errors + "\n\n");
}
std::string one(const std::string& error) { return "1 error occurred:\n\t* " + error + "\n\n"; }

TEST(Validate, SaysWhatNomadSays) {
  const std::pair<std::string, std::string> cases[] = {
      {small_job(""), ""},
      {"job \"j\" {}", one("Missing job task groups")},
      {"job \"a b\" { group \"g\" { task \"t\" { driver = \"exec\" } } }", one("Job ID contains a space")},
      {small_job("priority = 101"), one("Job priority must be between [1, 100]")},
      {small_job("datacenters = [\"\"]"), one("Job datacenter must be non-empty string")},
      {small_job("periodic { cron = \"* * * * *\" }"),
       one("Periodic can only be used with \"batch\" or \"sysbatch\" scheduler")},
      {small_job("type = \"system\"", "affinity { attribute = \"${node.class}\" value = \"x\" }"),
       in_group("1 error occurred:\n\t* System jobs may not have an affinity block")},
      {small_job("type = \"batch\"", "update { canary = 1 }"),
       in_group("1 error occurred:\n\t* Job type \"batch\" does not allow update block")},
      {small_job("type = \"batch\"\nupdate {}"), ""},
      {small_job("type = \"batch\"\nmigrate {}"),
       in_group("1 error occurred:\n\t* Job type \"batch\" does not allow migrate block")},
      {"job \"j\" { group \"g\" {} }", in_group("1 error occurred:\n\t* Missing tasks for task group")},
      {small_job("", "count = -1"), in_group("1 error occurred:\n\t* Task group count can't be negative")},
      {small_job("", "", "resources { memory = 5 }"), in_task("minimum MemoryMB value is 10; got 5")},
      {small_job("", "", "resources { cpu = 0 }"), in_task("minimum CPU value is 1; got 0")},
      {small_job("", "", "kill_timeout = \"-1s\""), in_task("KillTimeout must be a positive value")},
      {small_job("", "", "resources { memory = 50 memory_max = 20 }"),
       in_task("MemoryMaxMB value (20) should be larger than MemoryMB value (50)")},
      {small_job("", "", "logs { max_files = 100 }"),
       in_task("log storage (1000 MB) must be less than requested disk capacity (300 MB)")},
      {small_job("constraint { operator = \"like\" attribute = \"a\" value = \"b\" }"),
       one("Constraint 1 validation failed: " + one("Unknown constraint type \"like\""))},
      {small_job("constraint { attribute = \"a\" regexp = \"(\" }"),
       one("Constraint 1 validation failed: " + one("Regular expression failed to compile: ("))},
      {small_job("constraint { attribute = \"a\" version = \"~> x\" }"),
       one("Constraint 1 validation failed: " + one("Version constraint is invalid: Malformed constraint: ~> x"))},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(errors_of(text), message) << text;
}

TEST(Validate, FindsMoreThanOneThing) {
  const std::pair<std::string, std::string> cases[] = {
      {small_job("type = \"odd\""), "Invalid job type: \"odd\""},
      {small_job("type = \"system\"", "count = 2"), "Count cannot exceed 1 with system scheduler"},
      {small_job("", "network { port \"a\" { static = 80 } port \"b\" { static = 80 } }"),
       "Static port 80 already reserved by"},
      {small_job("", "restart { mode = \"delay\" attempts = 0 }"),
       "Restart policy \"delay\" with 0 attempts is ambiguous"},
      {small_job("", "restart { interval = \"1s\" }"), "Interval can not be less than 5s (got 1s)"},
      {small_job("update { healthy_deadline = \"20m\" }"), "Healthy deadline must be less than progress deadline"},
      {small_job("update { auto_promote = true }"), "Auto Promote requires a Canary count greater than zero"},
      {small_job("", "reschedule { attempts = 3 unlimited = false interval = \"1m\" }"),
       "Nomad can't make 3 attempts in 1m0s"},
      {small_job("", "", "service { port = \"nope\" }"),
       "Port label \"nope\" referenced by services j-g-t does not exist"},
      {small_job("", "", "template { data = \"x\" destination = \"../../x\" }"),
       "destination escapes allocation directory"},
      {small_job("", "", "vault { policies = [\"root\"] }"), "Can not specify \"root\" policy"},
      {small_job("", "", "constraint { distinct_hosts = true }"), "disallowed constraint: distinct_hosts"},
      {small_job("", "", "volume_mount { volume = \"v\" destination = \"/\" }"), "references undefined volume v"},
  };
  for (const auto& [text, message] : cases) {
    const std::string errors = errors_of(text);
    EXPECT_NE(errors.find(message), std::string::npos) << text << errors;
  }
}

TEST(Validate, WarnsWithoutRefusing) {
  Job job = parse_good(small_job("update { max_parallel = 3 }"));
  core::jobspec::canonicalize(job);
  const auto validation = core::jobspec::validate(job);
  EXPECT_TRUE(validation.ok());
  ASSERT_EQ(validation.warnings.size(), 1U);
  EXPECT_EQ(validation.warnings[0].find("Update max parallel count is greater than task group count (3 > 1)"), 0U);
}

TEST(ImpliedConstraints, AreAddedOnce) {
  Job job = parse_good(small_job("", "service { name = \"s\" provider = \"nomad\" }", "kill_signal = \"sigusr1\""));
  core::jobspec::canonicalize(job);
  core::jobspec::add_implied_constraints(job);
  core::jobspec::add_implied_constraints(job);
  ASSERT_EQ(job.task_groups[0].constraints.size(), 2U);
  EXPECT_EQ(job.task_groups[0].constraints[0].l_target, "${attr.nomad.service_discovery}");
  EXPECT_EQ(job.task_groups[0].constraints[1].r_target, "SIGUSR1");
}

}  // namespace
