// RATE: what a server sends, and what waits in its queues, stays under a bound that does not grow with time; and what
// it tells of joins and leaves ends soon after they did.
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class Rate final : public Checker {
 public:
  explicit Rate(std::size_t servers) : sent_(servers), telling_(servers) {}
  std::string_view invariant() const override { return "RATE"; }
  void sent(NodeId node, const core::world::Effects& effects);
  /// Once a virtual second.
  std::optional<std::string> at_intervals(const Round& round) override;

  /// A datagram a second and member for probes, and what rides on them; gossip goes to three members five times a
  /// second, but only while there is news, and news ends.
  static constexpr std::uint64_t max_datagrams = 120;       // a second, on average over `window`
  static constexpr std::uint64_t max_quiet_datagrams = 12;  // when nothing has happened to any server for long
  static constexpr std::uint64_t max_stream_sends = 4'000;  // a second, the same
  static constexpr std::uint64_t window = 30;               // seconds
  static constexpr std::size_t max_queue = 20'000;          // evaluations and plans that wait
  /// Seconds for which intents may be told while nobody joins or leaves: a handful of packets takes one or two.
  static constexpr std::uint64_t max_telling = 60;

 private:
  struct Sent {
    std::uint64_t datagrams = 0;
    std::uint64_t stream_sends = 0;
  };
  struct Telling {
    std::uint64_t life = 0;
    std::uint64_t view = 0;     // of the members, as a number
    std::uint64_t seconds = 0;  // of telling intents while the view stayed
  };
  std::optional<std::string> still_telling(const Round& round);
  /// How long all servers must have been together: news are then no news any more.
  static constexpr core::Duration quiet{60'000'000'000};

  std::vector<Sent> sent_;  // in this window
  std::vector<Telling> telling_;
  std::uint64_t rounds_ = 0;
};

}  // namespace simulator::checkers
