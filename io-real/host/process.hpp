// Processes of this machine: which one a number means, and signals that cannot go astray.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io-real/host/fd.hpp"

namespace io_real::host {

/// The id the kernel drew for this boot.
std::string boot_id();

/// When the process started, in clock ticks since boot; nothing when there is none, or only its zombie.
std::optional<std::uint64_t> start_ticks(pid_t pid);

/// The processes whose parent is `parent`, zombies included.
std::vector<pid_t> children_of(pid_t parent);

/// A descriptor that means this very process for ever, and is readable once it has ended. Empty when there is no
/// such process, or when it did not start at `ticks` and so is another one that was given its number.
Fd open_process(pid_t pid, std::uint64_t ticks);

/// The same for a child not waited for yet, whose number therefore cannot have been given away.
Fd open_child(pid_t pid);

/// Waits until the process of a descriptor has ended. False when `timeout_ms` went by first.
bool wait_for_end(const Fd& process, int timeout_ms);

/// Sends the order `value` to a supervisor (see supervise.hpp). False when it is gone.
bool queue_order(int supervisor, int value);

/// Clears the process away if it is an ended child of ours.
void reap(const Fd& process);

}  // namespace io_real::host
