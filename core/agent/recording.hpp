// Recordings of an agent: everything it was told, with the hash of what it answered. Fed to the same agent
// again, they must give the same answers: `nomad agent -record FILE`, `nomad-sim replay FILE`.
//
// The file is frames: length (4 bytes, big-endian), protobuf. The first is the RecordingHeader, the others are
// RecordedEvents. A frame that is cut short at the end (the machine lost power) ends the recording.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/agent/agent.hpp"
#include "core/wire/protobuf/recording.hpp"

namespace core::agent {

/// The frame a recording begins with: all it takes to make the same agent again.
std::string record_header(const Config& config, std::uint64_t seed);
/// The frame of one call of handle().
std::string record_event(Now now, const world::Event& event, const world::Effects& effects);
/// What record_event() stores of the effects.
std::uint64_t hash_of_effects(const world::Effects& effects);

/// Reads a recording frame by frame.
class RecordingReader {
 public:
  /// Keeps a view of `bytes`, which must outlive it. The error names the byte.
  static std::expected<RecordingReader, std::string> open(std::string_view bytes);

  const Config& config() const { return config_; }
  std::uint64_t seed() const { return header_.seed; }
  const std::string& build() const { return header_.build; }
  /// The next event; nothing at the end.
  std::expected<std::optional<wire::RecordedEvent>, std::string> next();

 private:
  std::string_view whole_;
  std::size_t offset_ = 0;
  wire::RecordingHeader header_;
  Config config_;
};

/// How a replay went.
struct Replayed {
  std::uint64_t events = 0;
  std::uint64_t state_hash = 0;  // of the server's state at the end; 0 without a server
  std::uint64_t trace_hash = 0;  // over all events and effects
  /// The first event whose effects were others: its number from 1, what it was and both hashes.
  std::optional<std::string> divergence;
};

/// Feeds the recording to a new agent. Computations run when their result was recorded. The error is that of a
/// file that is no recording.
std::expected<Replayed, std::string> replay(std::string_view bytes);

}  // namespace core::agent
