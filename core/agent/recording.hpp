// Recordings of an agent: everything it was told, with the hash of what it answered. Fed to the same agent again, they
// must give the same answers: `nomad agent -record FILE`, `nomad-sim replay FILE`.
//
// A life is one or more segments, a file each: "NOMADREC", then blocks. A block is its length and its CRC-32C (4 bytes
// each, big-endian), then so many bytes. The first block is the RecordingHeader; the others together are one zstd
// stream, flushed at the end of each, of frames:
//
//   length (varint, of what follows the next two numbers), what (0: event, 1: observed, 2: checkpoint, 3: chunk, 4:
//   entry) of an event: nanoseconds since the one before (varint), change of wall clock minus monotonic clock (zigzag
//   varint), 32 bits of the effects' hash, RecordedEvent
//
// What follows the last whole block is what the agent's death cut short. A life whose first segment is gone cannot be
// run again, as nothing can set a whole agent to where it was. Its server's state can be: each segment but the first
// begins with it (moment.hpp), and the entries that were committed since follow. Beside it, what was observed is
// checked.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent/agent.hpp"
#include "core/wire/protobuf/recording.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace core::agent {

/// What record of the effects is kept.
std::uint32_t short_hash(const world::Effects& effects);
/// How the agent's server looks; nothing without a server, or before it has read its disk.
std::optional<wire::Observed> observe(const Agent& agent);

/// Everything it takes to make the agent again.
wire::RecordingHeader make_header(const Config& config, std::uint64_t seed, std::uint64_t began_unix_ns);

/// A piece of a state, as snapshots have them.
struct Chunk {
  raft::Payload bytes;  // not null
};

/// Writes a segment, block by block.
class SegmentWriter {
 public:
  SegmentWriter();
  ~SegmentWriter();
  /// The file's first bytes: a new segment begins.
  std::string begin(const wire::RecordingHeader& header);
  void add(Now now, const world::Event& event, std::uint32_t effects_hash);
  void add(const wire::Observed& observed);
  void add(const wire::Checkpoint& checkpoint);
  void add(const Chunk& chunk);
  void add(const raft::Entry& entry);
  /// What was added since, as a block; empty when there was nothing.
  std::string finish_block();

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  void add(std::uint64_t what, std::string_view body);

  std::unique_ptr<ZSTD_CCtx_s, Free> zstd_;
  std::string raw_;
  std::int64_t instant_ = 0;
  std::int64_t shift_ = 0;
};

/// Reads a segment frame by frame.
class SegmentReader {
 public:
  struct Event {
    Now now;
    world::Event event;
    std::uint32_t effects_hash = 0;
  };
  using Frame = std::variant<Event, wire::Observed, wire::Checkpoint, Chunk, raft::Entry>;

  /// Keeps a view of `bytes`, which must outlive it.
  static std::expected<SegmentReader, std::string> open(std::string_view bytes);
  const wire::RecordingHeader& header() const { return header_; }
  const Config& config() const { return config_; }
  /// The next frame; nothing at the end. The error names the byte: the file was damaged there.
  std::expected<std::optional<Frame>, std::string> next();

  /// Blocks that unpack to more than this are refused.
  static constexpr std::size_t most_block_bytes = std::size_t{256} << 20;

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::expected<bool, std::string> read_block();
  bool take_times(std::string_view& rest, Event& out);

  std::string_view whole_;
  std::size_t offset_ = 0;
  wire::RecordingHeader header_;
  Config config_;
  std::unique_ptr<ZSTD_DCtx_s, Free> zstd_;
  std::string raw_;
  std::size_t at_ = 0;  // in raw_
  std::int64_t instant_ = 0;
  std::int64_t shift_ = 0;
};

/// How a replay went.
struct Replayed {
  std::uint64_t events = 0;
  std::uint64_t observations = 0;
  bool run_again = true;         // false: the beginning is gone; the state was followed, and what was observed
  std::uint64_t entries = 0;     // that went into the state; counted when it was followed
  std::uint64_t state_hash = 0;  // of the server's state at the end; 0 without a server
  std::uint64_t trace_hash = 0;  // over all events and effects
  /// The first event whose effects were others, or the first observation: its number from 1, and what differs.
  std::optional<std::string> divergence;
  std::string damage;  // where a segment could be read no further; empty: nowhere
};

/// Who looks on while a life is replayed.
class ReplayWatcher {
 public:
  virtual ~ReplayWatcher() = default;
  /// After the agent handled an event.
  virtual void handled(Now, const Agent&) {}
  /// Something that was recorded of it; `now` is that of the event before.
  virtual void observed(Now, const wire::Observed&) {}
  /// The state of a life whose beginning is gone, as it was after a committed entry.
  virtual void applied(Now, const raft::Entry&, const state::State&) {}
};

/// Feeds the segments of one life, in order, to a new agent. Computations run when their result was recorded. The error
/// is that of files that are no recording, or not of one life.
std::expected<Replayed, std::string> replay(const std::vector<std::string_view>& segments, ReplayWatcher* watcher);

}  // namespace core::agent
