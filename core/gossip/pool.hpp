// One pool as one member sees it: SWIM below, Serf above, and what passes between the two.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/gossip/config.hpp"
#include "core/gossip/coordinates.hpp"
#include "core/gossip/outbox.hpp"
#include "core/gossip/serf.hpp"
#include "core/gossip/swim.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/message.hpp"

namespace core::gossip {

/// Stays where it is made: its parts refer to its configuration and to each other.
class Pool {
 public:
  Pool(Config config, Identities& identities)
      : config_(std::move(config)),
        outbox_(config_),
        swim_(config_, outbox_, identities),
        serf_(config_, outbox_, swim_.broadcasts()) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void start(Turn& turn);
  void datagram(Turn& turn, const Address& from, std::string_view bytes);
  void user_message(Turn& turn, std::string_view bytes) { serf_.user_message(turn, bytes); }
  /// All that we know, as a push/pull's message.
  std::string push_pull(bool join) const;
  /// Takes in all that another knows; answers why it was refused, if so.
  /// `join`: the rule for joining is ours to apply, whatever the other says of it.
  std::optional<std::string> merge(Turn& turn, wire::serf::PushPull state, bool join);
  void set_tags(Turn& turn, const std::map<std::string, std::string>& tags);
  /// Says that we are gone. False if nobody is there to hear it.
  bool leave_swim(Turn& turn);

  /// What is due; answers whom Serf wants to reach again, if anybody.
  std::optional<Member> tick(Turn& turn);
  void arm(Instant now);
  Instant deadline() const { return std::min(swim_.deadline(), serf_.deadline()); }

  const Config& config() const { return config_; }
  Swim& swim() { return swim_; }
  Serf& serf() { return serf_; }
  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }
  const Coordinates& coordinates() const { return coordinates_; }
  const Swim& swim() const { return swim_; }
  const Serf& serf() const { return serf_; }

 private:
  /// Tells Serf what SWIM found out.
  void pass_on(Turn& turn);
  void measure(Turn& turn);

  Config config_;
  Outbox outbox_;
  Swim swim_;
  Serf serf_;
  Coordinates coordinates_;
};

}  // namespace core::gossip
