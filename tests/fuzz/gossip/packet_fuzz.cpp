// A datagram of whatever bytes, to a pool in clear and to one with keys: what it holds is read and, if it is one of
// ours to send, written again to the same message.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/wire/serf/coordinate.hpp"
#include "core/wire/serf/filter.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace serf = core::wire::serf;

namespace {

const serf::Security& sealed() {
  static const serf::Security security = [] {
    serf::Security made;
    std::string key;
    for (char c = 0; c < 32; ++c) key += c;  // K1 of the vectors
    if (!made.keyring.add(key)) std::abort();
    return made;
  }();
  return security;
}

void read_serf(const std::string& bytes) {
  const auto message = serf::decode_serf_message(bytes);
  if (!message) return;
  const std::string again = std::visit([](const auto& known) { return serf::encode(known); }, *message);
  const auto twice = serf::decode_serf_message(again);
  if (!twice || !(*twice == *message)) std::abort();
  if (const auto* query = std::get_if<serf::Query>(&*message))
    for (const std::string& filter : query->filters) static_cast<void>(serf::decode_filter(filter));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(serf::decode_packet(bytes, sealed()));
  const serf::Packet packet = serf::decode_packet(bytes);
  if (packet.messages.size() > serf::max_packet_messages) std::abort();
  for (const serf::Message& message : packet.messages) {
    const std::string again = std::visit([](const auto& known) { return serf::encode(known); }, message);
    const auto twice = serf::decode_message(again);
    if (!twice || !(*twice == message)) std::abort();
    if (const auto* user = std::get_if<serf::User>(&message)) read_serf(user->bytes);
    if (const auto* ack = std::get_if<serf::Ack>(&message))
      static_cast<void>(serf::decode_coordinate(ack->payload.value_or("")));
  }
  return 0;
}
