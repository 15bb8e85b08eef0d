#include "core/gossip/broadcast_queue.hpp"

#include <algorithm>
#include <utility>

#include "core/base/mutant.hpp"
#include "core/gossip/config.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/packet.hpp"

namespace core::gossip {

void BroadcastQueue::erase(Messages::iterator message) {
  if (!message->second.about.empty()) by_subject_.erase(message->second.about);
  messages_.erase(message);
}

void BroadcastQueue::queue(std::string bytes, std::string about, Awaited awaited) {
  if (!about.empty()) {
    const auto old = by_subject_.find(about);
    if (old != by_subject_.end()) messages_.erase(old->second);
  }
  const Rank rank{0, bytes.size(), ++last_number_};
  if (!about.empty()) by_subject_[about] = rank;
  messages_.emplace(rank, Message{std::move(bytes), std::move(about), awaited});
}

void BroadcastQueue::take(std::size_t& room, std::size_t overhead, int limit, std::vector<std::string>& out,
                          std::vector<Awaited>& done) {
  std::vector<std::pair<Rank, Message>> told;  // back in only afterwards, so that none is taken twice
  for (auto at = messages_.begin(); at != messages_.end() && out.size() + 1 < wire::serf::max_compound_parts;) {
    if (at->first.bytes + overhead > room) {
      if (room <= overhead) break;
      // Sizes fall within a tier: straight to the first that fits.
      const auto next = messages_.lower_bound(Rank{at->first.sent, room - overhead, ~std::uint64_t{0}});
      at = next == at ? std::next(at) : next;
      continue;
    }
    room -= at->first.bytes + overhead;
    out.push_back(at->second.bytes);
    auto message = messages_.extract(at++);
    Rank rank = message.key();
    ++rank.sent;
    if (rank.sent >= limit || base::mutant("M13")) {
      if (!message.mapped().about.empty()) by_subject_.erase(message.mapped().about);
      if (message.mapped().awaited != Awaited::nobody) done.push_back(message.mapped().awaited);
    } else {
      told.emplace_back(rank, std::move(message.mapped()));
    }
  }
  for (auto& [rank, message] : told) {
    if (!message.about.empty()) by_subject_[message.about] = rank;
    messages_.emplace(rank, std::move(message));
  }
}

void BroadcastQueue::prune(std::size_t size) {
  while (messages_.size() > size) {
    const auto most_told =
        messages_.lower_bound(Rank{messages_.rbegin()->first.sent, ~std::size_t{0}, ~std::uint64_t{0}});
    erase(std::min_element(most_told, messages_.end(),
                           [](const auto& a, const auto& b) { return a.first.number < b.first.number; }));
  }
}

int retransmit_limit(int mult, std::size_t members) {
  int digits = 0;
  // ceil(log10(n + 1)) is the number of decimal digits of n.
  for (std::size_t n = members; n > 0; n /= 10) ++digits;
  return mult * digits;
}

std::vector<std::string> Broadcasts::take(std::size_t room, int state_limit, int serf_limit) {
  constexpr std::size_t part = wire::serf::compound_part_bytes;
  // Changes of members go first, but not so that users' messages wait for ever while a large pool is in motion
  // (memberlist#299): the largest one that is due keeps its place.
  std::size_t kept = 0;
  for (const BroadcastQueue* queue : {&intents_, &queries_, &events_})
    if (!queue->empty()) kept = std::max(kept, queue->next_bytes() + part + 1);
  kept = std::min(kept, room / 4 * 3);
  std::vector<std::string> parts;
  std::size_t for_state = room - kept;
  state_.take(for_state, part, state_limit, parts, done_);
  room = for_state + kept;
  for (BroadcastQueue* queue : {&intents_, &queries_, &events_}) {
    queue->prune(max_queued_broadcasts);
    std::vector<std::string> messages;
    if (parts.size() + 1 >= wire::serf::max_compound_parts) break;
    queue->take(room, part + 1, serf_limit, messages, done_);
    for (std::string& bytes : messages)
      if (parts.size() + 1 < wire::serf::max_compound_parts) {
        sent_.push_back(bytes.size());
        parts.push_back(wire::serf::encode(wire::serf::User{std::move(bytes)}));
      }
  }
  return parts;
}

std::vector<Awaited> Broadcasts::take_done() { return std::exchange(done_, {}); }

}  // namespace core::gossip
