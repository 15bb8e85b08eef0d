// The supervisor: a small process of ours between the agent and one task, which outlives the agent. It is the agent's
// own program executed again with `__supervise`, in a session of its own.
//
// It writes the task's output to rotated files, waits for the task, ends what the task left behind, and records how it
// ended (task_record.hpp). It listens to one order only, a queued SIGRTMIN whose value is the signal for the task's
// process group; SIGKILL means all of the task's processes, wherever they have gone. Every other signal is blocked.
//
// Descriptor 0 holds its spec (a memory file), descriptor 1 is a pipe for its one StartReport. The task is let go
// only when the record is written and the agent still listens, so no task ever runs that no record tells of.
#pragma once

namespace io_real::host {

inline constexpr const char* supervise_argument = "__supervise";

/// What a program that makes a Host must call first thing in main() when argv[1] is `__supervise`, before anything
/// that costs memory, and return the result of.
int supervise_main(int argc, char** argv);

}  // namespace io_real::host
