// The machine's disk: one thread carries batches out in order, so that the agent's thread never waits for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "io-real/disk/disk.hpp"
#include "io-real/disk/files.hpp"

namespace io_real::disk {

class FileDisk final : public Disk {
 public:
  /// Opens `root`, making it and the folders above it when they are not there, and locks it: two agents in
  /// one data directory would destroy each other's log. The error is a sentence for the operator.
  static std::expected<std::unique_ptr<FileDisk>, std::string> open(const std::string& root, Report report);

  /// Carries out and answers all that is queued, then ends the thread.
  ~FileDisk() override;

  void carry_out(core::world::DiskBatch batch) override;
  void carry_out(core::world::ReadDirectory read) override;

 private:
  // Not bounded here: nothing may be dropped, and core bounds what it has outstanding.
  using Job = std::variant<core::world::DiskBatch, core::world::ReadDirectory>;

  FileDisk(Descriptor root, Report report);
  void push(Job job);
  void run();
  core::world::Event answer(const Job& job);

  Files files_;
  Report report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses all of the above
};

}  // namespace io_real::disk
