#include "core/agent/moment.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/server/snapshots.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace core::agent {
namespace {

constexpr std::size_t chunk_bytes = 256 << 10;

const server::Server* running_server(const Agent& agent) {
  const server::Server* const server = agent.server();
  return server != nullptr && server->raft() != nullptr ? server : nullptr;
}

}  // namespace

std::optional<Moment> Commits::begin(const Agent& agent) {
  const server::Server* const server = running_server(agent);
  if (server == nullptr) return std::nullopt;
  begun_ = true;
  told_ = server->raft()->commit_index();
  return Moment{server->state(), told_};
}

bool Commits::more(const Agent& agent, const std::function<void(const raft::Entry&)>& visit) {
  const server::Server* const server = running_server(agent);
  if (server == nullptr || !begun_) return true;
  const raft::Raft& raft = *server->raft();
  if (told_ < raft.log().base_index()) return false;
  for (; told_ < raft.commit_index(); told_ = told_.next()) visit(raft.log().at(told_.next()));
  return true;
}

void write_moment(Moment moment, SegmentWriter& writer, const std::function<void()>& block_ended) {
  const std::uint64_t hash = moment.state.hash();
  server::BuildSnapshot build(std::move(moment.state), {moment.commit, {}, {}, {}}, chunk_bytes);
  build.run();
  const raft::SnapshotRef snapshot = build.take();
  writer.add(wire::Checkpoint{moment.commit.value, hash, snapshot->chunks.size()});
  for (const raft::Payload& chunk : snapshot->chunks) {
    writer.add(Chunk{chunk});
    block_ended();
  }
}

std::string Rebuilt::take(const wire::Checkpoint& checkpoint) {
  if (chunks_.size() != coming_.chunks) return "a state ends before its last chunk";
  coming_ = checkpoint;
  chunks_.clear();
  if (!state_ || commit_.value != checkpoint.commit_index || state_->hash() == checkpoint.state_hash) return {};
  return fmt::format("at index {} the state's hash was {:016x} when recorded and is {:016x} now", commit_.value,
                     checkpoint.state_hash, state_->hash());
}

std::string Rebuilt::take(const Chunk& chunk) {
  if (chunks_.size() == coming_.chunks) return "a chunk belongs to no state";
  chunks_.push_back(chunk.bytes);
  if (chunks_.size() < coming_.chunks || (state_ && commit_.value == coming_.commit_index)) return {};
  auto opened = server::open_snapshot({{{coming_.commit_index}, {}, {}, {}}, chunks_});
  if (!opened) return fmt::format("the state at index {}: {}", coming_.commit_index, opened.error());
  if (opened->hash() != coming_.state_hash)
    return fmt::format("the state at index {} has hash {:016x}, wanted {:016x}", coming_.commit_index, opened->hash(),
                       coming_.state_hash);
  state_ = std::move(*opened);
  commit_ = {coming_.commit_index};
  return {};
}

std::string Rebuilt::take(const raft::Entry& entry) {
  if (!state_) return {};  // its moment is in a segment that is gone
  if (entry.index != commit_.next())
    return fmt::format("found entry {} after entry {}, wanted the next one", entry.index.value, commit_.value);
  commit_ = entry.index;
  ++entries_;
  if (entry.kind != raft::EntryKind::command) return {};
  // What cannot be read was skipped by the server, too.
  if (const auto decoded = wire::protobuf::decode<state::LogEntry>(entry.bytes()))
    state_->apply(entry.index.value, decoded->command);
  return {};
}

}  // namespace core::agent
