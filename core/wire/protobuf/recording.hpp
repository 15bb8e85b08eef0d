// What a recording holds: a header a segment, then every event of one agent's life, in order, now and then how the
// agent looked, and from the second segment on its server's state with what was committed since
// (core/agent/recording.hpp has the frames around them).
#pragma once

#include <cstdint>
#include <string>

#include <boost/describe/class.hpp>

#include "core/world/world.hpp"

namespace core::wire {

/// What it takes to make the same agent again.
struct RecordingHeader {
  std::uint32_t version = 3;  // of the recording's own format
  std::uint64_t seed = 0;     // of the agent's generator
  std::string config;         // JSON text
  std::string build;          // the version that recorded it
  std::uint32_t segment = 1;
  std::uint64_t first_event = 1;
  std::uint64_t began_unix_ns = 0;
};
BOOST_DESCRIBE_STRUCT(RecordingHeader, (), (version, seed, config, build, segment, first_event, began_unix_ns))

/// One event that Agent::handle() was given.
struct RecordedEvent {
  world::Event event;
};
BOOST_DESCRIBE_STRUCT(RecordedEvent, (), (event))

/// A server as it was after the event before.
struct Observed {
  std::uint64_t term = 0;
  bool leads = false;
  std::string id;
  std::uint64_t last_index = 0;
  std::uint64_t commit_index = 0;
  std::uint64_t commit_term = 0;  // of the entry at the commit index; 0: it is in a snapshot
  std::uint64_t applied = 0;
  std::uint64_t state_hash = 0;
  friend bool operator==(const Observed&, const Observed&) = default;
};
BOOST_DESCRIBE_STRUCT(Observed, (), (term, leads, id, last_index, commit_index, commit_term, applied, state_hash))

/// A server's state follows, in so many chunks (core/server/snapshots.hpp).
struct Checkpoint {
  std::uint64_t commit_index = 0;
  std::uint64_t state_hash = 0;
  std::uint64_t chunks = 0;
};
BOOST_DESCRIBE_STRUCT(Checkpoint, (), (commit_index, state_hash, chunks))

}  // namespace core::wire
