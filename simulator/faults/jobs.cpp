// Jobs from real job files, by way of the operators' API; and what operators type.
#include <fmt/format.h>
#include <boost/json.hpp>

#include "simulator/faults/director.hpp"
#include "simulator/scenario/cli_words.hpp"

namespace simulator {

namespace json = boost::json;

std::string registration(const std::string& parsed, const std::string& id, const std::string& region,
                         std::optional<std::uint64_t> count, std::optional<std::uint64_t> memory_mb) {
  boost::system::error_code error;
  json::value job = json::parse(parsed, error);
  if (error || !job.is_object()) return "";
  json::object& fields = job.as_object();
  if (!region.empty()) fields["Region"] = region;
  if (!id.empty()) {
    fields["ID"] = id;
    fields["Name"] = id;
  }
  if (json::value* groups = fields.if_contains("TaskGroups"); groups != nullptr && groups->is_array()) {
    for (json::value& group : groups->as_array()) {
      if (!group.is_object()) continue;
      if (count) group.as_object()["Count"] = *count;
      json::value* tasks = group.as_object().if_contains("Tasks");
      if (!memory_mb || tasks == nullptr || !tasks->is_array()) continue;
      for (json::value& task : tasks->as_array()) {
        json::value* resources = task.is_object() ? task.as_object().if_contains("Resources") : nullptr;
        if (resources != nullptr && resources->is_object()) resources->as_object()["MemoryMB"] = *memory_mb;
      }
    }
  }
  return json::serialize(json::object{{"Job", std::move(job)}});
}

void Director::act(const Doing&, const RunJob& run) {
  std::string id = run.id;
  if (id.ends_with('*')) id = fmt::format("{}{}", id.substr(0, id.size() - 1), last_job_);
  const auto count = run.count ? std::optional(draw(rng_, *run.count)) : std::nullopt;
  const auto memory = run.memory_mb ? std::optional(draw(rng_, *run.memory_mb)) : std::nullopt;
  if (const auto known = parsed_.find(run.file); known != parsed_.end())
    return register_job(run, registration(known->second, id, run.region, count, memory));
  const json::object body{{"JobHCL", scenario_.files.at(run.file)}, {"Canonicalize", true}};
  operator_.request(
      "POST", "/v1/jobs/parse", json::serialize(body),
      [this, &run, id, count, memory](const Operator::Answer& answer) {
        if (answer.status == 0) return tell(fmt::format("nobody takes {}", run.file));
        if (answer.status != 200) {
          refuse(run, answer.body);
          return;
        }
        parsed_[run.file] = answer.body;
        register_job(run, registration(answer.body, id, run.region, count, memory));
      },
      cluster_.region(run.region));
}

void Director::refuse(const RunJob& run, const std::string& why) {
  scenario_error_ = fmt::format("{}:{}: found \"{}\", a job that the agent refuses ({}), wanted a valid one",
                                scenario_.line_of(run.place), run.place.column, run.file, why);
}

void Director::register_job(const RunJob& run, const std::string& body) {
  const auto done = [this, &run](const Operator::Answer& answer) {
    if (answer.status == 0) return tell(fmt::format("nobody takes {}", run.file));
    if (answer.status != 200) refuse(run, answer.body);
  };
  operator_.request("PUT", "/v1/jobs", body, done, cluster_.region(run.region));
}

void Director::act(const Doing&, const StopJob& stop) {
  operator_.request(
      "DELETE", fmt::format("/v1/job/{}{}", stop.id, stop.purge ? "?purge=true" : ""), "", [](const auto&) {},
      cluster_.region(stop.region));
}

void Director::act(const Doing&, const OperatorCommand& command) {
  Selector some;
  some.kind = Selector::Kind::random_servers;
  some.in = cluster_.regions().front();
  const std::vector<NodeId> who = those_up(command.on.empty() ? Selectors{some} : command.on);
  if (who.empty()) return tell(fmt::format("nobody is there to ask: nomad {}", command.words));
  tell(fmt::format("the operator types, at {}: nomad {}", cluster_.name(who.front()), command.words));
  command_line_.run(command.words, command.folder, who.front(), [this, &command](const CommandLine::Ended& ended) {
    std::string text = fmt::format("nomad {}: exit code {}", command.words, ended.exit);
    if (ended.exit != 0 && !ended.errors.empty()) text += fmt::format(" ({})", what_it_told(ended.errors));
    tell(text);
    if (!command.exit || over_) return;
    const auto exit = static_cast<std::uint64_t>(ended.exit);
    if (exit < command.exit->low || exit > command.exit->high)
      expectations_.fall(
          fmt::format("{}: {}; expected is {}", scenario_.line_of(command.place), text, command.exit->low));
  });
}

}  // namespace simulator
