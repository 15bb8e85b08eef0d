// A member's metadata of whatever bytes: tags that are read are the same when they come back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/wire/serf/serf_message.hpp"

namespace serf = core::wire::serf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tags = serf::decode_tags({reinterpret_cast<const char*>(data), size});
  if (!tags) return 0;
  const auto again = serf::decode_tags(serf::encode_tags(*tags));
  if (!again || *again != *tags) std::abort();
  return 0;
}
