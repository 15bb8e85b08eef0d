// Broken input is refused, never fatal; defaults settle.
#include <rapidcheck/gtest.h>

#include "core/describe/compare.hpp"
#include "tests/core/jobspec/support.hpp"

namespace {

std::string mutated(std::string text) {
  const auto edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto kind = *rc::gen::inRange(0, 3);
    if (kind == 0) {
      text.erase(at, *rc::gen::inRange<std::size_t>(1, 12));
    } else if (kind == 1) {
      static const std::vector<std::string> pieces{"{",    "}",          "\"",      "= 1",   "= [{}]", "${",
                                                   "null", "-1",         "\n",      "group", "task",   "true",
                                                   "= {}", "9999999999", "dynamic", "var.x"};
      text.insert(at, *rc::gen::elementOf(pieces));
    } else {
      text[at] = *rc::gen::inRange<char>(32, 126);
    }
    if (text.empty()) return text;
  }
  return text;
}

RC_GTEST_PROP(JobFiles, NoMutationIsFatal, ()) {
  static const std::vector<std::string> files{tests::vector_file("web.nomad"),
                                              std::string(core::jobspec::example_job(false)),
                                              tests::read_source("scenarios/jobs/web.nomad")};
  const std::string text = mutated(*rc::gen::elementOf(files));
  auto job = core::jobspec::parse_job(text, "m.nomad");
  if (!job) {
    RC_ASSERT(!core::hcl::one_line(job.error()).empty());
    return;
  }
  core::jobspec::canonicalize(*job);
  const auto before = *job;
  core::jobspec::canonicalize(*job);
  RC_ASSERT(core::describe::equal(before, *job));
  core::jobspec::validate(*job);
  RC_ASSERT(core::jobspec::diff(&before, &*job).type == "None");
}

RC_GTEST_PROP(JobJson, NoMutationIsFatal, ()) {
  static const std::string file = tests::http_body(tests::vector_file("parse.http"));
  auto job = core::jobspec::parse_api_json(mutated(file));
  if (!job) return;
  core::jobspec::canonicalize(*job);
  core::jobspec::validate(*job);
}

}  // namespace
