// Serf's memory of recent user events and queries, by which repeated ones are known
// (reference/gossip-wire.md, section 24).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/gossip/lamport.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {

/// 512 slots, of which only the used ones take memory.
class EventRing {
 public:
  enum class Verdict { fresh, seen, too_old, too_new };

  /// Witnesses the event's time, and remembers it.
  Verdict take_in(LamportTime time, const wire::serf::EventSlot::Entry& event);
  /// As a push/pull carries it: all slots, nil when unused.
  std::vector<std::optional<wire::serf::EventSlot>> slots() const;
  LamportTime time() const { return clock_.time(); }
  void witness(LamportTime seen) { clock_.witness(seen); }
  /// Events before this are not news to someone who joins.
  void ignore_before(LamportTime time);

 private:
  LamportClock clock_;
  LamportTime min_time_{0};
  std::map<std::size_t, wire::serf::EventSlot> slots_;
};

/// The same for queries, which are known by their id.
class QueryRing {
 public:
  /// True if the query is new here.
  bool take_in(LamportTime time, std::uint32_t id);
  LamportTime time() const { return clock_.time(); }
  void witness(LamportTime seen) { clock_.witness(seen); }
  /// Queries before this have had their time.
  void ignore_before(LamportTime time);

 private:
  struct Slot {
    LamportTime time;
    std::vector<std::uint32_t> ids;
  };
  LamportClock clock_;
  LamportTime min_time_{0};
  std::map<std::size_t, Slot> slots_;
};

}  // namespace core::gossip
