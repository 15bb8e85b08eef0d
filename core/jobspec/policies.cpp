#include "core/jobspec/policies.hpp"

namespace core::jobspec {

model::RestartPolicy default_restart(std::string_view job_type) {
  const bool batch = job_type == "batch" || job_type == "sysbatch";
  return {.attempts = batch ? 3 : 2, .interval = batch ? 24h : Duration(30min), .delay = 15s, .mode = "fail"};
}

std::optional<model::ReschedulePolicy> default_reschedule(std::string_view job_type) {
  if (job_type == "service")
    return model::ReschedulePolicy{.delay = 30s, .delay_function = "exponential", .max_delay = 1h, .unlimited = true};
  if (job_type == "batch")
    return model::ReschedulePolicy{.attempts = 1, .interval = 24h, .delay = 5s, .delay_function = "constant"};
  if (job_type == "sysbatch") return model::ReschedulePolicy{};
  return std::nullopt;
}

model::UpdateStrategy default_update() {
  return {.stagger = 30s,
          .max_parallel = 1,
          .health_check = "checks",
          .min_healthy_time = 10s,
          .healthy_deadline = 5min,
          .progress_deadline = 10min};
}

model::MigrateStrategy default_migrate() {
  return {.max_parallel = 1, .health_check = "checks", .min_healthy_time = 10s, .healthy_deadline = 5min};
}

}  // namespace core::jobspec
