// What leaves us, wrapped as the pool wants it: compressed, sealed, labelled.
#pragma once

#include <string>

#include "core/gossip/config.hpp"
#include "core/gossip/metrics.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/security.hpp"
#include "core/wire/serf/stream.hpp"

namespace core::gossip {

class Outbox {
 public:
  explicit Outbox(const Config& config);

  /// One datagram. `crc` for members that are known to understand it.
  void send(Turn& turn, const Address& to, std::string packet, bool crc = false);
  /// One message on a stream, from our end of it.
  void write(Turn& turn, StreamId stream, std::string message, wire::serf::StreamEnd from);

  /// Bytes that messages may take in one datagram.
  std::size_t packet_room() const;
  const wire::serf::Security& security() const { return security_; }
  wire::serf::Keyring& keyring() { return security_.keyring; }

  /// Of all parts of the member, which all know us.
  Counts& counts() { return counts_; }
  const Counts& counts() const { return counts_; }

 private:
  wire::serf::Nonce nonce(Turn& turn) const;

  const Config& config_;  // of the Gossip that owns us
  wire::serf::Security security_;
  Counts counts_;
};

}  // namespace core::gossip
