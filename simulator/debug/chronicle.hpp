// What has happened in a run so far: each event in brief, and which earlier event brought it about.
//
// A message is found by its bytes at the one who sent it, an answer of disk, host or worker by its token at its own
// node, a wake-up at the event before it, which set the deadline.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "io-sim/world.hpp"

namespace simulator::debug {

/// "append-entries term=2 ... from server-1": an event in words, an RPC message decoded.
std::string text_of(const core::world::Event& event);

struct Happening {
  io_sim::TrueTime at;
  io_sim::NodeId node = 0;
  std::uint32_t kind = 0;   // which alternative of world::Event
  std::uint64_t cause = 0;  // the number of an earlier event; 0: something outside
};

class Chronicle {
 public:
  void add(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
           const core::world::Effects& effects);

  /// Events count from 1.
  std::uint64_t size() const { return happenings_.size(); }
  const Happening& at(std::uint64_t number) const { return happenings_[number - 1]; }
  /// Empty when it was too long ago: texts are kept of the latest only.
  const std::string& text(std::uint64_t number) const;

 private:
  static constexpr std::size_t texts_kept = 4096;
  std::uint64_t cause_of(io_sim::NodeId node, const core::world::Event& event) const;
  void remember(io_sim::NodeId node, std::uint64_t number, const core::world::Effect& effect);

  std::vector<Happening> happenings_;
  std::vector<std::string> texts_;  // a ring
  std::unordered_map<std::uint64_t, std::uint64_t>
      sent_;  // what an effect will bring about, to its event; never walked
  std::unordered_map<std::uint64_t, std::uint64_t> last_;  // of a node
};

}  // namespace simulator::debug
