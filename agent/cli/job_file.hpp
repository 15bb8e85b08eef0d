// A job file to the JSON that the API takes.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "agent/cli/call.hpp"
#include "core/jobspec/variables.hpp"

namespace agent::cli {

/// The flags of every command that reads a job file.
struct JobFileFlags {
  bool json = false;                                    // the file is the API's JSON, not HCL
  bool strict = true;                                   // values for variables the file does not declare are errors
  std::vector<core::jobspec::VariableInput> variables;  // -var and -var-file in the order given
  std::string repeated;  // the same flags as typed, each with a space behind: `job plan` tells them

  void add_to(config::Flags& flags);
};

/// The job in the file at `path` ("-": standard input). The error is what stands behind
/// "Error getting job struct: ".
std::expected<Json, std::string> read_job(Call& call, const std::string& path, const JobFileFlags& flags);

}  // namespace agent::cli
