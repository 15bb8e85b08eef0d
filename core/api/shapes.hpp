// How the API shows the model's values: their JSON, with the fields that Nomad has beside ours, and the stubs
// of lists (http-api.md §11).
#pragma once

#include <boost/json/value.hpp>

#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"

namespace core::api {

boost::json::value job_json(const model::Job& job);
/// Null where there is no summary.
boost::json::value summary_json(const model::JobSummary* summary);
boost::json::value job_stub(const model::Job& job, const model::JobSummary* summary, bool with_meta);

/// Without its secret.
boost::json::value node_json(const model::Node& node);
boost::json::value node_stub(const model::Node& node, bool with_resources, bool with_os);

boost::json::value alloc_json(const model::Allocation& alloc);
boost::json::value alloc_stub(const model::Allocation& alloc, bool with_resources, bool with_task_states);

boost::json::value eval_json(const model::Evaluation& eval);
boost::json::value eval_stub(const model::Evaluation& eval);

}  // namespace core::api
