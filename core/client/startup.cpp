// From nothing to a node: what the disk kept, what the host is, ids (client-internals.md §1).
#include "core/base/mutant.hpp"
#include "core/client/impl.hpp"
#include "core/client/node.hpp"

namespace core::client {

void Client::Impl::start(Effects& effects) {
  stage_ = Stage::reading;
  if (store_.keeps()) {
    log(effects, world::LogLevel::info, "using state directory", {{"state_dir", config_.state_dir}});
    store_.read(effects.world);
  } else {
    loaded_ = std::make_unique<Store::Loaded>();
  }
  log(effects, world::LogLevel::info, "using alloc directory", {{"alloc_dir", config_.alloc_dir}});
  effects.world.push_back(world::FingerprintHost{world::HostToken{1}});
}

void Client::Impl::on(Now now, const world::DirectoryRead& event, Effects& effects) {
  if (stage_ != Stage::reading || loaded_) return;
  if (!event.error.empty()) {
    // Ids made up while the old ones cannot be read would make this machine another node.
    log(effects, world::LogLevel::error, "could not read the state directory, trying again", {{"error", event.error}});
    start_again_at_ = now.instant + 15s;
    return;
  }
  loaded_ = std::make_unique<Store::Loaded>(store_.load(event));
  for (const std::string& refused : loaded_->refused)
    log(effects, world::LogLevel::error, "could not restore allocation state", {{"error", refused}});
  set_up(now, effects);
}

void Client::Impl::on(Now now, const world::HostFingerprinted& event, Effects& effects) {
  if (stage_ != Stage::reading || host_) return;
  host_ = std::make_unique<world::HostFingerprinted>(event);
  set_up(now, effects);
}

void Client::Impl::set_up(Now now, Effects& effects) {
  if (!host_ || !loaded_) return;
  const bool known = !loaded_->node_id.empty() && !loaded_->secret_id.empty();
  if (!known) {
    loaded_->node_id = rng_.uuid();
    loaded_->secret_id = rng_.uuid();
  }
  node_ = make_node(config_, loaded_->node_id, loaded_->secret_id, *host_, now.wall);
  host_.reset();
  if (!store_.keeps()) return come_up(now, effects);
  // The ids are on the disk before any server hears of them, and so is what an earlier process left unsynced.
  stage_ = Stage::keeping_ids;
  ids_write_ = known ? store_.settle(effects.world) : store_.put_ids(node_.id, node_.secret_id, effects.world);
}

void Client::Impl::come_up(Now now, Effects& effects) {
  stage_ = Stage::up;
  log(effects, world::LogLevel::info, "started client", {{"node_id", node_.id}});
  const auto loaded = std::move(loaded_);
  Turn turn = this->turn(now, effects);
  for (auto& [id, stored] : loaded->allocs) {
    stored.alloc.task_states.clear();  // as they were when the servers last said something
    const auto tasks = base::mutant("M16") ? loaded->tasks.end() : loaded->tasks.find(id);
    const StoredTasks nothing;
    allocs_.emplace(id, std::make_unique<AllocRunner>(turn, std::move(stored.alloc),
                                                      tasks == loaded->tasks.end() ? &nothing : &tasks->second));
    report_later(now, id);
  }
  if (can_call()) register_at_ = now.instant;
}

}  // namespace core::client
