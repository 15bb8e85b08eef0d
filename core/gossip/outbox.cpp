#include "core/gossip/outbox.hpp"

#include <cstring>
#include <utility>

#include "core/base/check.hpp"

namespace core::gossip {
namespace {

// Below it packets hardly shrink, and trying takes longer than sending the few bytes.
constexpr std::size_t worth_compressing_bytes = 512;

}  // namespace

Outbox::Outbox(const Config& config) : config_(config) {
  for (const std::string& key : config.keys)
    check(security_.keyring.add(key).has_value(), "the configured gossip keys are sound");
  check(config.label.size() <= wire::serf::max_label_bytes, "a label has at most 255 bytes");
  security_.label = config.label;
  security_.skip_label_check = config.skip_label_check;
  security_.verify_incoming = config.verify_incoming;
  security_.verify_outgoing = config.verify_outgoing;
}

wire::serf::Nonce Outbox::nonce(Turn& turn) const {
  wire::serf::Nonce nonce{};
  if (!security_.seals()) return nonce;
  const std::uint64_t first = turn.rng.next();
  const std::uint64_t second = turn.rng.next();
  std::memcpy(nonce.data(), &first, sizeof first);
  std::memcpy(nonce.data() + sizeof first, &second, nonce.size() - sizeof first);
  return nonce;
}

std::size_t Outbox::packet_room() const {
  const std::size_t overhead = security_.datagram_overhead();
  return config_.profile.packet_bytes > overhead ? config_.profile.packet_bytes - overhead : 0;
}

void Outbox::send(Turn& turn, const Address& to, std::string packet, bool crc) {
  const bool compress = config_.compress && packet.size() >= worth_compressing_bytes;
  std::string bytes = wire::serf::wrap_packet(std::move(packet), {compress, crc}, security_, nonce(turn));
  counts_.udp_sent.add(static_cast<double>(bytes.size()));
  turn.out.push_back(SendDatagram{to, std::move(bytes)});
}

void Outbox::write(Turn& turn, StreamId stream, std::string message, wire::serf::StreamEnd from) {
  std::string bytes = wire::serf::wrap_stream(std::move(message), from, config_.compress, security_, nonce(turn));
  counts_.tcp_sent.add(static_cast<double>(bytes.size()));
  turn.out.push_back(SendStream{stream, std::move(bytes)});
}

}  // namespace core::gossip
