// Jobs that the simulator registers itself. They place nothing, and are no part of the scenario.
#pragma once

#include <string_view>

namespace simulator {

/// The write that must go through at the end (HEAL).
inline constexpr std::string_view heal_job = "nomad-sim-heal";
/// A register is a job called this and a number, from 1 on.
inline constexpr std::string_view register_prefix = "register-";

}  // namespace simulator
