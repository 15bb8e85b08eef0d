// Why bytes from a gossip peer were refused.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace core::wire::serf {

struct DecodeError {
  enum class Reason {
    truncated,          // the input ends within a value
    wrong_type,         // a value of another kind than the field's
    out_of_range,       // a number or count beyond what the field holds
    too_deep,           // nesting past the limit
    too_large,          // more bytes than are taken from a peer
    unknown_type,       // a message type byte that is not known here
    bad_checksum,       // the CRC header does not match
    bad_compression,    // not LZW, or an empty or oversized result
    unknown_algorithm,  // compressed by something other than LZW
    labelled,           // another pool's label, or none where this one has one
    encrypted,          // an encrypted stream, and this pool has no key
    not_opened,         // encrypted, and none of the keys opens it
    not_encrypted,      // in clear, and this pool has keys
  };
  Reason reason{};
  std::size_t offset = 0;  ///< of the first byte that could not be read

  friend bool operator==(const DecodeError&, const DecodeError&) = default;
};

template <class T>
using Decoded = std::expected<T, DecodeError>;

/// "truncated at byte 17".
std::string describe(const DecodeError& error);

}  // namespace core::wire::serf
