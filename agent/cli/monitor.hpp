// Follows an evaluation until it has ended, telling what happens.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/call.hpp"

namespace agent::cli {

/// What has been told of one evaluation so far. Pure: states in, lines out.
class EvalMonitor {
 public:
  explicit EvalMonitor(bool verbose) : style_{.verbose = verbose} {}

  /// The lines about what is new in this evaluation and its allocations.
  std::vector<std::string> update(const Json& eval, const Json& allocs);
  /// Whether it has ended, and the lines that say how.
  static bool ended(const Json& eval);
  std::vector<std::string> conclude(const Json& eval) const;

 private:
  std::vector<std::string> update_allocs(const Json& allocs, std::int64_t eval_index);

  struct Told {
    std::string node, job, deployment;
    std::string status = "pending";
    std::map<std::string, std::string> allocs;  // client status by id
  };
  Style style_;
  Told told_;
};

/// Exit code: 0, 1 when it cannot be followed, 2 when allocations could not be placed.
int monitor_evaluation(Call& call, std::string id, bool verbose);

}  // namespace agent::cli
