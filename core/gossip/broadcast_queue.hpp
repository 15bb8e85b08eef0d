// What is to be told to everybody, each message as often as the pool's size asks (SWIM §4.1;
// reference/gossip-wire.md, section 16).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace core::gossip {

/// Who waits until a broadcast has been sent often enough.
enum class Awaited { nobody, leave_intent, own_death };

/// Messages least told go first; among equals the largest that fits, then the newest.
class BroadcastQueue {
 public:
  /// `about` names the member a message is of: a newer message replaces the one queued before. Empty: nothing is
  /// replaced.
  void queue(std::string bytes, std::string about = {}, Awaited awaited = Awaited::nobody);
  /// Takes messages for one packet of `room` bytes, each of which costs `overhead` besides its own, into `out`.
  /// A message told `limit` times leaves the queue; if it was awaited, its waiter goes into `done`.
  void take(std::size_t& room, std::size_t overhead, int limit, std::vector<std::string>& out,
            std::vector<Awaited>& done);
  /// Sheds the most told, of those the oldest, until `size` are left.
  void prune(std::size_t size);
  /// What the message whose turn it is takes in a packet; 0 without one.
  std::size_t next_bytes() const { return messages_.empty() ? 0 : messages_.begin()->first.bytes; }

  bool empty() const { return messages_.empty(); }
  std::size_t size() const { return messages_.size(); }

 private:
  struct Rank {
    int sent = 0;
    std::size_t bytes = 0;
    std::uint64_t number = 0;
    // Largest and newest first within a tier.
    friend std::strong_ordering operator<=>(const Rank& a, const Rank& b) {
      if (const auto c = a.sent <=> b.sent; c != 0) return c;
      if (const auto c = b.bytes <=> a.bytes; c != 0) return c;
      return b.number <=> a.number;
    }
  };
  struct Message {
    std::string bytes;
    std::string about;
    Awaited awaited = Awaited::nobody;
  };
  using Messages = std::map<Rank, Message>;
  void erase(Messages::iterator message);

  Messages messages_;
  std::map<std::string, Rank> by_subject_;
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

  /// What fits into `room` bytes of a compound, as encoded memberlist messages.
  std::vector<std::string> take(std::size_t room, int state_limit, int serf_limit);
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
