// What closes a pool's traffic to others: a label and keys (reference/gossip-wire.md, sections 8 and 10).
#pragma once

#include <string>

#include "core/wire/serf/keyring.hpp"

namespace core::wire::serf {

inline constexpr std::size_t max_label_bytes = 255;

/// Nothing is set: a pool in clear, as by default.
struct Security {
  Keyring keyring;                ///< empty: nothing is sealed
  std::string label;              ///< of the pool; empty: none
  bool skip_label_check = false;  ///< whoever hands us the traffic has taken the label off
  bool verify_incoming = true;    ///< false, while a pool moves to encryption: what no key opens is taken as clear
  bool verify_outgoing = true;    ///< false, while it does: we still send in clear

  bool seals() const { return !keyring.empty() && verify_outgoing; }
  /// Bytes that the layers add to a datagram.
  std::size_t datagram_overhead() const;
};

}  // namespace core::wire::serf
