// What may happen next to a small cluster: the usual course, which costs nothing, and what is chosen instead of it or
// on top of it.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/describe/enum.hpp>

namespace simulator::explore {

enum class ChoiceKind : std::uint8_t {
  // The usual course: disks first, then messages, oldest first, until all is quiet.
  disk_done,  // a server's oldest write is on its disk
  arrive,     // the oldest message reaches its server
  // Choices.
  timer,           // a server's timer fires
  propose,         // a leader is given a command
  kill,            // a server's process ends: writes under way are lost; what it had sent still arrives, then the close
  lose_power,      // its machine loses power: what it had sent is lost too, and nobody is told
  start,           // it starts from what is on its disk
  lose,            // the oldest message is lost
  duplicate,       // it arrives, and once more later
  delay,           // it is held up, for as long as is liked
  arrive_late,     // one that was held up arrives
  slow_disk,       // a server's disk holds its writes up
  disk_catches_up  // and goes on
};
BOOST_DESCRIBE_ENUM(ChoiceKind, disk_done, arrive, timer, propose, kill, lose_power, start, lose, duplicate, delay,
                    arrive_late, slow_disk, disk_catches_up)

constexpr bool is_usual(ChoiceKind kind) { return kind <= ChoiceKind::arrive; }

struct Choice {
  ChoiceKind kind = ChoiceKind::arrive;
  std::uint8_t which = 0;  // the server; for arrive_late the place among the late messages
  friend bool operator==(const Choice&, const Choice&) = default;
};

/// How often something may be chosen along one path.
struct Budget {
  std::uint8_t kills = 0;
  std::uint8_t power_losses = 0;
  std::uint8_t proposals = 0;
  std::uint8_t losses = 0;
  std::uint8_t duplicates = 0;
  std::uint8_t delays = 0;  // delay, slow_disk, and timers that fire before all is quiet
};

}  // namespace simulator::explore
