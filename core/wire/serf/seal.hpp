// AES-GCM as memberlist frames it: version, nonce, ciphertext, tag (reference/gossip-wire.md, section 10).
//
// The nonce comes from the caller, whose generator never gives one twice.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/serf/keyring.hpp"

namespace core::wire::serf {

/// Version 0 pads to whole blocks; version 1 is what is current.
enum class SealVersion : std::uint8_t { padded = 0, plain = 1 };

inline constexpr std::size_t nonce_bytes = 12;
inline constexpr std::size_t seal_tag_bytes = 16;
/// What sealing adds (version 1).
inline constexpr std::size_t seal_overhead = 1 + nonce_bytes + seal_tag_bytes;

using Nonce = std::array<std::uint8_t, nonce_bytes>;

/// Seals `plain` under a sound key; `associated` is vouched for with it and not sent.
std::string seal(SealVersion version, const std::string& key, const Nonce& nonce, std::string_view plain,
                 std::string_view associated);
/// What was sealed, if one of the keys opens it.
std::optional<std::string> open(const Keyring& keyring, std::string_view sealed, std::string_view associated);

}  // namespace core::wire::serf
