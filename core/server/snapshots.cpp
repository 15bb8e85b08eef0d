#include "core/server/snapshots.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/state/record.hpp"
#include "core/state/restore.hpp"
#include "core/storage/little_endian.hpp"
#include "core/storage/snapshots.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace core::server {
namespace {

constexpr std::size_t length_bytes = 4;  // before each record

// Cuts a stream of bytes into sealed chunks of one size.
class ChunkWriter {
 public:
  ChunkWriter(raft::Snapshot& out, std::size_t chunk_bytes) : out_(out), chunk_bytes_(chunk_bytes) {}

  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto part = bytes.substr(0, chunk_bytes_ - open_.size());
      open_ += part;
      bytes.remove_prefix(part.size());
      if (open_.size() == chunk_bytes_) close();
    }
  }
  void finish() {
    if (!open_.empty() || out_.chunks.empty()) close();
  }

 private:
  void close() {
    out_.chunks.push_back(storage::seal_chunk(open_, out_.meta.index, out_.chunks.size()));
    open_.clear();
  }

  raft::Snapshot& out_;
  std::size_t chunk_bytes_;
  std::string open_;
};

}  // namespace

void BuildSnapshot::run() {
  auto snapshot = std::make_shared<raft::Snapshot>();
  snapshot->meta = meta_;
  ChunkWriter chunks(*snapshot, chunk_bytes_);
  state_.dump([&](const state::Record& record) {
    const std::string bytes = wire::protobuf::encode(state::SnapshotEntry{record});
    std::string length;
    storage::put(length, static_cast<std::uint32_t>(bytes.size()));
    chunks.add(length);
    chunks.add(bytes);
    return true;
  });
  chunks.finish();
  built_ = std::move(snapshot);
  state_ = {};
}

std::expected<void, std::string> for_each_record(
    const raft::Snapshot& snapshot, const std::function<std::string(state::SnapshotEntry, std::size_t bytes)>& visit) {
  std::string open;  // what is not yet a whole record
  std::size_t record = 0;
  for (std::size_t number = 0; number < snapshot.chunks.size(); ++number) {
    const auto bytes = storage::open_chunk(*snapshot.chunks[number], snapshot.meta.index, number);
    if (!bytes) return std::unexpected(fmt::format("the checksum of chunk {} fails", number + 1));
    open += *bytes;
    std::size_t at = 0;
    while (open.size() - at >= length_bytes) {
      const auto length = storage::get<std::uint32_t>(open, at);
      if (length > open.size() - at - length_bytes) break;
      auto entry =
          wire::protobuf::decode<state::SnapshotEntry>(std::string_view(open).substr(at + length_bytes, length));
      ++record;
      if (!entry) return std::unexpected(fmt::format("record {}: {}", record, entry.error().text()));
      if (const std::string error = visit(std::move(*entry), length); !error.empty())
        return std::unexpected(fmt::format("record {}: {}", record, error));
      at += length_bytes + length;
    }
    open.erase(0, at);
  }
  if (!open.empty()) return std::unexpected(fmt::format("it ends within record {}", record + 1));
  return {};
}

std::expected<state::State, std::string> open_snapshot(const raft::Snapshot& snapshot) {
  state::Restore restore;
  const auto read = for_each_record(snapshot, [&](const state::SnapshotEntry& entry, std::size_t) {
    const auto added = restore.add(entry.record);
    return added ? std::string() : added.error();
  });
  if (!read) return std::unexpected(read.error());
  auto state = std::move(restore).finish();
  if (state && state->log_index() > snapshot.meta.index.value)
    return std::unexpected("its state is newer than its last entry");
  return state;
}

}  // namespace core::server
