// job status, stop, inspect.
#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/job_format.hpp"
#include "agent/cli/lookup.hpp"
#include "agent/cli/monitor.hpp"

namespace agent::cli {
namespace {

struct StatusFlags {
  bool brief = false, evaluations = false, all_allocs = false, verbose = false;
};

std::string job_path(const std::string& id) { return "/v1/job/" + url_escaped(id); }

int show(Call& call, const std::string& id, const StatusFlags& flags) {
  auto job = call.api().get(job_path(id));
  if (!job) return call.fail("Error querying job: " + job.error().text);
  if (call.wants_format()) return call.print_formatted(*job);
  call.output(format_job_basics(*job));
  if (flags.brief) return 0;
  JobParts parts{.job = std::move(*job)};
  std::string failure;
  const auto read = [&](Json& into, const std::string& path, const char* what, const Query& query = {}) {
    auto answer = call.api().get(path, query);
    if (answer) {
      into = std::move(*answer);
    } else if (failure.empty()) {
      failure = fmt::format("Error querying {}: {}", what, answer.error().text);
    }
  };
  read(parts.summary, job_path(id) + "/summary", "job summary");
  if (at(parts.job, "Periodic").is_object() || at(parts.job, "ParameterizedJob").is_object()) {
    read(parts.children, "/v1/jobs", "job children", {{"prefix", id + "/"}});
  }
  const Query all = flags.all_allocs ? Query{{"all", "true"}} : Query{{"all", "false"}};
  read(parts.allocations, job_path(id) + "/allocations", "job allocations", all);
  read(parts.evaluations, job_path(id) + "/evaluations", "job evaluations");
  read(parts.deployment, job_path(id) + "/deployment", "latest job deployment");
  if (!failure.empty()) return call.fail(failure);
  call.output(format_job_parts(parts, flags.evaluations, call.style(flags.verbose)));
  return 0;
}

enum class Reply { yes, no, neither };

/// Only an exact `y` is yes.
Reply ask(Call& call, const std::string& question) {
  call.io().out(question + " ");
  const auto answer = call.io().read_line();
  if (!answer || answer->empty() || *answer == "n" || *answer == "N") {
    call.output("Cancelling job stop");
    return Reply::no;
  }
  if (*answer == "y") return Reply::yes;
  if (*answer == "Y") {
    call.output("For confirmation, an exact 'y' is required.");
  } else {
    call.output("No confirmation detected. For confirmation, an exact 'y' is required.");
  }
  return Reply::neither;
}

struct StopFlags {
  bool detach = false, purge = false, yes = false, verbose = false, global = false, no_shutdown_delay = false;
  std::int64_t priority = 0;
};

int stop(Call& call, const std::string& prefix, const StopFlags& flags) {
  const auto id = find_job(call, prefix, "finding jobs with prefix " + prefix);
  if (!id) return id.error();
  if (*id != prefix && !flags.yes) {
    switch (ask(call, fmt::format("Are you sure you want to stop job {}? [y/N]", quoted(*id)))) {
      case Reply::yes:
        break;
      case Reply::no:
        return 0;
      case Reply::neither:
        return 1;
    }
  }
  Query query{{"purge", flags.purge ? "true" : "false"}};
  if (flags.global) query["global"] = "true";
  if (flags.no_shutdown_delay) query["no_shutdown_delay"] = "true";
  if (flags.priority > 0) query["eval_priority"] = std::to_string(flags.priority);
  auto answer = call.api().remove(job_path(*id), query);
  if (!answer) return call.fail("Error deregistering job: " + answer.error().text);
  const auto eval = text(*answer, "EvalID");
  if (eval.empty()) return 0;
  if (flags.detach) {
    call.output(eval);
    return 0;
  }
  return monitor_evaluation(call, eval, flags.verbose);
}

}  // namespace

int list_jobs(Call& call) {
  auto jobs = call.api().get("/v1/jobs");
  if (!jobs) return call.fail("Error querying jobs: " + jobs.error().text);
  if (call.wants_format()) return call.print_formatted(*jobs);
  if (items(*jobs).empty()) {
    call.output("No running jobs");
    return 0;
  }
  call.output(format_jobs(*jobs, call.api().options().name_space == "*"));
  return 0;
}

int show_job(Call& call, const std::string& id, bool verbose) {
  const auto found = find_job(call, id, "querying job");
  return found ? show(call, *found, {.verbose = verbose}) : found.error();
}

int job_status(Call& call) {
  StatusFlags flags;
  call.flags.add("short", flags.brief, "Show the first block only.");
  call.flags.add("evals", flags.evaluations, "Show the evaluations of the job.");
  call.flags.add("all-allocs", flags.all_allocs, "Show allocations of earlier jobs of this name too.");
  call.flags.add("verbose", flags.verbose, "Show whole ids and more detail.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes either no arguments or one: <job>");
  if (call.args.empty()) return list_jobs(call);
  const auto found = find_job(call, trimmed(call.args[0]), "querying job");
  return found ? show(call, *found, flags) : found.error();
}

int job_stop(Call& call) {
  StopFlags flags;
  call.flags.add("detach", flags.detach, "Return at once, without following the evaluation.");
  call.flags.add("purge", flags.purge, "Remove the job at once, rather than leave it to garbage collection.");
  call.flags.add("yes", flags.yes, "Answer yes to the question.");
  call.flags.add("verbose", flags.verbose, "Show whole ids and more detail.");
  call.flags.add("global", flags.global, "Stop a job of many regions in all of them.");
  call.flags.add("no-shutdown-delay", flags.no_shutdown_delay,
                 "Do not wait for the shutdown delay of groups and tasks.");
  call.flags.add("eval-priority", flags.priority, "The priority of the evaluation this makes.");
  if (!call.parse()) return call.exit();
  if (call.args.empty()) return call.usage("This command takes at least one argument: <job>");
  int exit = 0;
  for (const auto& job : call.args) {
    if (const int code = stop(call, trimmed(job), flags); exit == 0) exit = code;
  }
  return exit;
}

int job_inspect(Call& call) {
  std::string wanted;
  call.flags.add("version", wanted, "Show this version of the job.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes either no arguments or one: <job>");
  if (call.args.empty()) {
    if (!call.wants_format()) return call.usage("This command takes one argument, or none with -json or -t");
    auto jobs = call.api().get("/v1/jobs");
    if (!jobs) return call.fail("Error querying jobs: " + jobs.error().text);
    return call.print_formatted(*jobs);
  }
  const auto id = find_job(call, trimmed(call.args[0]), "inspecting job");
  if (!id) return id.error();
  Json job;
  if (wanted.empty()) {
    auto answer = call.api().get(job_path(*id));
    if (!answer) return call.fail("Error inspecting job: " + answer.error().text);
    job = std::move(*answer);
  } else {
    auto versions = call.api().get(job_path(*id) + "/versions");
    if (!versions) return call.fail("Error inspecting job: " + versions.error().text);
    for (const auto& version : items(*versions, "Versions")) {
      if (std::to_string(number(version, "Version")) == wanted) job = version;
    }
    if (job.is_null())
      return call.fail(fmt::format("Error inspecting job: job {} with version {} couldn't be found", *id, wanted));
  }
  if (call.wants_format()) return call.print_formatted(job);
  boost::json::object shown;
  shown["Job"] = std::move(job);
  call.output(pretty(shown));
  return 0;
}

}  // namespace agent::cli
