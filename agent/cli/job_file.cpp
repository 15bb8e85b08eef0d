#include "agent/cli/job_file.hpp"

#include <fmt/format.h>

#include "agent/cli/files.hpp"
#include "core/describe/json.hpp"
#include "core/jobspec/jobspec.hpp"

namespace agent::cli {
namespace {

using core::jobspec::VariableInput;

std::vector<VariableInput> inputs(Call& call, const JobFileFlags& flags) {
  constexpr std::string_view prefix = "NOMAD_VAR_";
  std::vector<VariableInput> out;
  for (const auto& [name, value] : call.io().environment) {
    if (name.starts_with(prefix)) out.push_back({VariableInput::From::environment, name.substr(prefix.size()), value});
  }
  out.insert(out.end(), flags.variables.begin(), flags.variables.end());
  return out;
}

}  // namespace

void JobFileFlags::add_to(config::Flags& flags) {
  using Taken = std::expected<void, std::string>;
  flags.add("json", json, "The file holds the JSON of the HTTP API rather than HCL.");
  flags.add("hcl2-strict", strict, "Refuse values for variables that the file does not declare. Default true.");
  flags.add("var", "name=value", "Sets a variable of the job file. May be given several times.",
            [this](std::string_view given) -> Taken {
              const auto equals = given.find('=');
              if (equals == std::string_view::npos || equals == 0) return std::unexpected("it is not name=value");
              variables.push_back({VariableInput::From::flag, std::string(given.substr(0, equals)),
                                   std::string(given.substr(equals + 1))});
              repeated += fmt::format("-var={} ", quoted(given));
              return {};
            });
  flags.add("var-file", "path", "A file of values for variables. May be given several times.",
            [this](std::string_view given) -> Taken {
              auto bytes = read_file({}, std::string(given), max_input_bytes);
              if (!bytes) return std::unexpected(bytes.error());
              variables.push_back({VariableInput::From::file, std::string(given), std::move(*bytes)});
              repeated += fmt::format("-var-file={} ", quoted(given));
              return {};
            });
}

std::expected<Json, std::string> read_job(Call& call, const std::string& path, const JobFileFlags& flags) {
  std::string bytes;
  if (path == "-") {
    bytes = call.io().read_all();
  } else {
    auto read = read_file(call.io(), path, max_input_bytes);
    if (!read) {
      return std::unexpected(fmt::format("Error getting jobfile from {}: source path error: stat {}: {}", quoted(path),
                                         path, read.error()));
    }
    bytes = std::move(*read);
  }
  if (flags.json) {
    auto value = parse_json(bytes);
    if (!value) return std::unexpected("Failed to parse JSON job: " + value.error());
    const Json& job = has(*value, "Job") ? at(*value, "Job") : *value;
    if (!job.is_object()) return std::unexpected("Failed to parse JSON job: it is no object");
    return job;
  }
  const auto name = path == "-" ? std::string("stdin") : path;
  auto job = core::jobspec::parse_job(bytes, name, {.variables = inputs(call, flags), .strict = flags.strict});
  if (!job) {
    return std::unexpected(fmt::format("Error parsing job file from {}:\n{}", path, core::hcl::one_line(job.error())));
  }
  return core::describe::to_json(*job);
}

}  // namespace agent::cli
