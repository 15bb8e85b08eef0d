#include "core/storage/snapshots.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/storage/crc32c.hpp"
#include "core/storage/little_endian.hpp"

namespace core::storage {
namespace {

constexpr std::string_view magic = "NOMADSNP";
constexpr std::string_view suffix = ".snapshot";
constexpr std::string_view partial_suffix = ".partial";
constexpr std::size_t fixed_header = 60;  // up to the configuration
constexpr std::size_t seal_size = 8;

std::uint32_t chunk_crc(std::string_view bytes, raft::Index snapshot, std::uint64_t number) {
  std::string place;
  put(place, number);
  put(place, snapshot.value);
  return crc32c(place, crc32c(bytes));
}

// "...-7.partial"
std::uint64_t attempt_of(std::string_view partial) {
  partial.remove_suffix(partial_suffix.size());
  const std::string_view digits = partial.substr(partial.rfind('-') + 1);
  std::uint64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

std::string file_name(const raft::SnapshotMeta& meta) {
  return fmt::format("{:020}-{:020}{}", meta.index.value, meta.term.value, suffix);
}

}  // namespace

raft::Payload seal_chunk(std::string_view bytes, raft::Index snapshot, std::uint64_t number) {
  std::string out;
  out.reserve(seal_size + bytes.size());
  put(out, static_cast<std::uint32_t>(bytes.size()));
  put(out, chunk_crc(bytes, snapshot, number));
  out += bytes;
  return std::make_shared<const std::string>(std::move(out));
}

std::optional<std::string_view> open_chunk(std::string_view sealed, raft::Index snapshot, std::uint64_t number) {
  if (sealed.size() < seal_size || get<std::uint32_t>(sealed, 0) != sealed.size() - seal_size) return std::nullopt;
  const std::string_view bytes = sealed.substr(seal_size);
  if (get<std::uint32_t>(sealed, 4) != chunk_crc(bytes, snapshot, number)) return std::nullopt;
  return bytes;
}

std::string encode_header(const raft::Snapshot& snapshot) {
  const raft::Payload configuration = raft::encode(snapshot.meta.configuration);
  std::string out(magic);
  put(out, snapshot_version);
  put(out, static_cast<std::uint32_t>(snapshot.chunks.size()));
  put(out, snapshot.meta.index.value);
  put(out, snapshot.meta.term.value);
  put(out, snapshot.meta.configuration_index.value);
  put(out, snapshot.bytes());
  out.resize(fixed_header - 4);
  put(out, static_cast<std::uint32_t>(configuration->size()));
  out += *configuration;
  put(out, crc32c(out));
  return out;
}

std::expected<raft::Snapshot, std::string> decode_snapshot(std::string_view file) {
  if (file.size() < fixed_header || !file.starts_with(magic)) return std::unexpected("this is no snapshot");
  const std::size_t end = fixed_header + get<std::uint32_t>(file, fixed_header - 4);
  if (end > file.size() || file.size() - end < 4 || get<std::uint32_t>(file, end) != crc32c(file.substr(0, end)))
    return std::unexpected("its header is damaged");
  // Every format keeps these places: who finds a newer one must know that it was not damage that made it so.
  if (const auto version = get<std::uint32_t>(file, 8); version > snapshot_version)
    return std::unexpected(
        fmt::format("it has format {}, this program knows {}: start the version that wrote it, or a newer one", version,
                    snapshot_version));
  auto configuration = raft::decode_configuration(file.substr(fixed_header, end - fixed_header));
  if (!configuration) return std::unexpected("its configuration is refused: " + configuration.error());
  raft::Snapshot out;
  out.meta = {{get<std::uint64_t>(file, 16)},
              {get<std::uint64_t>(file, 24)},
              {get<std::uint64_t>(file, 32)},
              std::move(*configuration)};
  const auto chunks = get<std::uint32_t>(file, 12);
  std::size_t at = end + 4;
  for (std::uint32_t number = 0; number < chunks; ++number) {
    const std::string_view rest = file.substr(std::min(at, file.size()));
    const std::size_t size = rest.size() < seal_size ? 0 : seal_size + get<std::uint32_t>(rest, 0);
    if (size == 0 || size > rest.size() || !open_chunk(rest.substr(0, size), out.meta.index, number))
      return std::unexpected(fmt::format("its chunk {} of {}, at offset {}, is damaged", number + 1, chunks, at));
    out.chunks.push_back(std::make_shared<const std::string>(rest.substr(0, size)));
    at += size;
  }
  if (at != file.size() || chunks == 0) return std::unexpected("its length is not what its header says");
  return out;
}

std::expected<SnapshotStore::Recovered, std::string> SnapshotStore::recover(const world::DirectoryRead& read) {
  if (!read.error.empty()) return std::unexpected(fmt::format("cannot read {}: {}", config_.directory, read.error));
  Recovered out;
  const world::FileContents* newest = nullptr;  // the files come sorted by name, which begins with the index
  for (const world::FileContents& file : read.files) {
    if (file.name.ends_with(suffix)) {
      if (newest != nullptr) removable_.push_back(newest->name);
      newest = &file;
    } else if (file.name.ends_with(partial_suffix)) {
      out.notes.push_back(fmt::format("removing {}: it was never finished", path(file.name)));
      removable_.push_back(file.name);
      attempts_ = std::max(attempts_, attempt_of(file.name));
    }
  }
  if (newest == nullptr) return out;
  auto snapshot = decode_snapshot(newest->bytes);
  if (!snapshot)
    return std::unexpected(fmt::format(
        "snapshot {}: {}. The log before it is gone, so this server does not start without it. Restore the file from a "
        "backup, or move {} away and let the server join again as a new one.",
        path(newest->name), snapshot.error(), config_.directory.substr(0, config_.directory.rfind('/'))));
  current_ = newest->name;
  out.snapshot = std::make_shared<const raft::Snapshot>(std::move(*snapshot));
  return out;
}

void SnapshotStore::write(raft::SnapshotRef snapshot) {
  check(idle(), "one snapshot is written at a time");
  // A name of its own for each attempt: after a failed sync nobody knows what the old file holds.
  writing_ = Writing{.snapshot = std::move(snapshot), .partial = {}};
  writing_->partial = fmt::format("{}-{}{}", file_name(writing_->snapshot->meta), ++attempts_, partial_suffix);
}

world::DiskBatch SnapshotStore::take_batch(world::DiskToken token) {
  check(wants_batch(), "a batch is taken when there is one");
  in_flight_ = token;
  world::DiskBatch batch{token, {}};
  if (!writing_) {
    being_removed_ = std::exchange(removable_, {});
    for (const std::string& name : being_removed_) batch.ops.push_back(world::Remove{path(name)});
    batch.ops.push_back(world::SyncDirectory{config_.directory});
    return batch;
  }
  Writing& now = *writing_;
  const std::string file = path(now.partial);
  std::string bytes;
  if (!std::exchange(now.begun, true)) {
    batch.ops.push_back(world::MakeDirectory{config_.directory});
    for (auto slash = config_.directory.rfind('/'); slash != std::string::npos && slash > 0;
         slash = config_.directory.rfind('/', slash - 1))
      batch.ops.push_back(world::SyncDirectory{config_.directory.substr(0, slash)});
    bytes = encode_header(*now.snapshot);
  }
  const auto& chunks = now.snapshot->chunks;
  while (now.next_chunk < chunks.size() && (bytes.empty() || bytes.size() < config_.batch_bytes))
    bytes += *chunks[now.next_chunk++];
  const std::uint64_t offset = std::exchange(now.offset, now.offset + bytes.size());
  batch.ops.push_back(world::WriteAt{file, offset, std::move(bytes)});
  batch.ops.push_back(world::Sync{file});
  if (now.next_chunk < chunks.size()) return batch;
  now.whole = true;
  batch.ops.push_back(world::Rename{file, path(file_name(now.snapshot->meta))});
  batch.ops.push_back(world::SyncDirectory{config_.directory});
  return batch;
}

SnapshotStore::Outcome SnapshotStore::on(const world::DiskBatchDone& done) {
  check(in_flight_ == done.token, "an answer belongs to the batch under way");
  in_flight_.reset();
  if (!being_removed_.empty()) {
    // Old ones that could not be removed do no harm.
    if (!done.error.empty()) left_over_.insert(left_over_.end(), being_removed_.begin(), being_removed_.end());
    being_removed_.clear();
    return Written{};
  }
  check(writing_.has_value(), "a batch removes old files or writes a new one");
  if (!done.error.empty()) {
    const Writing failed = std::move(*writing_);
    writing_.reset();
    removable_.push_back(failed.partial);
    return Failed{failed.snapshot->meta, done.error};
  }
  if (!writing_->whole) return Written{};
  const raft::SnapshotMeta meta = writing_->snapshot->meta;
  writing_.reset();
  const std::string name = file_name(meta);
  if (current_ && *current_ != name) removable_.push_back(*current_);
  removable_.insert(removable_.end(), left_over_.begin(), left_over_.end());
  left_over_.clear();
  current_ = name;
  return Stored{meta};
}

}  // namespace core::storage
