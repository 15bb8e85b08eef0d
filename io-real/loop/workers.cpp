#include "io-real/loop/workers.hpp"

#include <algorithm>
#include <utility>

#include "io-real/thread/signals_blocked.hpp"

namespace io_real::loop {
namespace world = core::world;

Workers::Workers(unsigned threads, Report report) : report_(std::move(report)) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  const thread::SignalsBlocked blocked;
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::carry_out(world::Compute compute) {
  {
    std::unique_lock lock(mutex_);
    if (waiting_.size() < max_waiting_computations) {
      waiting_.push_back(std::move(compute));
      lock.unlock();
      changed_.notify_one();
      return;
    }
  }
  compute.work->run();
  report_(world::Computed{compute.token});
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto compute = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    compute.work->run();
    report_(world::Computed{compute.token});
    // What the work owns is freed here, not under the lock.
    compute.work.reset();
    lock.lock();
  }
}

}  // namespace io_real::loop
