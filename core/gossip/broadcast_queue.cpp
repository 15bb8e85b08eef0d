#include "core/gossip/broadcast_queue.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/gossip/config.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {
namespace {

constexpr int slot_bits = 24;  // of an entry of a heap; the others are the number
constexpr std::uint64_t slot_mask = (1u << slot_bits) - 1;
constexpr std::size_t tolerated_replaced = 16;  // in a heap, besides as many as there are others

std::uint64_t entry_of(std::uint64_t number, std::uint32_t slot) { return number << slot_bits | slot; }

}  // namespace

// Largest first within a tier of those told equally often.
std::uint32_t BroadcastQueue::bucket_key(std::uint16_t sent, std::uint16_t bytes) {
  return std::uint32_t{sent} << 16 | static_cast<std::uint16_t>(~bytes);
}

std::uint16_t BroadcastQueue::bytes_of(std::uint32_t key) { return static_cast<std::uint16_t>(~key); }

void BroadcastQueue::queue(std::string bytes, Awaited awaited) { queue(std::move(bytes), nullptr, awaited); }

void BroadcastQueue::queue(std::string bytes, std::shared_ptr<const Identity> about, Awaited awaited) {
  // An accusation by somebody with a name of 64 KiB: no packet could carry it.
  if (bytes.size() > std::numeric_limits<std::uint16_t>::max()) return;
  Message message;
  message.replaces = about != nullptr;
  message.about = std::move(about);
  message.bytes = static_cast<std::uint16_t>(bytes.size());
  message.encoded = std::make_unique<const std::string>(std::move(bytes));
  message.awaited = awaited;
  put(std::move(message));
}

void BroadcastQueue::queue_alive(std::shared_ptr<const Identity> about, Incarnation incarnation, Awaited awaited) {
  Message message;
  message.kind = Message::Kind::alive;
  message.replaces = true;
  message.time = incarnation.value;
  message.bytes = static_cast<std::uint16_t>(about->alive.bytes(incarnation.value));
  message.about = std::move(about);
  message.awaited = awaited;
  put(std::move(message));
}

void BroadcastQueue::queue_join(std::shared_ptr<const Identity> about, LamportTime time) {
  Message message;
  message.kind = Message::Kind::join;
  message.time = time.value;
  message.bytes =
      static_cast<std::uint16_t>(wire::serf::encode(wire::serf::JoinIntent{time.value, about->name}).size());
  message.about = std::move(about);
  put(std::move(message));
}

void BroadcastQueue::put(Message message) {
  if (message.replaces)
    if (const auto old = by_subject_.find(message.about->name, message.about->digest, names())) {
      unfile(*old);
      erase(*old);
    }
  auto slot = static_cast<Slot>(messages_.size());
  if (free_.empty()) {
    check(slot <= slot_mask, "queues are bounded");
    messages_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  message.number = ++last_number_;
  if (message.replaces) by_subject_.insert(message.about->name, message.about->digest, slot, names());
  messages_[slot] = std::move(message);
  file(slot);
  ++size_;
}

void BroadcastQueue::file(Slot slot) {
  const Message& message = messages_[slot];
  Bucket& bucket = buckets_[bucket_key(message.sent, message.bytes)];
  bucket.heap.push_back(entry_of(message.number, slot));
  std::push_heap(bucket.heap.begin(), bucket.heap.end());
  ++bucket.live;
}

void BroadcastQueue::write(const Message& message, std::string& to) const {
  switch (message.kind) {
    case Message::Kind::encoded:
      to += *message.encoded;
      break;
    case Message::Kind::alive:
      message.about->alive.append(static_cast<std::uint32_t>(message.time), to);
      break;
    case Message::Kind::join:
      to += wire::serf::encode(wire::serf::JoinIntent{message.time, message.about->name});
      break;
  }
}

bool BroadcastQueue::is_live(std::uint64_t entry) const {
  return messages_[entry & slot_mask].number == entry >> slot_bits;
}

BroadcastQueue::Slot BroadcastQueue::pop(Bucket& bucket) {
  for (;;) {
    std::pop_heap(bucket.heap.begin(), bucket.heap.end());
    const std::uint64_t entry = bucket.heap.back();
    bucket.heap.pop_back();
    if (!is_live(entry)) continue;
    --bucket.live;
    return static_cast<Slot>(entry & slot_mask);
  }
}

void BroadcastQueue::tidy(Bucket& bucket) const {
  std::erase_if(bucket.heap, [this](std::uint64_t entry) { return !is_live(entry); });
  std::make_heap(bucket.heap.begin(), bucket.heap.end());
}

void BroadcastQueue::unfile(Slot slot) {
  Message& message = messages_[slot];
  message.number = 0;
  const auto at = buckets_.find(bucket_key(message.sent, message.bytes));
  Bucket& bucket = at->second;
  if (--bucket.live == 0)
    buckets_.erase(at);
  else if (bucket.heap.size() > 2 * bucket.live + tolerated_replaced)
    tidy(bucket);
}

void BroadcastQueue::erase(Slot slot) {
  Message& message = messages_[slot];
  if (message.replaces) by_subject_.erase(message.about->name, message.about->digest, names());
  message = {};
  if (--size_ > 0) return free_.push_back(slot);
  // What a pool that formed has left behind is not kept for ever.
  messages_.clear();
  messages_.shrink_to_fit();
  std::vector<Slot>().swap(free_);
  by_subject_.clear();
}

void BroadcastQueue::take(std::size_t& room, Wrapping wrapping, int limit, wire::serf::Compound& out,
                          std::vector<Awaited>& done, std::vector<std::size_t>* sizes) {
  std::vector<Slot> told;  // back in only afterwards, so that none is taken twice
  for (auto at = buckets_.begin(); at != buckets_.end() && out.parts() < wire::serf::max_compound_parts;) {
    const std::size_t bytes = bytes_of(at->first);
    if (bytes + wrapping.overhead > room) {
      if (room <= wrapping.overhead) break;
      // Sizes fall within a tier: straight to the first that fits.
      at = buckets_.lower_bound(bucket_key(static_cast<std::uint16_t>(at->first >> 16),
                                           static_cast<std::uint16_t>(room - wrapping.overhead)));
      continue;
    }
    const Slot slot = pop(at->second);
    if (at->second.live == 0) at = buckets_.erase(at);
    room -= bytes + wrapping.overhead;
    Message& message = messages_[slot];
    out.add_by([&](std::string& to) {
      if (wrapping.user) to += static_cast<char>(wire::serf::MessageType::user);
      write(message, to);
    });
    if (sizes != nullptr) sizes->push_back(bytes);
    ++message.sent;
    if (message.sent < limit && !base::mutant("M13")) {
      told.push_back(slot);
      continue;
    }
    if (message.awaited != Awaited::nobody) done.push_back(message.awaited);
    erase(slot);
  }
  for (const Slot slot : told) file(slot);
}

void BroadcastQueue::prune(std::size_t size) {
  while (size_ > size) {
    const std::uint32_t tier = buckets_.rbegin()->first >> 16;
    auto chosen = buckets_.end();
    std::size_t place = 0;
    for (auto at = buckets_.lower_bound(tier << 16); at != buckets_.end(); ++at) {
      Bucket& bucket = at->second;
      if (bucket.heap.size() != bucket.live) tidy(bucket);
      // The oldest of a heap is one of its leaves.
      const auto oldest = std::min_element(bucket.heap.begin() + static_cast<std::ptrdiff_t>(bucket.heap.size() / 2),
                                           bucket.heap.end());
      if (chosen != buckets_.end() && *oldest > chosen->second.heap[place]) continue;
      chosen = at;
      place = static_cast<std::size_t>(oldest - bucket.heap.begin());
    }
    std::vector<std::uint64_t>& heap = chosen->second.heap;
    const auto slot = static_cast<Slot>(heap[place] & slot_mask);
    heap[place] = heap.back();
    heap.pop_back();
    if (place < heap.size()) std::push_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    if (--chosen->second.live == 0) buckets_.erase(chosen);
    erase(slot);
  }
}

int retransmit_limit(int mult, std::size_t members) {
  int digits = 0;
  // ceil(log10(n + 1)) is the number of decimal digits of n.
  for (std::size_t n = members; n > 0; n /= 10) ++digits;
  return mult * digits;
}

void Broadcasts::take(std::size_t room, int state_limit, int serf_limit, wire::serf::Compound& out) {
  constexpr std::size_t part = wire::serf::compound_part_bytes;
  // Changes of members go first, but not so that users' messages wait for ever while a large pool is in motion
  // (memberlist#299): the largest one that is due keeps its place, if it fits into this packet at all.
  std::size_t kept = 0;
  for (const BroadcastQueue* queue : {&intents_, &queries_, &events_}) {
    const std::size_t next = queue->next_bytes() + part + 1;
    if (!queue->empty() && next <= room) kept = std::max(kept, next);
  }
  kept = std::min(kept, room / 4 * 3);
  std::size_t for_state = room - kept;
  state_.prune(max_members);
  state_.take(for_state, {part, false}, state_limit, out, done_);
  room = for_state + kept;
  for (BroadcastQueue* queue : {&intents_, &queries_, &events_}) {
    queue->prune(max_queued_broadcasts);
    queue->take(room, {part + 1, true}, serf_limit, out, done_, &sent_);
  }
}

std::vector<Awaited> Broadcasts::take_done() { return std::exchange(done_, {}); }

}  // namespace core::gossip
