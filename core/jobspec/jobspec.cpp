#include "core/jobspec/jobspec.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "core/jobspec/forms.hpp"
#include "core/jobspec/reader.hpp"

namespace core::jobspec {
namespace {

namespace json = boost::json;

std::shared_ptr<hcl::EvalContext> root_context(const hcl::Functions& functions, hcl::Budget& budget) {
  auto root = std::make_shared<hcl::EvalContext>();
  root->functions = &functions;
  root->budget = &budget;
  // As in Nomad, what is no variable is left for the task's own environment.
  root->runtime_roots = {"*"};
  root->variables["var"] = hcl::Value(hcl::Value::Object{});
  root->variables["local"] = hcl::Value(hcl::Value::Object{});
  return root;
}

void give_vault(json::value* tasks, const json::value& vault) {
  if (!tasks || !tasks->is_array()) return;
  for (json::value& task : tasks->get_array())
    if (!task.get_object().contains("Vault")) task.get_object()["Vault"] = vault;
}

// Short forms to the API's: tasks of the job become groups, vault blocks go to the tasks without one.
void spread_out(json::object& job) {
  if (const json::value* tasks = job.if_contains("Tasks")) {
    json::value& groups = job["TaskGroups"];
    if (!groups.is_array()) groups.emplace_array();
    for (const json::value& task : tasks->get_array())
      groups.get_array().push_back(
          json::object{{"Name", task.get_object().at("Name")}, {"Count", 1}, {"Tasks", json::array{task}}});
    job.erase("Tasks");
  }
  const json::value* vault = job.if_contains("Vault");
  if (json::value* groups = job.if_contains("TaskGroups"))
    for (json::value& item : groups->get_array()) {
      json::object& group = item.get_object();
      if (const json::value* own = group.if_contains("Vault")) {
        give_vault(group.if_contains("Tasks"), json::value(*own));
        group.erase("Vault");
      }
      if (vault) give_vault(group.if_contains("Tasks"), *vault);
      if (json::value* volumes = group.if_contains("Volumes"))
        for (auto& volume : volumes->get_object()) volume.value().get_object()["Name"] = volume.key();
      if (json::value* tasks = group.if_contains("Tasks"))
        for (json::value& task : tasks->get_array())
          if (json::value* policies = task.get_object().if_contains("ScalingPolicies"))
            for (json::value& policy : policies->get_array()) {
              json::value& type = policy.get_object()["Type"];
              type = "vertical_" + std::string(type.is_string() ? std::string_view(type.get_string()) : "");
            }
    }
  job.erase("Vault");
}

// The one job block of the file, or null and a diagnostic.
std::optional<hcl::Block> find_job(const hcl::Body& file, hcl::Diagnostics& out) {
  auto jobs = hcl::find_blocks(file, "job", 1, out);
  if (jobs.size() == 1) return std::move(jobs.front());
  if (jobs.size() > 1)
    report_error(
        out, jobs[1].header, "Duplicate job block",
        fmt::format("Only one job block is allowed. Another was defined at {}.", jobs.front().header.describe()));
  else if (!hcl::has_errors(out))
    report_error(out, file.end(), "Missing job block", "A job block is required.");
  return std::nullopt;
}

}  // namespace

std::expected<model::Job, hcl::Diagnostics> parse_job(std::string_view text, std::string_view file,
                                                      const ParseJobOptions& options) {
  hcl::ParseResult parsed = hcl::parse(std::string(file), std::string(text));
  hcl::Diagnostics out = std::move(parsed.diagnostics);
  if (hcl::has_errors(out)) return std::unexpected(std::move(out));

  hcl::Functions functions = hcl::standard_functions();
  if (options.functions)
    for (const auto& [name, function] : *options.functions) functions.insert_or_assign(name, function);
  hcl::Budget budget;
  const auto root = root_context(functions, budget);

  const hcl::Body& body = *parsed.file.body;
  hcl::report_unknown(body, {{}, {"job", "variable", "variables", "locals"}}, out);
  set_variables(body, options.variables, options.strict, *root, out);
  if (!hcl::has_errors(out)) set_locals(body, *root, out);
  if (hcl::has_errors(out)) return std::unexpected(std::move(out));

  const auto block = find_job(body, out);
  if (!block) return std::unexpected(std::move(out));
  BodyReader reader({job_key_rules(), job_forms()}, out);
  json::object job = reader.read_as<model::Job, JobInherited>(*block->body, root);
  if (hcl::has_errors(out)) return std::unexpected(std::move(out));
  if (!job.contains("ID")) job["ID"] = block->label();
  if (!job.contains("Name")) job["Name"] = job["ID"];
  spread_out(job);
  auto read = job_from_json(std::move(job));
  if (!read) {
    report_error(out, block->header, "Invalid job", read.error());
    return std::unexpected(std::move(out));
  }
  return std::move(*read);
}

}  // namespace core::jobspec
