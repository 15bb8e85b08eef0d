// What `-record` writes, off the loop's thread: events go into a list, and a thread of its own packs and writes them.
//
// On the disk it is a ring of segments: FILE is the newest, FILE.1, FILE.2 and so on are the ones before it. Blocks are
// handed to the system whole, at least each `block_time`, so that a killed agent's recording can be read up to there.
// Nothing is synced: a recording does not outlive a power loss for certain.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "core/agent/recording.hpp"

namespace agent::daemon {

/// Shows the operator a line, without waiting for whoever reads it.
using Say = std::function<void(std::string_view line)>;

class Journal {
 public:
  struct Limits {
    std::uint64_t bytes = std::uint64_t{1} << 30;
    std::chrono::minutes minutes{0};  // 0: no limit
  };
  struct Entry {
    core::Now now;
    core::world::Event event;
    std::uint32_t effects_hash = 0;
  };

  /// A recording that an earlier life left at `path` is kept as PATH.prev; one that was there already goes. Should it
  /// have to end early, `say` tells the operator, from the journal's thread.
  static std::expected<std::unique_ptr<Journal>, std::string> open(std::string path, core::wire::RecordingHeader header,
                                                                   Limits limits, Say say);
  /// Writes what is left.
  ~Journal();

  /// From one thread, in order.
  void add(Entry entry, std::size_t weight);
  void add(core::wire::Observed observed);

  static constexpr std::chrono::milliseconds block_time{100};
  static constexpr std::size_t block_entries = 4096;  // a block is written sooner when there are so many
  static constexpr std::size_t segments = 8;          // a ring of them
  /// When so much waits to be written, the disk does not keep up, and the recording ends.
  static constexpr std::size_t most_waiting_bytes = std::size_t{64} << 20;

 private:
  using Item = std::variant<Entry, core::wire::Observed>;
  struct Close {
    void operator()(std::FILE* file) const;
  };
  struct Segment {
    std::uint32_t number;
    std::uint64_t bytes;
    std::chrono::steady_clock::time_point ended;
  };

  Journal(std::string path, core::wire::RecordingHeader header, Limits limits, Say say);
  void work();
  void write_block(const std::vector<Item>& items);
  bool begin_segment();
  void end_segment();
  void write(const std::string& bytes);
  void give_up(const std::string& why);
  std::string name_of(std::uint32_t segment) const;

  std::string path_;
  core::wire::RecordingHeader header_;
  Limits limits_;
  Say say_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> waiting_;      // guarded by mutex_
  std::size_t waiting_bytes_ = 0;  // guarded by mutex_
  bool ended_ = false;             // guarded by mutex_
  bool overrun_ = false;           // guarded by mutex_

  // The writer's own.
  core::agent::SegmentWriter writer_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t segment_bytes_ = 0;
  std::chrono::steady_clock::time_point segment_began_;
  std::deque<Segment> older_;
  bool given_up_ = false;
  std::thread thread_;
};

}  // namespace agent::daemon
