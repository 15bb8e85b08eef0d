// A stream of whatever bytes: in one piece or in many it comes to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/wire/serf/serf_message.hpp"
#include "core/wire/serf/stream.hpp"

namespace serf = core::wire::serf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte says how large the pieces are, and whether the pool has a key and a label.
  const std::size_t piece = 1 + data[0] % 64;
  static const serf::Security closed = [] {
    serf::Security made;
    std::string key;
    for (char c = 0; c < 32; ++c) key += c;  // K1 of the vectors
    if (!made.keyring.add(key)) std::abort();
    made.label = "blue";
    return made;
  }();
  static const serf::Security clear;
  const serf::Security& security = (data[0] & 0x80) != 0 ? closed : clear;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  serf::StreamDecoder at_once(&security, serf::StreamEnd::dialling);
  const auto whole = at_once.feed(bytes);
  serf::StreamDecoder in_pieces(&security, serf::StreamEnd::dialling);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto step = in_pieces.feed(bytes.substr(at, piece));
    if (!step) return 0;
    if (!*step) continue;
    if (!whole || !*whole || !(**whole == **step)) std::abort();
    if (const auto* state = std::get_if<serf::PushPull>(&**step))
      static_cast<void>(serf::decode_serf_message(state->user_state));
    return 0;
  }
  if (whole && *whole) std::abort();
  return 0;
}
