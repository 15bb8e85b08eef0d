// What the API asks of job specifications, behind one small door (jobspec.md).
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "core/model/plan.hpp"

namespace core::api {

/// A job as the API's JSON has it. The error names the place ("Job.TaskGroups[0].Count: ...").
std::expected<model::Job, std::string> job_of_json(const boost::json::value& value);

/// Fills in what was left out, as the server would have it.
void complete_job(model::Job& job);

struct Verdict {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};
Verdict judge_job(const model::Job& job);
/// As Go prints several errors: "2 errors occurred:\n\t* ...". Empty for none.
std::string errors_text(const std::vector<std::string>& errors);
std::string warnings_text(const std::vector<std::string>& warnings);

/// A job file; `variables` as in a variable file. The error has file, line and column.
std::expected<model::Job, std::string> job_of_text(const std::string& text, const std::string& variables);

/// JobDiff (http-api.md §2), with what the scheduler would do of a plan's `updates` by group. Either job may be null.
boost::json::value diff_json(const model::Job* before, const model::Job* after,
                             const std::map<std::string, model::DesiredUpdates>& updates = {});

}  // namespace core::api
