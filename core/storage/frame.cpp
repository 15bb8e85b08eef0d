#include "core/storage/frame.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/storage/crc32c.hpp"
#include "core/storage/little_endian.hpp"

namespace core::storage {
namespace {

constexpr std::string_view segment_magic = "NOMADWAL";
constexpr std::string_view frame_magic = "FRAM";
constexpr std::uint8_t type_hard_state = 1;
constexpr std::uint8_t type_entry = 2;
constexpr std::uint8_t type_truncate = 3;
constexpr std::uint8_t type_base = 4;
constexpr std::size_t record_header = 5;  // type, length
constexpr std::size_t entry_fixed = 17;   // term, index, kind

std::uint32_t header_crc(std::string_view header, std::uint64_t segment, std::uint64_t offset) {
  std::string place;
  put(place, segment);
  put(place, offset);
  return crc32c(place, crc32c(header.substr(0, frame_header_size - 4)));
}

using Replayed = std::expected<void, std::string>;

Replayed replay_hard_state(std::string_view in, Replay& onto) {
  raft::HardState& state = onto.state.hard_state;
  if (in.size() < 9) return std::unexpected("a hard state is too short");
  const raft::Term term{get<std::uint64_t>(in, 0)};
  if (term < state.term) return std::unexpected("the term goes back");
  state.term = term;
  state.vote.reset();
  if (in[8] != 0) state.vote = std::string(in.substr(9));
  return {};
}

Replayed replay_base(std::string_view in, Replay& onto) {
  if (in.size() != 16) return std::unexpected("a base has the wrong size");
  raft::Restored& state = onto.state;
  const raft::LogBase base{{get<std::uint64_t>(in, 0)}, {get<std::uint64_t>(in, 8)}};
  if (base.index < state.base.index) {
    // From when the segments that are gone were still wanted; a later one let them go.
    if (onto.provisional_base) return {};
    return std::unexpected("the log's beginning goes back");
  }
  const auto gone = std::min(base.index.value - state.base.index.value, state.entries.size());
  state.entries.erase(state.entries.begin(), state.entries.begin() + static_cast<std::ptrdiff_t>(gone));
  state.base = base;
  onto.provisional_base = false;
  return {};
}

Replayed replay_truncate(std::string_view in, Replay& onto) {
  if (in.size() != 8) return std::unexpected("a truncation has the wrong size");
  raft::Restored& state = onto.state;
  const auto from = get<std::uint64_t>(in, 0);
  const bool below = from <= state.base.index.value;
  if (from == 0 || from > onto.last_index().value + 1 || (below && !onto.provisional_base))
    return std::unexpected("a truncation lies outside the log");
  if (below) state.base = {{from - 1}, {}};
  state.entries.resize(from - 1 - state.base.index.value);
  return {};
}

Replayed replay_entry(std::string_view in, Replay& onto) {
  raft::Restored& state = onto.state;
  if (in.size() < entry_fixed) return std::unexpected("an entry is too short");
  const raft::Term term{get<std::uint64_t>(in, 0)};
  const raft::Index index{get<std::uint64_t>(in, 8)};
  const auto kind = static_cast<std::uint8_t>(in[16]);
  if (index != onto.last_index().next())
    return std::unexpected(fmt::format("entry {} follows entry {}", index.value, onto.last_index().value));
  if (term < (state.entries.empty() ? state.base.term : state.entries.back().term))
    return std::unexpected("the terms of entries go back");
  if (term > state.hard_state.term) return std::unexpected("an entry is newer than the term");
  if (kind > static_cast<std::uint8_t>(raft::EntryKind::configuration))
    return std::unexpected("an entry is of an unknown kind");
  raft::Entry entry{term, index, static_cast<raft::EntryKind>(kind), {}};
  const auto payload = in.substr(entry_fixed);
  if (entry.kind == raft::EntryKind::configuration)
    if (const auto read = raft::decode_configuration(payload); !read)
      return std::unexpected(fmt::format("the configuration at {} is refused: {}", index.value, read.error()));
  if (!payload.empty()) entry.payload = std::make_shared<const std::string>(payload);
  state.entries.push_back(std::move(entry));
  return {};
}

Replayed replay_record(std::uint8_t type, std::string_view content, Replay& onto) {
  switch (type) {
    case type_hard_state:
      return replay_hard_state(content, onto);
    case type_entry:
      return replay_entry(content, onto);
    case type_truncate:
      return replay_truncate(content, onto);
    case type_base:
      return replay_base(content, onto);
    default:
      return std::unexpected(fmt::format("a record is of unknown type {}", type));
  }
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string out(segment_magic);
  put(out, header.version);
  put(out, std::uint32_t{0});
  put(out, header.number);
  put(out, header.first_index);
  put(out, header.first_frame);
  put(out, header.previous_term);
  out.resize(segment_header_size - 4);
  put(out, crc32c(out));
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < segment_header_size || !bytes.starts_with(segment_magic)) return std::nullopt;
  const auto crc = get<std::uint32_t>(bytes, segment_header_size - 4);
  if (crc != crc32c(bytes.substr(0, segment_header_size - 4))) return std::nullopt;
  return SegmentHeader{.version = get<std::uint32_t>(bytes, 8),
                       .number = get<std::uint64_t>(bytes, 16),
                       .first_index = get<std::uint64_t>(bytes, 24),
                       .first_frame = get<std::uint64_t>(bytes, 32),
                       .previous_term = get<std::uint64_t>(bytes, 40)};
}

void FrameBuilder::record(std::uint8_t type, std::size_t length) {
  put(frame_, type);
  put(frame_, static_cast<std::uint32_t>(length));
  ++records_;
}

void FrameBuilder::hard_state(const raft::HardState& state) {
  record(type_hard_state, 9 + (state.vote ? state.vote->size() : 0));
  put(frame_, state.term.value);
  put(frame_, static_cast<std::uint8_t>(state.vote ? 1 : 0));
  if (state.vote) frame_ += *state.vote;
}

void FrameBuilder::base(const raft::LogBase& base) {
  record(type_base, 16);
  put(frame_, base.index.value);
  put(frame_, base.term.value);
}

void FrameBuilder::truncate_from(raft::Index index) {
  record(type_truncate, 8);
  put(frame_, index.value);
}

void FrameBuilder::entry(const raft::Entry& entry) {
  record(type_entry, entry_fixed + entry.bytes().size());
  put(frame_, entry.term.value);
  put(frame_, entry.index.value);
  put(frame_, static_cast<std::uint8_t>(entry.kind));
  frame_ += entry.bytes();
}

FrameBuilder& FrameBuilder::append(const FrameBuilder& other) {
  frame_ += other.body();
  records_ += other.records_;
  return *this;
}

void FrameBuilder::reserve(std::size_t entries, std::size_t bytes) {
  frame_.reserve(frame_extent(size() + entries * (record_header + entry_fixed) + bytes));
}

std::string FrameBuilder::frame(std::uint64_t segment, std::uint64_t offset, std::uint64_t number) && {
  std::string header(frame_magic);
  put(header, static_cast<std::uint32_t>(size()));
  put(header, number);
  put(header, crc32c(body()));
  put(header, records_);
  put(header, std::uint32_t{0});
  put(header, header_crc(header, segment, offset));
  frame_.replace(0, frame_header_size, header);
  frame_.resize(frame_extent(size()));
  return std::move(frame_);
}

std::optional<FrameHeader> decode_frame_header(std::string_view bytes, std::uint64_t segment, std::uint64_t offset) {
  if (bytes.size() < frame_header_size || !bytes.starts_with(frame_magic)) return std::nullopt;
  if (get<std::uint32_t>(bytes, frame_header_size - 4) != header_crc(bytes, segment, offset)) return std::nullopt;
  return FrameHeader{.body_length = get<std::uint32_t>(bytes, 4),
                     .number = get<std::uint64_t>(bytes, 8),
                     .body_crc = get<std::uint32_t>(bytes, 16),
                     .records = get<std::uint32_t>(bytes, 20)};
}

std::uint64_t frame_extent(std::uint64_t body_length) {
  const std::uint64_t whole = frame_header_size + body_length;
  return (whole + frame_header_size - 1) / frame_header_size * frame_header_size;
}

Replayed replay(std::string_view body, std::uint32_t records, Replay& onto) {
  for (std::uint32_t i = 0; i < records; ++i) {
    if (body.size() < record_header) return std::unexpected("a record is cut off");
    const auto type = static_cast<std::uint8_t>(body[0]);
    const auto length = get<std::uint32_t>(body, 1);
    body.remove_prefix(record_header);
    if (length > body.size()) return std::unexpected("a record is longer than its frame");
    if (Replayed done = replay_record(type, body.substr(0, length), onto); !done) return done;
    body.remove_prefix(length);
  }
  if (!body.empty()) return std::unexpected("bytes follow the last record");
  return {};
}

}  // namespace core::storage
