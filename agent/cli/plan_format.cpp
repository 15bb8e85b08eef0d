#include "agent/cli/plan_format.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "agent/cli/placement.hpp"
#include "agent/cli/times.hpp"

namespace agent::cli {
namespace {

/// "+/- " before what is edited; its length aligns what has a shorter one.
std::string_view marker(const Json& diff) {
  const auto type = text(diff, "Type");
  if (type == "Added") return "+ ";
  if (type == "Deleted") return "- ";
  if (type == "Edited") return "+/- ";
  return "";
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

struct Widths {
  std::size_t field = 0, marker = 0;
  void see_marker(const Json& diff) { marker = std::max(marker, cli::marker(diff).size()); }
};

Widths widths(const Json& diff) {
  Widths out;
  for (const auto& field : items(diff, "Fields")) {
    out.see_marker(field);
    out.field = std::max(out.field, text(field, "Name").size());
  }
  for (const auto& object : items(diff, "Objects")) out.see_marker(object);
  return out;
}

class DiffPrinter {
 public:
  DiffPrinter(bool verbose, const Paint& paint) : verbose_(verbose), paint_(paint) {}

  std::string job(const Json& diff) const {
    auto out = painted_marker(diff) + paint_.bold("Job: " + quoted(text(diff, "ID"))) + "\n";
    auto width = widths(diff);
    for (const auto& group : items(diff, "TaskGroups")) width.see_marker(group);
    if (shows_fields(diff)) {
      if (const auto body = inside(diff, 0, width); !body.empty()) out += body + "\n";
    }
    for (const auto& each : items(diff, "TaskGroups")) {
      out += group(each, width.marker - marker(each).size()) + "\n";
    }
    return out;
  }

 private:
  // Objects nest no deeper than JSON may; see parse_json.
  bool shows_fields(const Json& diff) const { return verbose_ || text(diff, "Type") == "Edited"; }

  std::string painted_marker(const Json& diff) const {
    const auto mark = marker(diff);
    if (mark == "+ ") return paint_.green("+") + " ";
    if (mark == "- ") return paint_.red("-") + " ";
    if (mark == "+/- ") return paint_.yellow("+/-") + " ";
    return {};
  }

  std::string group(const Json& diff, std::size_t gap) const {
    auto out = painted_marker(diff) + spaces(gap) + paint_.bold("Task Group: " + quoted(text(diff, "Name")));
    std::vector<std::string> updates;
    for (const auto& [kind, count] : members(diff, "Updates")) {
      const auto words = fmt::format("{} {}", number(*count), kind);
      updates.push_back(kind == "create"                  ? paint_.green(words)
                        : kind == "destroy"               ? paint_.red(words)
                        : kind == "create/destroy update" ? paint_.yellow(words)
                                                          : words);
    }
    out += updates.empty() ? "\n" : " (" + join(updates, ", ") + ")\n";
    auto width = widths(diff);
    for (const auto& task : items(diff, "Tasks")) width.see_marker(task);
    const auto start = gap + 2;
    if (shows_fields(diff)) {
      if (const auto body = inside(diff, start, width); !body.empty()) out += body + "\n";
    }
    for (const auto& each : items(diff, "Tasks")) {
      out += task(each, start, width.marker - marker(each).size()) + "\n";
    }
    return out;
  }

  std::string task(const Json& diff, std::size_t start, std::size_t gap) const {
    auto out = spaces(start) + painted_marker(diff) + spaces(gap) + paint_.bold("Task: " + quoted(text(diff, "Name")));
    if (const auto notes = annotations(diff); !notes.empty()) out += " (" + notes + ")";
    const auto type = text(diff, "Type");
    if (type == "None" || ((type == "Added" || type == "Deleted") && !verbose_)) return out;
    return out + "\n" + inside(diff, start + 2, widths(diff));
  }

  std::string object(const Json& diff, std::size_t start, std::size_t gap) const {
    return spaces(start) + painted_marker(diff) + spaces(gap) + text(diff, "Name") + " {\n" +
           inside(diff, start + gap + 2, widths(diff)) + "\n" + spaces(start + marker(diff).size() + gap) + "}";
  }

  std::string field(const Json& diff, std::size_t start, std::size_t gap, std::size_t value_gap) const {
    auto out = spaces(start) + painted_marker(diff) + spaces(gap) + text(diff, "Name") + ": " + spaces(value_gap);
    const auto type = text(diff, "Type");
    if (type == "Deleted") {
      out += quoted(text(diff, "Old"));
    } else if (type == "Edited") {
      out += quoted(text(diff, "Old")) + " => " + quoted(text(diff, "New"));
    } else {
      out += quoted(text(diff, "New"));
    }
    if (const auto notes = annotations(diff); !notes.empty()) out += " (" + notes + ")";
    return out;
  }

  std::string inside(const Json& diff, std::size_t start, const Widths& width) const {
    std::vector<std::string> lines;
    for (const auto& each : items(diff, "Fields")) {
      lines.push_back(field(each, start, width.marker - marker(each).size(), width.field - text(each, "Name").size()));
    }
    for (const auto& each : items(diff, "Objects")) {
      lines.push_back(object(each, start, width.marker - marker(each).size()));
    }
    return join(lines, "\n");
  }

  std::string annotations(const Json& diff) const {
    std::vector<std::string> out;
    for (const auto& note : items(diff, "Annotations")) {
      const auto words = text(note);
      out.push_back(words == "forces create"    ? paint_.green(words)
                    : words == "forces destroy" ? paint_.red(words)
                                                : words);
    }
    return join(out, ", ");
  }

  bool verbose_;
  const Paint& paint_;
};

std::string without_end(std::string words, std::string_view end) {
  if (words.ends_with(end)) words.resize(words.size() - end.size());
  return words;
}

}  // namespace

std::string format_job_diff(const Json& diff, bool verbose, const Paint& paint) {
  return DiffPrinter(verbose, paint).job(diff);
}

std::string format_dry_run(const Json& plan, const Json& job, const Paint& paint) {
  std::string out;
  const Json* rolling = nullptr;
  for (const auto& eval : items(plan, "CreatedEvals")) {
    if (text(eval, "TriggeredBy") == "rolling-update") rolling = &eval;
  }
  const auto& failed = at(plan, "FailedTGAllocs");
  if (size(failed) == 0) {
    out = paint.green("- All tasks successfully allocated.") + "\n";
  } else {
    out = paint.yellow(text(job, "Type") == "system" ? "- WARNING: Failed to place allocations on all nodes."
                                                     : "- WARNING: Failed to place all allocations.") +
          "\n";
    for (const auto& group : format_failed_groups(failed, false, "    ")) out += "  " + group + "\n\n";
    if (!rolling) out = without_end(std::move(out), "\n");
  }
  if (rolling) {
    out += paint.green("- Rolling update, next evaluation will be in " + go_duration(number(*rolling, "Wait")) + ".") +
           "\n";
  }
  const auto next = parse_time(text(plan, "NextPeriodicLaunch"));
  if (next && !at(job, "ParameterizedJob").is_object()) {
    out += paint.green("- If submitted now, next periodic launch would be at " + format_time(*next) + ".") + "\n";
  }
  return without_end(std::move(out), "\n");
}

std::string format_modify_index(std::int64_t index, std::string_view flags, std::string_view path, const Paint& paint) {
  return paint.bold(fmt::format("Job Modify Index: {}", index)) +
         fmt::format(
             "\nTo submit the job with version verification run:\n\n"
             "nomad job run -check-index {} {}{}\n\n"
             "When running the job with the check-index flag, the job will only be run if the\n"
             "job modify index given matches the server-side version. If the index has\n"
             "changed, another user has modified the job and the plan's results are\n"
             "potentially invalid.",
             index, flags, path);
}

int plan_exit_code(const Json& plan) {
  for (const auto& [group, updates] : members(at(plan, {"Annotations", "DesiredTGUpdates"}))) {
    for (const auto* kind : {"Stop", "Place", "Migrate", "DestructiveUpdate", "Canary"}) {
      if (number(*updates, kind) > 0) return 1;
    }
  }
  return 0;
}

}  // namespace agent::cli
