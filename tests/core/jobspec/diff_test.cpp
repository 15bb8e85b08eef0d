#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/describe/json.hpp"
#include "tests/core/jobspec/support.hpp"

namespace {

namespace json = boost::json;
using core::jobspec::diff;
using core::jobspec::JobDiff;
using core::model::Job;

Job canonical(const std::string& text) {
  Job job = tests::parse_good(text);
  core::jobspec::canonicalize(job);
  return job;
}

TEST(JobDiff, HasTheShapeOfNomadsPlan) {
  const Job before = canonical(tests::vector_file("web.nomad"));
  Job after = before;
  after.task_groups[0].count = 5;
  JobDiff ours = diff(&before, &after);
  core::jobspec::annotate(ours, {{"front", {.place = 2, .in_place_update = 3}}});
  const json::value theirs = json::parse(tests::http_body(tests::vector_file("plan.http")));
  EXPECT_EQ(json::serialize(json::parse(json::serialize(core::describe::to_json(ours)))),
            json::serialize(core::describe::to_json(*core::describe::from_json<JobDiff>(theirs.at("Diff")))));
  for (const auto& [name, value] : theirs.at("Diff").as_object())
    EXPECT_TRUE(core::describe::to_json(ours).as_object().contains(name)) << name;
}

TEST(JobDiff, NamesWhatChangedOfATask) {
  const Job before = canonical(tests::vector_file("web.nomad"));
  const Job after = canonical(tests::vector_file("web2.nomad"));
  JobDiff ours = diff(&before, &after);
  core::jobspec::annotate(ours, {{"front", {.ignore = 3, .place = 1}}});
  EXPECT_EQ(ours.type, "Edited");
  EXPECT_TRUE(ours.fields.empty());
  const auto& group = ours.task_groups.at(0);
  EXPECT_EQ(group.fields.at(0).name, "Count");
  EXPECT_EQ(group.fields.at(0).annotations.at(0), "forces create");
  EXPECT_EQ(group.updates.at("ignore"), 3U);
  const auto& task = group.tasks.at(0);
  ASSERT_EQ(task.fields.size(), 1U);
  EXPECT_EQ(task.fields[0].name, "Env[COLOR]");
  EXPECT_EQ(task.fields[0].old, "blue");
  EXPECT_EQ(task.fields[0].new_, "green");
  EXPECT_EQ(task.annotations.at(0), "forces create/destroy update");
}

TEST(JobDiff, AddsANewJobWhole) {
  const Job job = canonical(tests::vector_file("web.nomad"));
  JobDiff ours = diff(nullptr, &job);
  core::jobspec::annotate(ours, {});
  EXPECT_EQ(ours.type, "Added");
  EXPECT_EQ(ours.task_groups.at(0).type, "Added");
  EXPECT_EQ(ours.task_groups.at(0).tasks.at(0).annotations.at(0), "forces create");
  EXPECT_EQ(diff(&job, nullptr).type, "Deleted");
}

TEST(JobDiff, TellsObjectsApart) {
  Job before = canonical(
      tests::small_job("constraint { attribute = \"a\" value = \"1\" }", "service { name = \"s\" port = \"1\" }"));
  Job after = canonical(tests::small_job("constraint { attribute = \"a\" value = \"2\" }\ndatacenters = [\"x\"]",
                                         "service { name = \"s\" port = \"2\" }", "resources { cpu = 7 }"));
  const JobDiff ours = diff(&before, &after, false);
  ASSERT_EQ(ours.objects.size(), 3U);
  EXPECT_EQ(ours.objects[0].name, "Constraint");
  EXPECT_EQ(ours.objects[0].type, "Deleted");
  EXPECT_EQ(ours.objects[1].type, "Added");
  EXPECT_EQ(ours.objects[2].name, "Datacenters");
  const auto& group = ours.task_groups.at(0);
  ASSERT_EQ(group.objects.size(), 1U);
  EXPECT_EQ(group.objects[0].name, "Service");
  EXPECT_EQ(group.objects[0].type, "Edited");
  EXPECT_EQ(group.objects[0].fields.size(), 1U);
  EXPECT_EQ(group.tasks.at(0).objects.at(0).name, "Resources");
  EXPECT_EQ(group.tasks.at(0).objects.at(0).fields.at(0).new_, "7");
}

}  // namespace
