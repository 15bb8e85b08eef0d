// What can be done to a Raft cluster, as plain values: a test is a list of them, of any length, which shrinks.
//
// Every list is a valid run. Servers are numbers, taken modulo how many there are; what makes no sense at the moment
// (a crash of what is down) does nothing.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.hpp"

namespace simulator::property {

/// Time passes: messages arrive, disks answer, timers fire.
struct Pass {
  core::Duration time{};
};
/// Clients give so many commands to whoever leads: one by one, or together, as a server does that gathers them.
struct Propose {
  std::size_t count = 1;
  bool together = false;
};
/// The server's machine loses power: writes under way are lost, or the first few are not.
struct LosePower {
  std::size_t server = 0;
};
struct Restart {
  std::size_t server = 0;
};
/// Nothing passes from one to the other.
struct Cut {
  std::size_t from = 0;
  std::size_t to = 0;
};
/// Nothing passes to or from the server.
struct Isolate {
  std::size_t server = 0;
};
struct HealNetwork {};
/// The server is asked to hand its leadership over.
struct Transfer {
  std::size_t server = 0;
};
/// The leader is asked to change the configuration.
struct ChangeMember {
  enum class Change : std::uint8_t { add_voter, add_nonvoter, demote, remove };
  Change change = Change::add_voter;
  std::size_t server = 0;
};

/// The server takes a snapshot of what it has applied, and may let the log before it go.
struct TakeSnapshot {
  std::size_t server = 0;
};
/// A client asks the server for a linearizable read, whether it leads or not.
struct Read {
  std::size_t server = 0;
};

using RaftOperation = std::variant<Pass, Propose, LosePower, Restart, Cut, Isolate, HealNetwork, Transfer, ChangeMember,
                                   TakeSnapshot, Read>;
using RaftOperations = std::vector<RaftOperation>;

/// "n2 loses power"
std::string text(const RaftOperation& operation, std::size_t servers);

}  // namespace simulator::property
