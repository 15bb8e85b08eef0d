// A pool of gossip members in one process, and nothing else: the least that can carry their datagrams and streams.
// For the experiments in pools.cpp, with thousands of members.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/gossip/gossip.hpp"

namespace benchmarks {

using core::Duration;
using core::Instant;

class Pool {
 public:
  struct Settings {
    std::size_t members = 5;
    std::uint64_t seed = 1;
    core::gossip::Profile profile = core::gossip::Profile::lan();
    Duration latency_min{200'000};
    Duration latency_max{1'000'000};
    bool compress = false;  // costs time, and changes nothing that is measured here but bytes of push/pulls
    bool coordinates = true;
  };
  /// What one member said of another.
  struct Verdict {
    Instant at;
    std::uint32_t by = 0;
    std::uint32_t about = 0;
    enum class What { joined, failed, left } what = What::joined;
  };
  /// Share of what goes from one member to another that is lost; streams fail with it.
  using Loss = std::function<double(std::size_t from, std::size_t to)>;

  explicit Pool(Settings settings);

  /// All start within `ramp`, each joining one that is there already, drawn at random.
  void form(Duration ramp);
  void start(std::size_t member);
  void kill(std::size_t member);
  /// Until then it neither sends nor receives, while its timers go on, as in Lifeguard's experiments: what comes, and
  /// what it sends, waits.
  void stall(std::size_t member, Duration time);
  void run_for(Duration time);
  /// Runs until `done`, looked at every `step`; false if that took longer than `patience`.
  bool run_until(const std::function<bool()>& done, Duration step, Duration patience);

  bool is_up(std::size_t member) const { return members_[member].gossip != nullptr; }
  std::size_t size() const { return members_.size(); }
  /// How many members that are up see this one as `status`.
  std::size_t seen_as(std::size_t member, core::gossip::MemberStatus status) const;
  bool all_see_all() const;

  Loss loss = nullptr;
  std::function<void(const Verdict&)> on_verdict = nullptr;
  Instant now;
  struct Traffic {
    std::uint64_t datagrams = 0;
    std::uint64_t datagram_bytes = 0;
    std::uint64_t stream_bytes = 0;
  };
  Traffic traffic;
  std::uint64_t events = 0;

 private:
  struct Member {
    std::unique_ptr<core::gossip::Gossip> gossip;
    std::uint64_t life = 0;
    Instant wake = Instant::never();  // the earliest that is in the queue
    Instant due = Instant::never();   // its deadline
    Instant stalled;
    std::uint64_t next_accepted = 1;
  };
  struct Arrival {
    std::uint32_t member = 0;
    std::uint64_t life = 0;
    core::gossip::Event event;
  };
  struct Queued {
    Instant at;
    std::uint64_t order = 0;
    std::uint32_t slot = 0;
  };
  struct End {
    std::uint32_t member = 0;
    std::uint64_t life = 0;
    std::uint64_t stream = 0;
  };

  static std::uint64_t key(std::uint32_t member, std::uint64_t stream) { return stream << 16 | member; }
  core::Address address(std::size_t member) const;
  std::size_t member_at(const core::Address& address) const;
  Duration latency();
  /// When what a member sends now is on its way.
  Instant leaves(std::size_t from) const;
  bool lost(std::size_t from, std::size_t to);
  void schedule(Instant at, Arrival arrival);
  void tell(std::uint32_t member, const core::gossip::Event& event);
  void carry(std::uint32_t from, std::vector<core::gossip::Effect>& effects);
  void schedule_wake(std::uint32_t member);
  void handle_next();

  Settings settings_;
  core::Rng rng_;
  core::gossip::Identities identities_;
  std::vector<Member> members_;
  std::vector<Queued> queue_;  // a heap
  std::vector<Arrival> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::unordered_map<std::uint64_t, End> peers_;  // looked up only, never walked
  std::uint64_t order_ = 0;
  std::vector<core::gossip::Effect> effects_;
};

}  // namespace benchmarks
