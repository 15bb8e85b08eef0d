// The parts of validate(), each adding to a list of errors. A folder's own header.
#pragma once

#include <string>
#include <vector>

#include "core/model/job.hpp"

namespace core::jobspec::checks {

using Errors = std::vector<std::string>;

/// Adds "<prefix> validation failed: <list>" when there is something in the list.
void nest(Errors& out, const std::string& prefix, const Errors& inner);
bool has_null(std::string_view text);

void constraints(const std::vector<model::Constraint>& all, bool in_task, Errors& out);
void affinities(const std::vector<model::Affinity>& all, Errors& out);
void spreads(const std::vector<model::Spread>& all, Errors& out);

void restart(const model::RestartPolicy& policy, Errors& out);
void reschedule(const model::ReschedulePolicy& policy, Errors& out);
void update(const model::UpdateStrategy& update, Errors& out);
void migrate(const model::MigrateStrategy& migrate, Errors& out);
void periodic(const model::PeriodicConfig& periodic, Errors& out);

void networks(const model::TaskGroup& group, Errors& out);
void services(const model::TaskGroup& group, Errors& out);
void group(const model::TaskGroup& group, const model::Job& job, Errors& out);
void task(const model::Task& task, const model::TaskGroup& group, const model::Job& job, Errors& out);

}  // namespace core::jobspec::checks
