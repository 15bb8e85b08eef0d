// job run, plan, validate, init.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/job_file.hpp"
#include "agent/cli/monitor.hpp"
#include "agent/cli/plan_format.hpp"
#include "core/jobspec/init.hpp"

namespace agent::cli {
namespace {

constexpr int plan_error = 255;  // 0 and 1 say whether there are changes

struct RunFlags {
  JobFileFlags file;
  bool detach = false, verbose = false, output = false, preserve_counts = false, policy_override = false;
  std::string check_index;
  std::int64_t eval_priority = 0;
};

void warn(Call& call, const std::string& warnings) {
  if (!warnings.empty()) call.output(call.paint().yellow("Job Warnings:\n" + warnings) + "\n");
}

/// What the job says of where it belongs goes before flags and environment.
void go_where_the_job_belongs(Call& call, const Json& job) {
  if (const auto region = text(job, "Region"); !region.empty() && region != "global")
    call.api().options().region = region;
  if (const auto name_space = text(job, "Namespace"); !name_space.empty() && name_space != "default") {
    call.api().options().name_space = name_space;
  }
}

std::expected<Json, int> registration(Call& call, const RunFlags& flags, Json job) {
  boost::json::object out;
  out["Job"] = std::move(job);
  if (!flags.check_index.empty()) {
    std::uint64_t index = 0;
    const auto* end = flags.check_index.data() + flags.check_index.size();
    const auto [stop, error] = std::from_chars(flags.check_index.data(), end, index);
    if (error != std::errc{} || stop != end) {
      return std::unexpected(
          call.fail("Error parsing check-index value " + quoted(flags.check_index) + ": it is no number"));
    }
    out["EnforceIndex"] = true;
    out["JobModifyIndex"] = index;
  }
  if (flags.preserve_counts) out["PreserveCounts"] = true;
  if (flags.policy_override) out["PolicyOverride"] = true;
  if (flags.eval_priority > 0) out["EvalPriority"] = flags.eval_priority;
  return out;
}

int registration_failed(Call& call, const ApiError& error) {
  const auto start = error.text.find("Enforcing job modify index");
  if (start == std::string::npos) return call.fail("Error submitting job: " + error.text);
  auto why = error.text.substr(start);
  if (why.ends_with(')')) why.pop_back();
  call.error(why);
  return call.fail("Job not updated");
}

int write_example(Call& call, const std::string& path, std::string_view words) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0 && errno == EEXIST) return call.fail("Job '" + path + "' already exists");
  if (file < 0) return call.fail(fmt::format("Failed to write '{}': {}", path, std::strerror(errno)));
  bool written = true;
  while (written && !words.empty()) {
    const auto count = write(file, words.data(), words.size());
    written = count > 0;
    if (written) words.remove_prefix(static_cast<std::size_t>(count));
  }
  if (close(file) != 0 || !written) return call.fail(fmt::format("Failed to write '{}'", path));
  call.output("Example job file written to " + path);
  return 0;
}

}  // namespace

int job_run(Call& call) {
  RunFlags flags;
  flags.file.add_to(call.flags);
  call.flags
      .add("check-index", flags.check_index, "Register only if the job's modify index is this; 0 for a new job.",
           "index")
      .add("detach", flags.detach, "Return at once, without following the evaluation.")
      .add("output", flags.output, "Print the job as JSON and register nothing.")
      .add("eval-priority", flags.eval_priority, "The priority of the evaluation this makes.")
      .add("policy-override", flags.policy_override, "Override soft policies.")
      .add("preserve-counts", flags.preserve_counts, "Keep the counts the job's groups have now.")
      .add("verbose", flags.verbose, "Show whole ids.");
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <path>");
  auto job = read_job(call, call.args[0], flags.file);
  if (!job) return call.fail("Error getting job struct: " + job.error());
  go_where_the_job_belongs(call, *job);
  const bool followed = !flags.detach && !at(*job, "Periodic").is_object() && !at(*job, "ParameterizedJob").is_object();
  const auto body = registration(call, flags, std::move(*job));
  if (!body) return body.error();
  if (flags.output) {
    boost::json::object shown;
    shown["Job"] = at(*body, "Job");
    call.output(pretty(shown));
    return 0;
  }
  auto answer = call.api().put("/v1/jobs", {}, &*body);
  if (!answer) return registration_failed(call, answer.error());
  warn(call, text(*answer, "Warnings"));
  const auto eval = text(*answer, "EvalID");
  if (followed && !eval.empty()) return monitor_evaluation(call, eval, flags.verbose);
  call.output("Job registration successful");
  if (!eval.empty()) call.output("Evaluation ID: " + eval);
  return 0;
}

int job_plan(Call& call) {
  JobFileFlags file;
  bool diff = true, verbose = false, policy_override = false;
  file.add_to(call.flags);
  call.flags.add("diff", diff, "Show how the job differs from the registered one. Default true.")
      .add("policy-override", policy_override, "Override soft policies.")
      .add("verbose", verbose, "Show fields that do not change too.");
  const auto failed = [](int code) { return code == 0 ? 0 : plan_error; };
  if (!call.parse()) return failed(call.exit());
  if (call.args.size() != 1) return failed(call.usage("This command takes one argument: <path>"));
  auto job = read_job(call, call.args[0], file);
  if (!job) return failed(call.fail("Error getting job struct: " + job.error()));
  go_where_the_job_belongs(call, *job);
  boost::json::object question;
  question["Job"] = *job;
  question["Diff"] = diff;
  question["PolicyOverride"] = policy_override;
  const Json body = question;
  auto plan = call.api().put("/v1/job/" + url_escaped(text(*job, "ID")) + "/plan", {}, &body);
  if (!plan) return failed(call.fail("Error during plan: " + plan.error().text));
  const auto& paint = call.paint();
  if (const auto& found = at(*plan, "Diff"); diff && found.is_object()) {
    call.output(trimmed(format_job_diff(found, verbose, paint)) + "\n");
  }
  call.output(paint.bold("Scheduler dry-run:"));
  call.output(format_dry_run(*plan, *job, paint) + "\n");
  warn(call, text(*plan, "Warnings"));
  call.output(format_modify_index(number(*plan, "JobModifyIndex"), file.repeated, call.args[0], paint));
  return plan_exit_code(*plan);
}

int job_validate(Call& call) {
  JobFileFlags file;
  file.add_to(call.flags);
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <path>");
  auto job = read_job(call, call.args[0], file);
  if (!job) return call.fail("Error getting job struct: " + job.error());
  go_where_the_job_belongs(call, *job);
  boost::json::object question;
  question["Job"] = std::move(*job);
  const Json body = question;
  auto answer = call.api().put("/v1/validate/job", {}, &body);
  if (!answer) return call.fail("Error validating job: " + answer.error().text);
  if (!truth(*answer, "DriverConfigValidated")) {
    call.output(call.paint().yellow(
                    "Driver configuration not validated since connection to Nomad agent couldn't be established.") +
                "\n");
  }
  if (const auto error = text(*answer, "Error"); !error.empty()) {
    call.error("Job validation errors:");
    return call.fail(error);
  }
  warn(call, text(*answer, "Warnings"));
  call.output(call.paint().green("Job validation successful"));
  return 0;
}

int job_init(Call& call) {
  bool brief = false;
  call.flags.add("short", brief, "Write the file without its explanations.");
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes no arguments or one: <filename>");
  return write_example(call, call.args.empty() ? "example.nomad.hcl" : call.args[0], core::jobspec::example_job(brief));
}

}  // namespace agent::cli
