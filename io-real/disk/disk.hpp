// Carries core's disk effects out. FileDisk does it on the machine's disk, MemoryDisk in memory (dev mode);
// both keep the contract of core/world/disk.hpp, and the same tests hold them to it.
#pragma once

#include <functional>

#include "core/world/world.hpp"

namespace io_real::disk {

/// Takes events in for the loop. May be called on any thread.
using Report = std::function<void(core::world::Event)>;

class Disk {
 public:
  virtual ~Disk() = default;
  /// Queues the batch. Answered by one DiskBatchDone; answers come in the order of the calls.
  virtual void carry_out(core::world::DiskBatch batch) = 0;
  /// Queues the read behind all earlier batches. Answered by one DirectoryRead.
  virtual void carry_out(core::world::ReadDirectory read) = 0;
};

}  // namespace io_real::disk
