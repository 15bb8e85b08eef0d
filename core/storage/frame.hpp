// How the write-ahead log looks in its files. All numbers are little-endian.
//
//   segment:  header (64 bytes)  frame  frame ...  zeros to the preallocated end
//   header:   magic "NOMADWAL", u32 version, u32 zero, u64 segment number, u64 first index,
//             u64 first frame's number, u64 term of the entry before the first index, zeros,
//             u32 CRC-32C of the 60 bytes before
//   frame:    header (32 bytes), body, zeros to a multiple of 32
//             magic "FRAM", u32 body length, u64 frame number, u32 CRC of the body, u32 records, u32 zero,
//             u32 CRC of the 28 bytes before, of the segment's number and of the frame's offset
//   record:   u8 type, u32 length, then
//             1 hard state: u64 term, u8 has vote, vote
//             2 entry:      u64 term, u64 index, u8 kind, payload
//             3 truncate:   u64 index from which the log was cut
//             4 base:       u64 index, u64 term of the entry that the log begins after, since format 2
//
// A frame is one write that was synced as one: it is there whole, or it was never acknowledged. Frames are
// numbered without gaps over all segments. A frame's header lies within one disk sector, because it
// begins at a multiple of its size; so it is either the old zeros or the new header, never a mix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/raft/event.hpp"
#include "core/raft/raft.hpp"

namespace core::storage {

inline constexpr std::uint32_t wal_version = 2;
inline constexpr std::size_t segment_header_size = 64;
inline constexpr std::size_t frame_header_size = 32;
inline constexpr std::size_t sector_size = 512;

struct SegmentHeader {
  std::uint32_t version = wal_version;
  std::uint64_t number = 0;
  std::uint64_t first_index = 0;  // of the first entry that may follow
  std::uint64_t first_frame = 0;
  std::uint64_t previous_term = 0;  // of the entry before the first; what the log begins after once that is gone
};
std::string encode(const SegmentHeader& header);
/// Nothing when magic or checksum do not fit. The version is not judged here.
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

/// The records of one frame, gathered.
class FrameBuilder {
 public:
  void hard_state(const raft::HardState& state);
  void base(const raft::LogBase& base);
  void truncate_from(raft::Index index);
  void entry(const raft::Entry& entry);
  /// Adds the other's records after these.
  FrameBuilder& append(const FrameBuilder& other);
  /// Of the body.
  std::size_t size() const { return frame_.size() - frame_header_size; }
  /// Makes room for that many entries with so many bytes in all.
  void reserve(std::size_t entries, std::size_t bytes);
  /// Header, body and padding for that place.
  std::string frame(std::uint64_t segment, std::uint64_t offset, std::uint64_t number) &&;

 private:
  void record(std::uint8_t type, std::size_t length);
  std::string_view body() const { return std::string_view(frame_).substr(frame_header_size); }

  std::string frame_ = std::string(frame_header_size, '\0');  // the body, behind room for the header
  std::uint32_t records_ = 0;
};

struct FrameHeader {
  std::uint32_t body_length = 0;
  std::uint64_t number = 0;
  std::uint32_t body_crc = 0;
  std::uint32_t records = 0;
};
/// The frame header at the front of `bytes`, when it is whole and was written for this place.
std::optional<FrameHeader> decode_frame_header(std::string_view bytes, std::uint64_t segment, std::uint64_t offset);
/// Bytes of a frame in the file: header, body, padding.
std::uint64_t frame_extent(std::uint64_t body_length);

/// A log being read: what the records up to here come to.
struct Replay {
  raft::Restored state;
  /// The base is only where the first segment that is left begins. A truncation may still reach below it: what it
  /// cut lay in segments that are gone, and a base record further on says that it went into a snapshot.
  bool provisional_base = false;

  raft::Index last_index() const { return {state.base.index.value + state.entries.size()}; }
};
/// Plays the records of a frame's body; the error says which rule one broke.
std::expected<void, std::string> replay(std::string_view body, std::uint32_t records, Replay& onto);

}  // namespace core::storage
