// What a member writes down so that a later life of it finds the pool again
// (reference/gossip-wire.md, section 27). Text, one fact a line, appended.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "core/gossip/lamport.hpp"
#include "core/gossip/turn.hpp"

namespace core::gossip {

/// What the file of an earlier life tells.
struct Recovered {
  std::map<std::string, Address> alive;
  LamportTime clock, event_clock, query_clock;  ///< the newest times seen; 0: none
  std::size_t unreadable = 0;                   ///< lines
};
/// Lines that cannot be read are passed over: the last one may be torn.
Recovered read_snapshot(std::string_view text, bool rejoin_after_leave);

struct SnapshotClocks {
  LamportTime clock, event_clock, query_clock;
};

class Snapshot {
 public:
  /// `text` is what the file holds.
  void start(Turn& turn, std::string_view text, const Recovered& recovered);
  void joined(const std::string& name, const Address& address);
  void gone(const std::string& name);
  /// Nothing is recorded after it. With `rejoin` those we knew stay known.
  void left(Turn& turn, bool rejoin);

  /// Takes down what has advanced, and hands on what is due.
  void tick(Turn& turn, const SnapshotClocks& seen);
  void arm(Instant now, const SnapshotClocks& seen);
  Instant deadline() const { return due_; }

 private:
  void flush(Turn& turn, bool sync);
  void compact(Turn& turn);
  std::string clock_lines(const SnapshotClocks& clocks) const;

  bool recording_ = false;
  std::map<std::string, Address> alive_;
  SnapshotClocks written_;
  std::string pending_;
  std::size_t bytes_ = 0;  // of the file
  Instant due_ = Instant::never();
};

}  // namespace core::gossip
