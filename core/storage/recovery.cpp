// Reading the write-ahead log back: what was acknowledged, what was only under way, and what is damage.
//
// One frame is under way at a time, so a power loss can tear only the very last one, and a torn frame
// lacks at least one whole sector: there the preallocated zeros still stand. A bad frame with anything
// acknowledged after it, or without such a hole, is damage. (The same reasoning as in etcd's wal package,
// `isTornEntry`, and "Protocol-Aware Recovery", FAST'18.)
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/storage/crc32c.hpp"
#include "core/storage/frame.hpp"
#include "core/storage/wal.hpp"

namespace core::storage {
namespace {

constexpr std::string_view suffix = ".wal";
constexpr std::size_t digits = 20;

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (name.size() != digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + digits, number);
  if (error != std::errc{} || end != name.data() + digits || number == 0) return std::nullopt;
  return number;
}

bool all_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

// Whether some sector's share of bytes [begin, end) still holds zeros only.
bool lacks_a_sector(std::string_view file, std::uint64_t begin, std::uint64_t end) {
  if (end > file.size()) return true;
  while (begin < end) {
    const std::uint64_t next = std::min<std::uint64_t>(end, (begin / sector_size + 1) * sector_size);
    if (all_zero(file.substr(begin, next - begin))) return true;
    begin = next;
  }
  return false;
}

// Where a whole frame stands that is newer than `frame`.
std::optional<std::uint64_t> find_newer(std::string_view file, std::uint64_t from, std::uint64_t segment,
                                        std::uint64_t frame) {
  for (std::uint64_t at = from; at + frame_header_size <= file.size(); at += frame_header_size) {
    const auto header = decode_frame_header(file.substr(at), segment, at);
    if (!header || header->number <= frame || header->body_length > file.size() - at - frame_header_size) continue;
    if (crc32c(file.substr(at + frame_header_size, header->body_length)) == header->body_crc) return at;
  }
  return std::nullopt;
}

std::unexpected<WalError> refuse(WalError::Reason reason, const std::string& file, std::uint64_t offset,
                                 std::string what) {
  return std::unexpected(WalError{reason, file, offset, std::move(what)});
}

}  // namespace

bool Wal::holds_a_log(const world::DirectoryRead& read) {
  return std::any_of(read.files.begin(), read.files.end(),
                     [](const world::FileContents& file) { return segment_number(file.name).has_value(); });
}

std::string WalError::text(const std::string& directory) const {
  const std::string place = fmt::format("{}/{} at offset {}: {}. ", directory, file, offset, what);
  switch (reason) {
    case Reason::unreadable:
      return fmt::format("cannot read {}: {}. Check the disk and the permissions.", file, what);
    case Reason::newer_version:
      return place + "Start the version of this program that wrote it, or a newer one.";
    case Reason::corrupt:
    case Reason::segment_missing:
    case Reason::misplaced:
      break;
  }
  return place +
         "Entries that were acknowledged may be lost, so this server does not start with it. Restore the file from a "
         "backup, or move " +
         directory.substr(0, directory.rfind('/')) + " away and let the server join again as a new one.";
}

std::expected<Wal::Recovered, WalError> Wal::recover(const world::DirectoryRead& read) {
  check(!recovered_, "a log is recovered once");
  if (!read.error.empty()) return refuse(WalError::Reason::unreadable, config_.directory, 0, read.error);
  Reading reading;
  std::vector<std::pair<std::uint64_t, const world::FileContents*>> segments;
  for (const world::FileContents& file : read.files) {
    if (const auto number = segment_number(file.name))
      segments.emplace_back(*number, &file);
    else
      reading.notes.push_back(
          fmt::format("{}/{} is not a segment of the log and was ignored", config_.directory, file.name));
  }
  std::sort(segments.begin(), segments.end());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& [number, file] = segments[i];
    if (const std::uint64_t wanted = segments.front().first + i; number != wanted)
      return refuse(WalError::Reason::segment_missing, config_.directory, 0,
                    fmt::format("segment {} is missing", wanted));
    if (auto done = read_segment(reading, number, *file, i + 1 == segments.size()); !done)
      return std::unexpected(std::move(done.error()));
  }
  segment_ = reading.segment;
  offset_ = reading.offset;
  frame_ = reading.frame;
  repairs_ = std::move(reading.repairs);
  raft::Restored& state = reading.log.state;
  if (reading.log.provisional_base)
    return refuse(WalError::Reason::segment_missing, config_.directory, 0,
                  fmt::format("the log begins with entry {}, and nothing says that a snapshot holds what came before",
                              state.base.index.next().value));
  hard_state_ = state.hard_state;
  last_index_ = reading.log.last_index();
  last_term_ = state.entries.empty() ? state.base.term : state.entries.back().term;
  base_ = writing_base_ = state.base;
  segments_ = std::move(reading.segments);
  drop_segments();
  recovered_ = true;
  return Recovered{std::move(state), std::move(reading.notes)};
}

Wal::Read Wal::read_segment(Reading& reading, std::uint64_t number, const world::FileContents& file, bool last) const {
  const std::string_view bytes = file.bytes;
  const auto header = decode_segment_header(bytes);
  if (!header) {
    // Header and first frame share a sector, so a segment whose making was cut short has neither.
    const bool unfinished = last && all_zero(bytes.substr(0, segment_header_size)) && !find_newer(bytes, 0, number, 0);
    if (!unfinished) return refuse(WalError::Reason::corrupt, file.name, 0, "the header of the segment is damaged");
    reading.notes.push_back(fmt::format("removing {}: it was never finished", file.name));
    reading.repairs.push_back(world::Remove{path(number)});
    reading.repairs.push_back(world::SyncDirectory{config_.directory});
    return {};
  }
  if (header->version > wal_version)
    return refuse(WalError::Reason::newer_version, file.name, 8,
                  fmt::format("the log has format {}, this program knows {}", header->version, wal_version));
  if (header->number != number)
    return refuse(WalError::Reason::misplaced, file.name, 16, fmt::format("this is segment {}", header->number));
  if (reading.segments.empty() && number > 1) {
    // The front of the log went when a snapshot held it; further on stands how far that snapshot goes.
    reading.log.state.base = {{header->first_index - 1}, {header->previous_term}};
    reading.log.provisional_base = header->first_index > 1;
    reading.frame = header->first_frame;
  }
  const std::uint64_t last_index = reading.log.last_index().value;
  if (header->first_frame != reading.frame || header->first_index != last_index + 1)
    return refuse(WalError::Reason::corrupt, file.name, 24,
                  fmt::format("the segment goes on from frame {} and entry {}, but the one before ends with {} and {}",
                              header->first_frame - 1, header->first_index - 1, reading.frame - 1, last_index));
  reading.segments.push_back({number, {header->first_index}});
  reading.segment = number;
  reading.offset = segment_header_size;
  return read_frames(reading, file, last);
}

Wal::Read Wal::read_frames(Reading& reading, const world::FileContents& file, bool last) const {
  const std::string_view bytes = file.bytes;
  while (bytes.size() - reading.offset >= frame_header_size) {
    const auto header = decode_frame_header(bytes.substr(reading.offset), reading.segment, reading.offset);
    if (!header || frame_extent(header->body_length) > bytes.size() - reading.offset) break;
    const auto body = bytes.substr(reading.offset + frame_header_size, header->body_length);
    if (crc32c(body) != header->body_crc && !base::mutant("K32")) break;
    if (header->number != reading.frame)
      return refuse(WalError::Reason::corrupt, file.name, reading.offset,
                    fmt::format("frame {} stands where {} belongs", header->number, reading.frame));
    if (auto done = replay(body, header->records, reading.log); !done)
      return refuse(WalError::Reason::corrupt, file.name, reading.offset, done.error());
    ++reading.frame;
    reading.offset += frame_extent(header->body_length);
  }
  return judge_tail(reading, file, last);
}

// What stands after the last good frame: nothing, a write that was cut short, or damage.
Wal::Read Wal::judge_tail(Reading& reading, const world::FileContents& file, bool last) const {
  const std::string_view bytes = file.bytes;
  const std::uint64_t at = reading.offset;
  const std::string_view tail = bytes.substr(at);
  if (all_zero(tail)) return {};
  const auto damaged = [&](std::string what) {
    return refuse(WalError::Reason::corrupt, file.name, at, std::move(what));
  };
  if (!last) return damaged("a frame is damaged, and later segments follow");
  if (const auto newer = find_newer(bytes, at, reading.segment, reading.frame))
    return damaged(fmt::format("a frame is damaged, and a later one stands at offset {}", *newer));
  const auto header = decode_frame_header(tail, reading.segment, at);
  const bool torn = header ? lacks_a_sector(bytes, at, at + frame_header_size + header->body_length)
                           : all_zero(tail.substr(0, frame_header_size));
  if (!torn) return damaged("a frame is damaged, and not by a write that was cut short");
  reading.notes.push_back(
      fmt::format("cutting {} at offset {}: a write that was never acknowledged was torn", file.name, at));
  const std::string name = path(reading.segment);
  reading.repairs.push_back(world::Truncate{name, at});
  reading.repairs.push_back(world::Preallocate{name, std::max(config_.segment_bytes, at)});
  reading.repairs.push_back(world::Sync{name});
  return {};
}

}  // namespace core::storage
