// Envelopes on a stream: length, protobuf. What a peer sends is hostile until checked: bounded, decoded or
// refused with a reason; it never ends the process.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/rpc/messages.hpp"

namespace core::wire::rpc {

/// The first byte on a connection says which protocol follows; 1 to 6 are Nomad's own (server-internals.md §8).
inline constexpr char protocol_byte = 'n';
/// No frame is longer. A log entry of 1 MiB is already worth a warning; batches of them still fit.
inline constexpr std::size_t max_frame_bytes = 32 * 1024 * 1024;

std::string encode_frame(const Envelope& envelope);

/// Takes bytes in as they come and gives whole envelopes out.
class FrameReader {
 public:
  /// `expect_protocol_byte`: on the accepting side of a connection.
  explicit FrameReader(bool expect_protocol_byte) : expect_protocol_byte_(expect_protocol_byte) {}

  /// Appends what `bytes` completes to `out`. An error is final: the connection is to be closed. Its text names
  /// what was found and what was wanted.
  std::expected<void, std::string> read(std::string_view bytes, std::vector<Envelope>& out);

 private:
  bool expect_protocol_byte_;
  std::string buffer_;  // an incomplete frame
};

}  // namespace core::wire::rpc
