// The state saved for an operator, and one that an operator restores.
//
// A restore goes through the log like any other write, in parts that are kept aside until the last one makes them the
// state of every server at once. From when the last part is proposed until it is applied this leader proposes nothing
// else: what was decided on the old state must not be applied to the new one. What stood in the log before is applied
// before, and a leader that is elected meanwhile decides nothing until it has applied all of the log.
#include <utility>

#include <fmt/format.h>

#include "core/server/archive.hpp"
#include "core/server/impl.hpp"

namespace core::server {

void Server::Impl::on(Now now, const SnapshotRequested& request, Effects& effects) {
  const raft::Raft& raft = *consensus_->raft();
  if (raft.commit_index() == raft::Index{})
    return effects.outputs.push_back(
        Refused{request.tag, "there is nothing to save yet: no entry of the log is committed"});
  if (save_next_.size() >= max_waiting_saves)
    return effects.outputs.push_back(Refused{request.tag, "too many wait for a snapshot to be saved"});
  save_next_.push_back(request.tag);
  save_next(now, effects);
}

// One at a time. Who comes while one is made waits for the next, which they all share: the one under way may lack what
// was acknowledged since.
void Server::Impl::save_next(Now now, Effects& effects) {
  if (saving_ || save_next_.empty()) return;
  const world::ComputeToken token{2 * ++last_compute_};
  auto work = std::make_shared<SaveArchive>(consensus_->state(), consensus_->raft()->snapshot_meta(), now.wall);
  saving_ = Saving{std::exchange(save_next_, {}), token, work};
  effects.world.push_back(world::Compute{token, "save a snapshot", std::move(work)});
}

void Server::Impl::on(Now now, const RestoreRequested& request, Effects& effects) {
  if (!established_) return effects.outputs.push_back(Refused{request.tag, "No cluster leader"});
  if (restoring_) return effects.outputs.push_back(Refused{request.tag, "another snapshot is being restored"});
  const world::ComputeToken token{2 * ++last_compute_};
  auto work = std::make_shared<OpenArchive>(request.archive, rng_.uuid(), config_.snapshot_chunk_bytes, now.wall);
  restoring_ = Restoring{.tag = request.tag, .token = token, .work = work};
  effects.world.push_back(world::Compute{token, "open a snapshot to restore", std::move(work)});
}

// True when it was one of ours.
bool Server::Impl::archive_computed(Now now, world::ComputeToken token, Effects& effects) {
  if (saving_ && saving_->token == token) {
    const Saving done = *std::exchange(saving_, std::nullopt);
    const auto archive = done.work->take();
    for (const Tag tag : done.tags)
      effects.outputs.push_back(archive ? Output{SnapshotSaved{tag, *archive}} : Output{Refused{tag, archive.error()}});
    save_next(now, effects);
    return true;
  }
  if (!restoring_ || restoring_->token != token || !restoring_->work) return false;
  auto commands = std::exchange(restoring_->work, nullptr)->take();
  if (!commands) {
    effects.outputs.push_back(Refused{restoring_->tag, "cannot restore this snapshot: " + commands.error(), true});
    restoring_.reset();
    return true;
  }
  log(effects, world::LogLevel::info, "nomad", "restoring a snapshot", {{"parts", std::to_string(commands->size())}});
  restoring_->commands = std::move(*commands);
  restore_next(now, effects);
  return true;
}

void Server::Impl::restore_next(Now now, Effects& effects) {
  const auto command = restoring_->commands[restoring_->next++];
  propose(now, *command, ForRestore{}, effects);
}

void Server::Impl::restore_applied(Now now, std::uint64_t index, Effects& effects) {
  if (!restoring_) return;
  if (restoring_->next < restoring_->commands.size()) return restore_next(now, effects);
  const Restoring done = *std::exchange(restoring_, std::nullopt);
  log(effects, world::LogLevel::info, "nomad", "restored a snapshot", {{"index", std::to_string(index)}});
  effects.outputs.push_back(Committed{done.tag, index, {}});
}

void Server::Impl::restore_refused(Now now, const std::string& error, Effects& effects) {
  if (const auto failed = std::exchange(restoring_, std::nullopt))
    effects.outputs.push_back(Refused{failed->tag, "the snapshot was not restored: " + error});
  drop_restored_parts(now, effects);
}

// Parts whose restore nobody goes on with: another leader began it, or it was given up. While leadership is being
// handed over nothing can be proposed: asked again when that has come to nothing, and now and then.
void Server::Impl::drop_restored_parts(Now now, Effects& effects) {
  if (!established_ || restoring_ || !consensus_->state().restoring()) return;
  propose(now, state::RestoreSnapshot{.time = now.wall}, ForNothing{}, effects);
}

/// The last part is on its way: nothing else may be proposed.
bool Server::Impl::restore_closes() const {
  return restoring_ && !restoring_->commands.empty() && restoring_->next == restoring_->commands.size();
}

}  // namespace core::server
