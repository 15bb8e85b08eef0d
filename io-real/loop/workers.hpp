// Threads for core's long computations (Compute).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/world/world.hpp"

namespace io_real::loop {

/// How many computations may wait. Past it the caller runs them itself, which holds the agent back.
inline constexpr std::size_t max_waiting_computations = 1024;

class Workers {
 public:
  using Report = std::function<void(core::world::Event)>;

  /// `threads` 0: as many as there are cores.
  Workers(unsigned threads, Report report);
  /// Drops what waits, and joins what runs.
  ~Workers();

  /// Runs the work once, on some thread, and reports Computed.
  void carry_out(core::world::Compute compute);

 private:
  void run();

  Report report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<core::world::Compute> waiting_;  // guarded by mutex_
  bool stopping_ = false;                     // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace io_real::loop
