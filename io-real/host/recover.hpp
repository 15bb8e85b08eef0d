// Tasks that outlived the agent which started them: found again by their record, or ended.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "core/world/host.hpp"
#include "io-real/host/fd.hpp"

namespace io_real::host {

/// The task's supervisor is there, and so is the task.
struct StillRuns {
  core::world::TaskHandle handle;
  Fd supervisor;
};
using Recovered = std::variant<StillRuns, core::world::TaskExited, core::world::TaskLost>;

/// What has become of a task. A handle whose pid is 0 means whatever the record tells of: for an agent that was
/// killed between starting the task and writing its handle down.
Recovered recover(const std::filesystem::path& state_dir, const core::world::RecoverTask& task);

/// How a task ended whose supervisor has ended: TaskExited by its record, or TaskLost. In the second case whatever
/// is left of the task has been killed.
Recovered ending(const std::filesystem::path& state_dir, const core::world::TaskKey& key);

/// Ends the processes of a record, if there are any. False when they do not go.
bool end_leftover(const std::filesystem::path& record);

}  // namespace io_real::host
