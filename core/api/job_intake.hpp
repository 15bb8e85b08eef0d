// A job on its way in, and the answer once it is registered. The folder's own.
#pragma once

#include <string>

#include "core/api/call.hpp"

namespace core::api {

inline constexpr std::int64_t max_group_count = 50'000;

using WriteAnswer = std::function<Answer(std::uint64_t, const state::Applied&, const state::State&)>;

/// What a registration, an evaluation or a scaling answers: the evaluation, and the job's index as it is then.
WriteAnswer registered(std::string eval_id, std::string warnings, bool pretty);

}  // namespace core::api
