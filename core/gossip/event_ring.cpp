#include "core/gossip/event_ring.hpp"

#include <algorithm>

#include "core/gossip/config.hpp"

namespace core::gossip {
namespace {

constexpr std::size_t ring_size = wire::serf::event_slots;

bool fell_out(LamportTime time, LamportTime now) { return now.value > ring_size && time.value < now.value - ring_size; }

}  // namespace

EventRing::Verdict EventRing::take_in(LamportTime time, const wire::serf::EventSlot::Entry& event) {
  if (!clock_.may_be(time)) return Verdict::too_new;
  clock_.witness(time);
  if (time < min_time_) return Verdict::seen;
  if (fell_out(time, clock_.time())) return Verdict::too_old;
  wire::serf::EventSlot& slot = slots_[time.value % ring_size];
  if (slot.ltime == time.value) {
    if (std::find(slot.events.begin(), slot.events.end(), event) != slot.events.end()) return Verdict::seen;
    if (slot.events.size() >= max_events_per_slot) return Verdict::too_old;
  } else {
    slot = {time.value, {}};
  }
  slot.events.push_back(event);
  return Verdict::fresh;
}

std::vector<std::optional<wire::serf::EventSlot>> EventRing::slots() const {
  std::vector<std::optional<wire::serf::EventSlot>> slots(ring_size);
  for (const auto& [index, slot] : slots_) slots[index] = slot;
  return slots;
}

void EventRing::ignore_before(LamportTime time) { min_time_ = std::max(min_time_, time); }

void QueryRing::ignore_before(LamportTime time) { min_time_ = std::max(min_time_, time); }

bool QueryRing::take_in(LamportTime time, std::uint32_t id) {
  if (!clock_.may_be(time)) return false;
  clock_.witness(time);
  if (time < min_time_ || fell_out(time, clock_.time())) return false;
  Slot& slot = slots_[time.value % ring_size];
  if (slot.time != time) slot = {time, {}};
  if (std::find(slot.ids.begin(), slot.ids.end(), id) != slot.ids.end()) return false;
  if (slot.ids.size() >= max_events_per_slot) return false;
  slot.ids.push_back(id);
  return true;
}

}  // namespace core::gossip
