#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/describe/json.hpp"
#include "tests/core/jobspec/support.hpp"

namespace {

namespace json = boost::json;
using core::jobspec::VariableInput;
using tests::parse_error;
using tests::parse_good;
using tests::small_job;
using namespace std::chrono_literals;

TEST(ParseJob, ReadsEveryVector) {
  for (const char* name : {"web.nomad", "web2.nomad", "sums.nomad", "toobig.nomad"}) {
    core::model::Job job = parse_good(tests::vector_file(name));
    core::jobspec::canonicalize(job);
    EXPECT_EQ(core::jobspec::validate(job).error_text(), "") << name;
  }
}

TEST(ParseJob, ReadsTheScenariosJobsAndTheExamples) {
  for (const char* name : {"hello", "web", "sums"}) {
    core::model::Job job = parse_good(tests::read_source(std::string("scenarios/jobs/") + name + ".nomad"));
    core::jobspec::canonicalize(job);
    EXPECT_EQ(core::jobspec::validate(job).error_text(), "") << name;
  }
  for (const bool brief : {true, false}) {
    core::model::Job job = parse_good(core::jobspec::example_job(brief));
    core::jobspec::canonicalize(job);
    EXPECT_EQ(core::jobspec::validate(job).error_text(), "");
  }
}

TEST(ParseJob, SaysWhatNomadSaysOfABrokenFile) {
  const std::string transcript = tests::vector_file("job-run-broken.txt");
  const auto job = core::jobspec::parse_job(tests::vector_file("broken.nomad"), "broken.nomad");
  ASSERT_FALSE(job);
  const std::string ours =
      "Error getting job struct: Error parsing job file from broken.nomad:\n" + core::hcl::one_line(job.error()) + "\n";
  EXPECT_EQ(transcript, "$ nomad job run broken.nomad\n" + ours + "[exit 1]\n");
}

// Where the vector (Nomad 1.0) has a value, ours has it too; what it leaves null or empty ours may spell as zero.
// `Status` has no empty word in ours, and job-level Reschedule and Migrate live in the groups.
void expect_covers(const json::value& theirs, const json::value& ours, const std::string& path) {
  const auto empty = [](const json::value& v) {
    return v.is_null() || (v.is_string() && v.get_string().empty()) || v == json::value(0) || v == json::value(false);
  };
  if (theirs.is_object()) {
    ASSERT_TRUE(ours.is_object()) << path;
    for (const auto& [name, value] : theirs.get_object()) {
      const std::string inner = path + "." + std::string(name);
      if (path == "Job" && (name == "Migrate" || name == "Reschedule" || name == "Status")) continue;
      ASSERT_TRUE(ours.get_object().contains(name)) << inner;
      expect_covers(value, ours.get_object().at(name), inner);
    }
  } else if (theirs.is_array()) {
    ASSERT_TRUE(ours.is_array()) << path;
    ASSERT_EQ(ours.get_array().size(), theirs.get_array().size()) << path;
    for (std::size_t i = 0; i < theirs.get_array().size(); ++i)
      expect_covers(theirs.get_array()[i], ours.get_array()[i], path + "[]");
  } else if (empty(theirs)) {
    EXPECT_TRUE(empty(ours) || path.ends_with("HostNetwork")) << path << ": " << json::serialize(ours);
  } else {
    EXPECT_EQ(json::serialize(theirs), json::serialize(ours)) << path;
  }
}

TEST(ParseJob, AnswersAsNomadsParseRouteDoes) {
  const json::value theirs = json::parse(tests::http_body(tests::vector_file("parse.http")));
  core::model::Job job = parse_good(tests::vector_file("web.nomad"));
  core::jobspec::canonicalize(job);
  expect_covers(theirs, core::describe::to_json(job), "Job");
}

TEST(ParseJob, ReadsEveryBlock) {
  const core::model::Job job = parse_good(R"(
job "all" {
  region      = "eu"
  namespace   = "team"
  type        = "batch"
  priority    = "70"
  datacenters = ["a", "b*"]
  meta { owner = "me" }
  vault { policies = ["p"] }
  constraint { distinct_hosts = true }
  constraint {
    attribute = "${meta.rack}"
    regexp    = "r[0-9]"
  }
  constraint {
    distinct_property = "${meta.zone}"
    value             = 2
  }
  affinity {
    attribute = "${node.datacenter}"
    value     = "a"
    weight    = -20
  }
  spread {
    attribute = "${node.datacenter}"
    target "a" { percent = 70 }
    target "b" { percent = 30 }
  }
  periodic { crons = ["*/5 * * * *"] prohibit_overlap = true }
  parameterized { meta_required = ["x"] }
  reschedule { attempts = 2 }
  group "g" {
    count = 2
    network {
      mode = "bridge"
      port "http" { static = 8080 to = 80 }
      port "db" { to = -1 }
      dns { servers = ["1.1.1.1"] }
    }
    volume "data" { type = "host" source = "disk" read_only = true }
    restart { attempts = 0 }
    ephemeral_disk { size = 500 migrate = true }
    shutdown_delay = "3s"
    scaling { max = 5 policy { cooldown = "1m" } }
    service {
      name     = "svc"
      port     = "http"
      provider = "nomad"
      tags     = ["a"]
      check {
        type     = "http"
        path     = "/"
        interval = "10s"
        timeout  = "2s"
        header { X = ["1", "2"] }
        check_restart { limit = 3 }
      }
    }
    task "t" {
      driver       = "exec"
      user         = "nobody"
      kill_timeout = "20s"
      kill_signal  = "sigterm"
      config = { command = "x", args = ["1", 2, true] }
      env { A = 1 B = true }
      lifecycle { hook = "prestart" sidecar = true }
      resources {
        cpu = 10
        memory = 20
        memory_max = 40
        device "nvidia/gpu" { count = 2 constraint { attribute = "${device.attr.memory}" operator = ">" value = "2 GiB" } }
      }
      logs { max_files = 2 max_file_size = 3 }
      artifact { source = "http://h/f" options { checksum = "md5:0123456789abcdef0123456789abcdef" } }
      template { data = "x" destination = "local/x" env = true splay = "0s" }
      volume_mount { volume = "data" destination = "/d" }
      dispatch_payload { file = "in" }
      identity { env = true }
    }
  }
})");
  EXPECT_EQ(job.id, "all");
  EXPECT_EQ(job.priority, 70);
  EXPECT_EQ(job.meta.at("owner"), "me");
  ASSERT_EQ(job.constraints.size(), 3U);
  EXPECT_EQ(job.constraints[0].operand, "distinct_hosts");
  EXPECT_EQ(job.constraints[1].operand, "regexp");
  EXPECT_EQ(job.constraints[1].l_target, "${meta.rack}");
  EXPECT_EQ(job.constraints[2].l_target, "${meta.zone}");
  EXPECT_EQ(job.constraints[2].r_target, "2");
  EXPECT_EQ(job.affinities.at(0).weight, -20);
  EXPECT_EQ(job.affinities.at(0).operand, "=");
  EXPECT_EQ(job.spreads.at(0).spread_target.at(1).value, "b");
  EXPECT_EQ(job.periodic->specs.at(0), "*/5 * * * *");
  EXPECT_EQ(job.parameterized_job->meta_required.at(0), "x");
  const auto& group = job.task_groups.at(0);
  EXPECT_EQ(group.networks.at(0).reserved_ports.at(0).value, 8080);
  EXPECT_EQ(group.networks.at(0).dynamic_ports.at(0).to, -1);
  EXPECT_EQ(group.networks.at(0).dns->servers.at(0), "1.1.1.1");
  EXPECT_TRUE(group.volumes.at("data").read_only);
  EXPECT_EQ(group.volumes.at("data").name, "data");
  EXPECT_EQ(group.restart_policy->attempts, 0);     // written, so kept
  EXPECT_EQ(group.restart_policy->interval, 24h);   // the batch job's default
  EXPECT_EQ(group.reschedule_policy->attempts, 2);  // the job's
  EXPECT_EQ(group.reschedule_policy->delay, 5s);    // batch's
  EXPECT_EQ(group.ephemeral_disk->size_mb, 500);
  EXPECT_EQ(*group.shutdown_delay, 3s);
  EXPECT_EQ(group.scaling->policy.at("cooldown").as_string(), "1m");
  EXPECT_EQ(group.services.at(0).checks.at(0).header.at("X").size(), 2U);
  EXPECT_EQ(group.services.at(0).checks.at(0).check_restart->grace, 1s);
  const auto& task = group.tasks.at(0);
  EXPECT_EQ(task.config.at("args").as_array().size(), 3U);
  EXPECT_EQ(task.env.at("A"), "1");
  EXPECT_EQ(task.env.at("B"), "true");
  EXPECT_EQ(*task.kill_timeout, 20s);
  EXPECT_EQ(task.resources->devices.at(0).name, "nvidia/gpu");
  EXPECT_EQ(task.resources->devices.at(0).constraints.at(0).operand, ">");
  EXPECT_EQ(task.log_config->max_file_size_mb, 3);
  EXPECT_EQ(task.artifacts.at(0).getter_options.size(), 1U);
  EXPECT_EQ(task.templates.at(0).splay, 0s);
  EXPECT_TRUE(task.templates.at(0).envvars);
  EXPECT_EQ(task.vault->policies.at(0), "p");
  EXPECT_EQ(task.restart_policy->attempts, 0);
  EXPECT_TRUE(task.identity->env);
  EXPECT_TRUE(task.lifecycle->sidecar);
}

TEST(ParseJob, MakesAGroupOfATaskOfTheJob) {
  const core::model::Job job = parse_good(R"(job "j" { task "alone" { driver = "raw_exec" } })");
  ASSERT_EQ(job.task_groups.size(), 1U);
  EXPECT_EQ(job.task_groups[0].name, "alone");
  EXPECT_EQ(job.task_groups[0].tasks.at(0).name, "alone");
}

TEST(ParseJob, SetsVariablesAndLocals) {
  const std::string text = R"(
variable "dc" { type = string }
variable "count" {
  type = number
  default = 1
  validation { condition = var.count < 10  error_message = "too many" }
}
locals { b = "${local.a}!"  a = upper(var.dc) }
)" + small_job("datacenters = [var.dc]\nmeta { x = local.b }", "count = var.count");
  using From = VariableInput::From;
  EXPECT_EQ(parse_error(text),
            "test.nomad:2,1-14: Unset variable \"dc\"; A used variable must be set or have a default "
            "value; give it one with -var, -var-file or NOMAD_VAR_dc.");
  const auto job = parse_good(text, {.variables = {{From::flag, "count", "4"},
                                                   {From::environment, "count", "5"},
                                                   {From::environment, "elsewhere", "5"},
                                                   {From::file, "a.hcl", "dc = \"east\""}}});
  EXPECT_EQ(job.task_groups.at(0).count, 4);
  EXPECT_EQ(job.datacenters.at(0), "east");
  EXPECT_EQ(job.meta.at("x"), "EAST!");
  EXPECT_NE(parse_error(text, {.variables = {{From::flag, "dc", "a"}, {From::flag, "count", "40"}}}).find("too many"),
            std::string::npos);
  EXPECT_NE(parse_error(text, {.variables = {{From::flag, "dc", "a"}, {From::flag, "cuont", "4"}}}).find("Undefined"),
            std::string::npos);
  EXPECT_NE(parse_error("locals { a = local.b  b = local.a }\n" + small_job("")).find("Circular"), std::string::npos);
}

TEST(ParseJob, WritesDynamicBlocksOut) {
  const auto job = parse_good(small_job("", R"(
network {
  dynamic "port" {
    for_each = ["a", "b"]
    labels   = [port.value]
    content { to = 80 + port.key }
  }
})"));
  ASSERT_EQ(job.task_groups.at(0).networks.at(0).dynamic_ports.size(), 2U);
  EXPECT_EQ(job.task_groups[0].networks[0].dynamic_ports[1].label, "b");
  EXPECT_EQ(job.task_groups[0].networks[0].dynamic_ports[1].to, 81);
}

TEST(ParseJob, NamesThePlaceOfWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {small_job("priorty = 3"),
       "test.nomad:2,1-8: Unsupported argument; An argument named \"priorty\" is not expected "
       "here. Did you mean \"priority\"?"},
      {small_job("", "netwrk {}"),
       "test.nomad:4,1-7: Unsupported block type; Blocks of type \"netwrk\" are not "
       "expected here. Did you mean \"network\"?"},
      {small_job("priority = \"high\""),
       "test.nomad:2,12-18: Incorrect attribute value type; Inappropriate value for "
       "attribute \"priority\": a whole number is required, but this is the string "
       "\"high\"."},
      {small_job("", "shutdown_delay = \"soon\""),
       "test.nomad:4,18-24: Incorrect attribute value type; Inappropriate value for attribute \"shutdown_delay\": a "
       "duration such as \"30s\" is required, but this is the string \"soon\"."},
      {small_job("", "restart {}\nrestart {}"),
       "test.nomad:5,1-8: Duplicate restart block; Only one restart block is "
       "allowed. Another was defined at test.nomad:4,1-8."},
      {"job \"a\" {}\njob \"b\" {}",
       "test.nomad:2,1-8: Duplicate job block; Only one job block is allowed. Another was "
       "defined at test.nomad:1,1-8."},
      {small_job("", "count = 99999999999"),
       "test.nomad:4,9-20: Incorrect attribute value type; Inappropriate value for "
       "attribute \"count\": a whole number that is not so large is required, but "
       "this is the number 99999999999."},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(parse_error(text), message);
}

TEST(ParseApiJson, FillsBlocksGivenInPart) {
  const auto job = core::jobspec::parse_api_json(R"({"Job": {"ID": "x", "type": "service", "Update": {"MaxParallel": 3},
    "TaskGroups": [{"Name": "g", "RestartPolicy": {"Attempts": 9}, "Update": {"Canary": 1},
      "Tasks": [{"Name": "t", "Driver": "exec", "RestartPolicy": {"Mode": "delay"}, "Resources": {"Cores": 2}}]}]}})");
  ASSERT_TRUE(job) << job.error();
  const auto& group = job->task_groups.at(0);
  EXPECT_EQ(group.update->max_parallel, 3);
  EXPECT_EQ(group.update->canary, 1);
  EXPECT_EQ(group.update->healthy_deadline, 5min);
  EXPECT_EQ(group.restart_policy->interval, 30min);
  EXPECT_EQ(group.tasks.at(0).restart_policy->attempts, 9);
  EXPECT_EQ(group.tasks.at(0).restart_policy->mode, "delay");
  EXPECT_EQ(group.tasks.at(0).resources->cpu, 0);
  EXPECT_EQ(core::jobspec::parse_api_json(R"({"Job": {"TaskGroups": [{"Count": "x"}]}})").error(),
            "Job.TaskGroups[0].Count: found \"x\", wanted a whole number");
  EXPECT_FALSE(core::jobspec::parse_api_json("[]"));
  EXPECT_FALSE(core::jobspec::parse_api_json("{"));
}

}  // namespace
