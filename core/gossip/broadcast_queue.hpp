// What is to be told to everybody, each message as often as the pool's size asks (SWIM §4.1;
// reference/gossip-wire.md, section 16).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/gossip/identity.hpp"
#include "core/gossip/ids.hpp"
#include "core/gossip/name_index.hpp"
#include "core/wire/serf/packet.hpp"

namespace core::gossip {

/// Who waits until a broadcast has been sent often enough.
enum class Awaited : std::uint8_t { nobody, leave_intent, own_death };

/// Messages least told go first; among equals the largest that fits, then the newest.
///
/// While a large pool forms, each of its members has thousands of messages to tell, so they are kept small: what is
/// told most, alives and joins, is encoded only when it goes.
class BroadcastQueue {
 public:
  /// Of nobody in particular: it replaces nothing. What is larger than any datagram is not taken.
  void queue(std::string bytes, Awaited awaited = Awaited::nobody);
  /// `about` is the member the message is of: it replaces the one of that name queued before.
  void queue(std::string bytes, std::shared_ptr<const Identity> about, Awaited awaited = Awaited::nobody);
  /// An alive message, which replaces the one queued before.
  void queue_alive(std::shared_ptr<const Identity> about, Incarnation incarnation, Awaited awaited = Awaited::nobody);
  /// A join intent of Serf's. It replaces nothing.
  void queue_join(std::shared_ptr<const Identity> about, LamportTime time);

  /// How the messages of a queue go into a packet.
  struct Wrapping {
    std::size_t overhead = 0;  ///< what each costs besides its own bytes
    bool user = false;         ///< they are Serf's, which memberlist carries as messages of its user's
  };
  /// Takes messages for one packet of `room` bytes into `out`, and their sizes into `sizes`, if given. A message told
  /// `limit` times leaves the queue; if it was awaited, its waiter goes into `done`.
  void take(std::size_t& room, Wrapping wrapping, int limit, wire::serf::Compound& out, std::vector<Awaited>& done,
            std::vector<std::size_t>* sizes = nullptr);
  /// Sheds the most told, of those the oldest, until `size` are left.
  void prune(std::size_t size);
  /// What the message whose turn it is takes in a packet; 0 without one.
  std::size_t next_bytes() const { return buckets_.empty() ? 0 : bytes_of(buckets_.begin()->first); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  struct Message {
    enum class Kind : std::uint8_t { encoded, alive, join };
    std::shared_ptr<const Identity> about;
    std::unique_ptr<const std::string> encoded;
    std::uint64_t number = 0;  // the order in which they came; 0: this slot is free
    std::uint64_t time = 0;    // an incarnation or a Lamport time
    std::uint16_t bytes = 0;
    std::uint16_t sent = 0;
    Kind kind = Kind::encoded;
    bool replaces = false;
    Awaited awaited = Awaited::nobody;
  };
  using Slot = std::uint32_t;
  /// Messages told equally often, of one size: a heap, the newest first. What was replaced meanwhile is passed over.
  struct Bucket {
    std::vector<std::uint64_t> heap;  // number and slot
    std::size_t live = 0;
  };
  using Buckets = std::map<std::uint32_t, Bucket>;  // by `bucket_key`

  static std::uint32_t bucket_key(std::uint16_t sent, std::uint16_t bytes);
  static std::uint16_t bytes_of(std::uint32_t key);
  void put(Message message);
  void file(Slot slot);
  void write(const Message& message, std::string& to) const;
  bool is_live(std::uint64_t entry) const;
  /// The newest of a bucket that has one, which is no longer in it.
  Slot pop(Bucket& bucket);
  /// Without those that were replaced.
  void tidy(Bucket& bucket) const;
  void unfile(Slot slot);
  void erase(Slot slot);
  auto names() const {
    return [this](std::uint32_t slot) -> std::string_view { return messages_[slot].about->name; };
  }

  std::deque<Message> messages_;
  std::vector<Slot> free_;
  Buckets buckets_;
  NameIndex by_subject_;
  std::size_t size_ = 0;
  std::uint64_t last_number_ = 0;
};

/// How often a message is told in a pool of `members`: RetransmitMult * ceil(log10(n + 1)).
int retransmit_limit(int mult, std::size_t members);

/// The queues of memberlist and of Serf, in the order in which they fill a packet.
class Broadcasts {
 public:
  BroadcastQueue& state() { return state_; }
  BroadcastQueue& intents() { return intents_; }
  BroadcastQueue& queries() { return queries_; }
  BroadcastQueue& events() { return events_; }
  const BroadcastQueue& state() const { return state_; }
  const BroadcastQueue& intents() const { return intents_; }
  const BroadcastQueue& queries() const { return queries_; }
  const BroadcastQueue& events() const { return events_; }

  /// Adds what fits into `room` bytes of a compound.
  void take(std::size_t room, int state_limit, int serf_limit, wire::serf::Compound& out);
  bool empty() const { return state_.empty() && intents_.empty() && queries_.empty() && events_.empty(); }
  /// Waiters whose broadcast is done, since the last call.
  std::vector<Awaited> take_done();
  /// How large the users' messages were that went, since the last call.
  std::vector<std::size_t> take_sent() { return std::exchange(sent_, {}); }

 private:
  BroadcastQueue state_;
  BroadcastQueue intents_;
  BroadcastQueue queries_;
  BroadcastQueue events_;
  std::vector<Awaited> done_;
  std::vector<std::size_t> sent_;
};

}  // namespace core::gossip
