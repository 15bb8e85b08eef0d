// The values a registered job has where its file said nothing (jobspec.md §6, §10).
#pragma once

#include <string_view>

#include "core/model/job.hpp"

namespace core::jobspec {

/// Fills in what is absent or empty. `region` and `name_space` are taken where the job names none; empty ones stand
/// for "global" and "default". Canonicalizing twice changes nothing.
void canonicalize(model::Job& job, std::string_view region = {}, std::string_view name_space = {});

/// Adds what the job's features ask of nodes (server-internals.md §16): Vault, signals, service discovery. Does
/// nothing the second time.
void add_implied_constraints(model::Job& job);

}  // namespace core::jobspec
