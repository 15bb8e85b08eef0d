// A job in the JSON of the HTTP API to a Job, with what was left out of its blocks filled in.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "core/model/job.hpp"

namespace core::jobspec {

/// Nested brackets of a JSON job that are followed.
inline constexpr std::size_t max_json_depth = 64;

/// A job from the API's JSON object, `{"Job": {...}}` or the job itself. A block given in part gets the rest from the
/// job's defaults, as only here what was left out can be told from what was set to zero (jobspec.md §6). The error
/// names the place ("Job.TaskGroups[0].Count"), what was found and what was wanted.
std::expected<model::Job, std::string> job_from_json(boost::json::object job);

/// The same from text.
std::expected<model::Job, std::string> parse_api_json(std::string_view text);

}  // namespace core::jobspec
