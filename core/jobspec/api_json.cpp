#include "core/jobspec/api_json.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "core/describe/json.hpp"
#include "core/jobspec/policies.hpp"
#include "core/jobspec/reader.hpp"

namespace core::jobspec {
namespace {

namespace json = boost::json;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// The member by that name, in any case as the API reads them.
json::value* member(json::object& object, std::string_view name) {
  if (auto* exact = object.if_contains(name)) return exact;
  for (auto& item : object)
    if (same_name(item.key(), name)) return &item.value();
  return nullptr;
}

json::object* object_at(json::object& object, std::string_view name) {
  json::value* found = member(object, name);
  return found ? found->if_object() : nullptr;
}

std::string text_at(json::object& object, std::string_view name, std::string_view otherwise) {
  const json::value* found = member(object, name);
  return found && found->is_string() && !found->get_string().empty() ? std::string(found->get_string())
                                                                     : std::string(otherwise);
}

// What the object leaves out, from `defaults`; members are matched in any case.
void complete(json::object& object, const json::object& defaults) {
  for (const auto& [name, value] : defaults) {
    json::value* found = member(object, name);
    if (!found)
      object[name] = value;
    else if (found->is_null())
      *found = value;
  }
}

// The block under `name`, completed; made of the defaults alone when `create`.
void complete_block(json::object& holder, std::string_view name, const json::value& defaults, bool create) {
  json::value* found = member(holder, name);
  if (!found || found->is_null()) {
    if (!create) return;
    if (!found) found = &holder[name];
    *found = defaults;
  } else if (found->is_object()) {
    complete(found->get_object(), defaults.get_object());
  }
}

template <class Visit>
void for_each_object(json::object& holder, std::string_view name, const Visit& visit) {
  json::value* list = member(holder, name);
  if (!list || !list->is_array()) return;
  for (json::value& item : list->get_array())
    if (item.is_object()) visit(item.get_object());
}

void complete_services(json::object& holder) {
  const json::object grace{{"Grace", Duration(1s).count()}};
  for_each_object(holder, "Services", [&](json::object& service) {
    complete_block(service, "CheckRestart", grace, false);
    for_each_object(service, "Checks",
                    [&](json::object& check) { complete_block(check, "CheckRestart", grace, false); });
  });
}

void complete_task(json::object& task, const json::value& restart) {
  complete_block(task, "RestartPolicy", restart, true);
  for_each_object(task, "Templates", [](json::object& written) {
    complete(written, {{"Splay", Duration(5s).count()}});
    complete_block(written, "ChangeScript", json::object{{"Timeout", Duration(5s).count()}}, false);
  });
  // Cores take the place of a share of cpu.
  if (json::object* resources = object_at(task, "Resources")) {
    const json::value* cores = member(*resources, "Cores");
    if (cores && cores->is_int64() && cores->get_int64() > 0) complete(*resources, {{"CPU", 0}});
  }
  complete_services(task);
}

// Values that a job of one type gives its groups.
struct Inherited {
  json::value update;      // null: none
  json::value migrate;     // null: only what a group has itself
  json::value reschedule;  // null: none
  json::value restart;
  json::value migrate_defaults;
  json::value update_defaults;
};

void complete_group(json::object& group, const Inherited& job) {
  if (job.update.is_object())
    complete_block(group, "Update", job.update, true);
  else
    complete_block(group, "Update", job.update_defaults, false);
  if (job.migrate.is_object())
    complete_block(group, "Migrate", job.migrate, true);
  else
    complete_block(group, "Migrate", job.migrate_defaults, false);
  if (job.reschedule.is_object()) complete_block(group, "ReschedulePolicy", job.reschedule, true);
  complete_block(group, "RestartPolicy", job.restart, true);
  const json::value restart = *member(group, "RestartPolicy");
  for_each_object(group, "Tasks", [&](json::object& task) { complete_task(task, restart); });
  complete_services(group);
}

// `Reschedule` and `Migrate` of the job are the API client's; a Job keeps them in its groups.
json::value take_policy(json::object& job, std::string_view name, const json::value& defaults, bool create) {
  json::value out;
  json::value* found = member(job, name);
  if (found && found->is_object()) {
    complete(found->get_object(), defaults.is_object() ? defaults.get_object() : json::object{});
    out = *found;
  } else if (create) {
    out = defaults;
  }
  return out;
}

// A block that says nothing: what GET shows of a job without one, and clients send back (Go's UpdateStrategy.Empty).
bool says_nothing(const json::object& block) {
  return std::ranges::all_of(block, [](const auto& item) {
    const json::value& value = item.value();
    return value.is_null() || (value.is_bool() && !value.get_bool()) || (value.is_int64() && value.get_int64() == 0) ||
           (value.is_uint64() && value.get_uint64() == 0) || (value.is_string() && value.get_string().empty());
  });
}

void complete_job(json::object& job) {
  const std::string type = text_at(job, "Type", "service");
  const bool service = type == "service";
  Inherited inherited;
  inherited.update_defaults = describe::to_json(default_update());
  inherited.migrate_defaults = describe::to_json(default_migrate());
  inherited.restart = describe::to_json(default_restart(type));
  json::object* update = object_at(job, "Update");
  // Where updates are not allowed, an empty block of the job is not held against it.
  if (update && says_nothing(*update) && (type == "batch" || type == "sysbatch")) {
    *member(job, "Update") = nullptr;
    update = nullptr;
  }
  if (update || service) {
    complete_block(job, "Update", inherited.update_defaults, true);
    inherited.update = *member(job, "Update");
  }
  inherited.migrate = take_policy(job, "Migrate", inherited.migrate_defaults, service);
  const auto reschedule = default_reschedule(type);
  inherited.reschedule =
      take_policy(job, "Reschedule", reschedule ? describe::to_json(*reschedule) : json::value(), true);
  for_each_object(job, "TaskGroups", [&](json::object& group) { complete_group(group, inherited); });
}

}  // namespace

std::expected<model::Job, std::string> job_from_json(json::object job) {
  if (json::value* wrapped = member(job, "Job")) {
    if (!wrapped->is_object()) return std::unexpected("Job must be specified");
    json::object inner = std::move(wrapped->get_object());
    job = std::move(inner);
  }
  complete_job(job);
  // An unregistered job has no status: "" stands for it (http-api.md, parse).
  if (json::value* status = member(job, "Status"); status && *status == json::value("")) *status = nullptr;
  auto read = describe::from_json<model::Job>(job);
  if (!read) return std::unexpected(read.error().text());
  return std::move(*read);
}

std::expected<model::Job, std::string> parse_api_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = max_json_depth;
  boost::system::error_code error;
  json::value parsed = json::parse(text, error, {}, options);
  if (error) return std::unexpected(fmt::format("Failed to parse JSON job: {}", error.message()));
  if (!parsed.is_object()) return std::unexpected("Failed to parse JSON job: found no object");
  return job_from_json(std::move(parsed.get_object()));
}

}  // namespace core::jobspec
