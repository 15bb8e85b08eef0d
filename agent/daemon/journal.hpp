// What `-record` writes, off the loop's thread: events go into a list, and a thread of its own packs and writes them.
//
// On the disk it is a ring of segments: FILE is the newest, FILE.1, FILE.2 and so on are the ones before it. Blocks are
// handed to the system whole, at least each `block_time`, so that a killed agent's recording can be read up to there.
// Nothing is synced: a recording does not outlive a power loss for certain.
//
// When a segment is full, the next one waits for the agent's moment (core/agent/moment.hpp), with which it begins.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "core/agent/moment.hpp"
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
  void add(core::raft::Entry entry);
  /// How the agent's server is after what was added last; nothing without a server.
  void add(std::optional<core::agent::Moment> moment);
  /// Whether a moment is wanted, so that the next segment can begin.
  bool wants_moment() const { return wants_moment_.load(std::memory_order_relaxed); }

  static constexpr std::chrono::milliseconds block_time{100};
  static constexpr std::size_t block_entries = 4096;  // a block is written sooner when there are so many
  static constexpr std::size_t segments = 8;          // a ring of them
  /// When so much waits to be written, the disk does not keep up, and the recording ends.
  static constexpr std::size_t most_waiting_bytes = std::size_t{64} << 20;

 private:
  using Item = std::variant<Entry, core::wire::Observed, core::raft::Entry, std::optional<core::agent::Moment>>;
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
  void write_items(std::vector<Item>& items);
  void take(Entry& entry);
  void take(core::wire::Observed& observed) { writer_.add(observed); }
  void take(core::raft::Entry& entry) { writer_.add(entry); }
  void take(std::optional<core::agent::Moment>& moment);
  bool begin_segment();
  void end_segment();
  void write(const std::string& bytes);
  void give_up(const std::string& why);
  std::string name_of(std::uint32_t segment) const;

  std::string path_;
  core::wire::RecordingHeader header_;
  Limits limits_;
  Say say_;

  std::atomic<bool> wants_moment_ = false;
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
  std::uint64_t moment_bytes_ = 0;  // of these
  std::chrono::steady_clock::time_point segment_began_;
  std::deque<Segment> older_;
  bool segment_ends_ = false;  // when the moment comes
  bool given_up_ = false;
  std::thread thread_;
};

}  // namespace agent::daemon
