// What a recording holds: a header, then every event of one agent's life, in order.
#pragma once

#include <cstdint>
#include <string>

#include <boost/describe/class.hpp>

#include "core/world/world.hpp"

namespace core::wire {

/// What it takes to make the same agent again.
struct RecordingHeader {
  std::uint32_t version = 1;  // of the recording's own format
  std::uint64_t seed = 0;     // of the agent's generator
  std::string config;         // JSON text
  std::string build;          // the version that recorded it
};
BOOST_DESCRIBE_STRUCT(RecordingHeader, (), (version, seed, config, build))

/// One call of Agent::handle(), and what came of it.
struct RecordedEvent {
  Now now;
  world::Event event;
  std::uint64_t effects_hash = 0;  // of the effects it answered with (core::describe::Hasher)
};
BOOST_DESCRIBE_STRUCT(RecordedEvent, (), (now, event, effects_hash))

}  // namespace core::wire
