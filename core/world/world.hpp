// All that can happen to an agent, and all it can do: one closed list each way.
#pragma once

#include <variant>
#include <vector>

#include "core/base/time.hpp"
#include "core/describe/type.hpp"
#include "core/world/disk.hpp"
#include "core/world/host.hpp"
#include "core/world/net.hpp"
#include "core/world/process.hpp"

namespace core::world {

/// What happened. The order of the alternatives is part of the recording format: add at the end only.
using Event = std::variant<Woken, DatagramReceived, StreamAccepted, StreamConnected, StreamReceived, StreamClosed,
                           NameResolved, DiskBatchDone, DirectoryRead, HostFingerprinted, AllocDirMade, TaskStarted,
                           TaskStartFailed, TaskExited, TaskLost, AllocFileRead, AllocDirListed, ApiRequested,
                           ApiCancelled, Signalled, Reloaded, Computed, ConnectionRefused>;

/// What to do, to be carried out in order.
using Effect = std::variant<SendDatagram, OpenStream, SendStream, CloseStream, ResolveName, DiskBatch, ReadDirectory,
                            FingerprintHost, MakeAllocDir, RemoveAllocDir, StartTask, RecoverTask, SignalTask, KillTask,
                            ReadAllocFile, ListAllocDir, ApiAnswered, ApiStreamed, Logged, Exited, Compute>;

using Effects = std::vector<Effect>;

}  // namespace core::world

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<world::Event>();
extern template const Type& type_of<world::Effect>();
}  // namespace core::describe
