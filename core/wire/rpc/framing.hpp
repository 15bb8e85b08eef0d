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
/// The first frame of whoever connects is a Hello.
inline constexpr std::size_t max_first_frame_bytes = 64 * 1024;
/// What is answered in place of what would not fit. Whoever asked for many things asks for fewer.
inline constexpr const char* too_large_text = "rpc error: the answer is too large for one frame";

std::string encode_frame(const Envelope& envelope);

/// Takes bytes in as they come and gives whole envelopes out.
class FrameReader {
 public:
  /// `expect_protocol_byte`: on the accepting side of a connection.
  explicit FrameReader(bool expect_protocol_byte)
      : expect_protocol_byte_(expect_protocol_byte),
        max_bytes_(expect_protocol_byte ? max_first_frame_bytes : max_frame_bytes) {}

  /// Appends what `bytes` completes to `out`. An error is final: the connection is to be closed. Its text names
  /// what was found and what was wanted.
  std::expected<void, std::string> read(std::string_view bytes, std::vector<Envelope>& out);
  /// Bytes of a frame that is not whole yet.
  std::size_t held() const { return buffer_.size(); }

 private:
  bool expect_protocol_byte_;
  std::size_t max_bytes_;  // of the next frame
  std::string buffer_;     // an incomplete frame
};

}  // namespace core::wire::rpc
