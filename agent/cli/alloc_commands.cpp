// alloc status, alloc logs.
#include <algorithm>

#include <fmt/format.h>

#include "agent/cli/alloc_format.hpp"
#include "agent/cli/commands.hpp"
#include "agent/cli/lookup.hpp"

namespace agent::cli {
namespace {

int show(Call& call, const std::string& id, const AllocView& view, bool verbose) {
  auto alloc = call.api().get("/v1/allocation/" + url_escaped(id));
  if (!alloc) return call.fail("Error querying allocation: " + alloc.error().text);
  if (call.wants_format()) return call.print_formatted(*alloc);
  Json stats;
  if (!view.brief && text(*alloc, "ClientStatus") == "running") {
    auto answer = call.api().get("/v1/client/allocation/" + url_escaped(id) + "/stats");
    if (answer) {
      stats = std::move(*answer);
    } else if (answer.error().text.find("code: 501") == std::string::npos) {
      // An agent that measures no usage says so with 501: there is nothing to show then.
      call.error("Couldn't retrieve stats: " + answer.error().text);
    }
  }
  call.output(format_alloc(*alloc, stats, view, call.style(verbose)));
  return 0;
}

struct LogFlags {
  bool job = false, follow = false, tail = false, err = false, out = false, verbose = false;
  std::int64_t lines = -1, bytes = -1;
  std::string task;
};

constexpr std::int64_t default_tail_lines = 10;
constexpr std::int64_t max_tail_lines = 1'000'000;
constexpr std::int64_t bytes_a_line = 120;  // the guess by which a tail's lines become an offset, as in Nomad

std::string last_lines(std::string_view bytes, std::int64_t count) {
  auto from = bytes.size();
  if (from > 0 && bytes[from - 1] == '\n') --from;
  while (from > 0) {
    if (bytes[from - 1] == '\n' && --count <= 0) break;
    --from;
  }
  return std::string(bytes.substr(from));
}

/// An allocation of a job: a running one before others, the newest first.
std::expected<std::string, int> alloc_of_job(Call& call, const std::string& job) {
  auto allocs = call.api().get("/v1/job/" + url_escaped(job) + "/allocations");
  if (!allocs) return std::unexpected(call.fail("Error fetching allocations: " + allocs.error().text));
  const Json* best = nullptr;
  const auto rank = [](const Json& alloc) {
    return std::pair(text(alloc, "ClientStatus") == "running", number(alloc, "CreateIndex"));
  };
  for (const auto& alloc : items(*allocs)) {
    if (!best || rank(alloc) > rank(*best)) best = &alloc;
  }
  if (!best) {
    return std::unexpected(
        call.fail(fmt::format("Error fetching allocations: No allocations found for job {}", quoted(job))));
  }
  return text(*best, "ID");
}

/// The task that is meant, or the exit code after the choice has been shown.
std::expected<std::string, int> choose_task(Call& call, const Json& alloc, const std::string& wanted) {
  const auto tasks = task_names(alloc);
  if (wanted.empty() && tasks.size() == 1) return tasks[0];
  if (!wanted.empty() && std::ranges::find(tasks, wanted) != tasks.end()) return wanted;
  std::string list;
  for (const auto& task : tasks) list += "  * " + task + "\n";
  if (!wanted.empty()) {
    return std::unexpected(
        call.fail(fmt::format("Failed to validate task: Could not find task named: {}, found:\n{}", wanted, list)));
  }
  return std::unexpected(
      call.fail(fmt::format("Allocation {} is running the following tasks:\n{}\nPlease specify the task.",
                            quoted(limit(text(alloc, "ID"), short_id_length)), list)));
}

int read_log(Call& call, const std::string& alloc, const std::string& task, const LogFlags& flags) {
  const bool by_lines = flags.bytes < 0 && (flags.tail || flags.lines >= 0);
  const auto lines = flags.lines >= 0 ? flags.lines : default_tail_lines;
  Query query{{"task", task},      {"type", flags.err ? "stderr" : "stdout"},
              {"plain", "true"},   {"follow", flags.follow ? "true" : "false"},
              {"origin", "start"}, {"offset", "0"}};
  if (flags.bytes >= 0 || by_lines) {
    query["origin"] = "end";
    query["offset"] = std::to_string(by_lines ? lines * bytes_a_line : flags.bytes);
  }
  const auto path = "/v1/client/fs/logs/" + url_escaped(alloc);
  if (!flags.follow) {
    auto bytes = call.api().bytes(path, query);
    if (!bytes) return call.fail("Error reading file: " + bytes.error().text);
    if (by_lines && lines == 0) return 0;
    call.io().out(by_lines ? last_lines(*bytes, lines) : *bytes);
    return 0;
  }
  bool first = true;  // what is there already comes in one piece, and only its end is wanted
  auto done = call.api().stream(path, query, [&](std::string_view bytes) {
    call.io().out(first && by_lines ? last_lines(bytes, lines) : std::string(bytes));
    first = false;
    return true;
  });
  if (!done) return call.fail("Error reading file: " + done.error().text);
  return 0;
}

}  // namespace

int show_alloc(Call& call, const std::string& id, bool verbose) {
  const auto found = find_alloc(call, id);
  return found ? show(call, *found, {}, verbose) : found.error();
}

int alloc_status(Call& call) {
  AllocView view;
  bool verbose = false;
  call.flags.add("short", view.brief, "Show one line a task.");
  call.flags.add("stats", view.stats, "Show the use of resources in detail.");
  call.flags.add("verbose", verbose, "Show whole ids and more detail.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.empty() && call.wants_format()) {
    auto allocs = call.api().get("/v1/allocations");
    if (!allocs) return call.fail("Error querying allocations: " + allocs.error().text);
    return call.print_formatted(*allocs);
  }
  if (call.args.size() != 1) {
    return call.usage(
        "This command takes one of the following argument conditions:\n"
        " * A single <allocation>\n * No arguments, with output format specified");
  }
  const auto found = find_alloc(call, call.args[0]);
  return found ? show(call, *found, view, verbose) : found.error();
}

int alloc_logs(Call& call) {
  LogFlags flags;
  call.flags.add("job", flags.job, "The argument is a job: take one of its allocations.");
  call.flags.add("f", flags.follow, "Go on with what is written from now on.");
  call.flags.add("tail", flags.tail, "Show the end of the log only.");
  call.flags.add("stderr", flags.err, "Show what the task writes to stderr.");
  call.flags.add("stdout", flags.out, "Show what the task writes to stdout. This is the default.");
  call.flags.add("verbose", flags.verbose, "Show whole ids and more detail.");
  call.flags.add("n", flags.lines, "How many lines of the end to show. Default 10.");
  call.flags.add("c", flags.bytes, "How many bytes of the end to show.");
  call.flags.add("task", flags.task, "The task whose log to show.");
  if (!call.parse()) return call.exit();
  if (call.args.empty()) {
    return call.usage(flags.job ? "A job ID is required" : "An allocation ID is required");
  }
  if (call.args.size() > 2) return call.usage("This command takes one or two arguments: <allocation> [task]");
  if (flags.err && flags.out) return call.fail("Unable to support both stdout and stderr");
  if (flags.lines > max_tail_lines) return call.fail(fmt::format("-n is at most {}", max_tail_lines));
  if (flags.task.empty() && call.args.size() == 2) flags.task = call.args[1];
  auto id = flags.job ? alloc_of_job(call, call.args[0]) : find_alloc(call, call.args[0]);
  if (!id) return id.error();
  auto alloc = call.api().get("/v1/allocation/" + url_escaped(*id));
  if (!alloc) return call.fail("Error querying allocation: " + alloc.error().text);
  const auto task = choose_task(call, *alloc, flags.task);
  return task ? read_log(call, *id, *task, flags) : task.error();
}

}  // namespace agent::cli
