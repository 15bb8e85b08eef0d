// SipHash-1-3 (Aumasson and Bernstein, 2012): a hash for tables over names that others choose. Who does not know the
// key cannot find names that share a bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/rng.hpp"

namespace core::gossip {

struct HashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  /// From a copy: what the member draws stays as it is.
  static HashKey drawn(Rng chance);
};

/// SipHash with `compress` rounds a word and `finish` ones in the end.
template <int compress, int finish>
std::uint64_t sip_hash(const HashKey& key, std::string_view bytes);

class KeyedHash {
 public:
  explicit KeyedHash(HashKey key) : key_(key) {}
  std::size_t operator()(std::string_view name) const { return sip_hash<1, 3>(key_, name); }

 private:
  HashKey key_;
};

}  // namespace core::gossip
