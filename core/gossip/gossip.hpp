// The pool of servers: who is there, told by SWIM, Lifeguard and Serf, on the wire as HashiCorp's agents speak it
// (reference/gossip-wire.md). The front door of core/gossip.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/gossip/config.hpp"
#include "core/gossip/events.hpp"
#include "core/gossip/identity.hpp"
#include "core/gossip/member_table.hpp"
#include "core/gossip/metrics.hpp"

namespace core::gossip {

/// Events in, effects out. The caller carries the effects out, in order.
class Gossip {
 public:
  /// `config.name` is 1 to `max_name_bytes` long, and the tags take at most 512 bytes encoded (`tags_fit`).
  /// Members of one thread may share `identities`, which outlives them: what all of them hold alike is then there
  /// once.
  Gossip(Config config, Rng rng, Identities* identities = nullptr);
  ~Gossip();
  Gossip(Gossip&&) noexcept;
  Gossip& operator=(Gossip&&) noexcept;

  /// Takes in what happened at `now`, which never goes back between calls. The first call, whatever its event, makes
  /// us a member: MemberJoined of ourselves comes first.
  void handle(Instant now, const Event& event, std::vector<Effect>& out);
  /// When Woken is due next. Before the first call: at once.
  Instant deadline() const;

  /// All members that are not forgotten, ourselves included, by name.
  const MemberTable& members() const;
  /// Ourselves. Only after the first call.
  const Member& self() const;
  /// `agent-info`'s section "serf", under Serf's names.
  std::map<std::string, std::string> stats() const;
  /// memberlist's and Serf's metrics, under their names: "memberlist.udp.sent".
  std::vector<Metric> metrics() const;
  /// How many intents, to join or to leave, are still told to others.
  std::size_t intents_told() const;
  /// Whether these tags can be told to others.
  static bool tags_fit(const std::map<std::string, std::string>& tags);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace core::gossip
