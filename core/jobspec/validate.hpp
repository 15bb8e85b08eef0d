// What is wrong with a job, in Nomad's words (jobspec.md §9).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/job.hpp"

namespace core::jobspec {

/// Errors refuse the job, warnings go with it. A group's error holds a list of its own.
struct Validation {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;

  bool ok() const { return errors.empty(); }
  /// All errors as one text, as multi_error writes them; "" when there are none.
  std::string error_text() const;
};

struct ValidateLimits {
  std::int64_t max_count = 50'000;  // instances of all groups together: job_max_count of later Nomads
  std::int32_t max_priority = 100;  // the servers' job_max_priority
};

/// Checks a job that has been canonicalized.
Validation validate(const model::Job& job, const ValidateLimits& limits = {});

/// "2 errors occurred:\n\t* a\n\t* b\n\n": how Nomad's lists of errors print.
std::string multi_error(std::span<const std::string> errors);

}  // namespace core::jobspec
