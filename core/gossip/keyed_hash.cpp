#include "core/gossip/keyed_hash.hpp"

#include <bit>

namespace core::gossip {
namespace {

struct Sip {
  std::uint64_t a, b, c, d;

  void rounds(int count) {
    for (; count > 0; --count) {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  }
  void take(std::uint64_t word, int compress) {
    d ^= word;
    rounds(compress);
    a ^= word;
  }
};

// Little-endian, whatever the machine.
std::uint64_t word_of(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | static_cast<std::uint8_t>(bytes[i]);
  return word;
}

}  // namespace

HashKey HashKey::drawn(Rng chance) {
  Rng own = chance.fork();
  HashKey key;
  key.low = own.next();
  key.high = own.next();
  return key;
}

template <int compress, int finish>
std::uint64_t sip_hash(const HashKey& key, std::string_view bytes) {
  Sip state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d, key.low ^ 0x6c7967656e657261,
            key.high ^ 0x7465646279746573};
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state.take(word_of(bytes.substr(0, 8)), compress);
  state.take(length | word_of(bytes), compress);
  state.c ^= 0xff;
  state.rounds(finish);
  return state.a ^ state.b ^ state.c ^ state.d;
}

template std::uint64_t sip_hash<1, 3>(const HashKey&, std::string_view);
template std::uint64_t sip_hash<2, 4>(const HashKey&, std::string_view);  // of which the paper has an example

}  // namespace core::gossip
