#include "core/client/client.hpp"

#include <algorithm>

#include "core/client/impl.hpp"

namespace core::client {

Client::Client(Config config, Rng rng) : impl_(std::make_unique<Impl>(std::move(config), rng)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

void Client::handle(Now now, const Event& event, Effects& effects) { impl_->handle(now, event, effects); }
Instant Client::deadline() const { return impl_->deadline(); }
Status Client::status() const { return impl_->status(); }
const model::Node& Client::node() const { return impl_->node_; }

const model::Allocation* Client::alloc(std::string_view id) const {
  const auto found = impl_->allocs_.find(std::string(id));
  return found == impl_->allocs_.end() ? nullptr : &found->second->alloc();
}

std::vector<const model::Allocation*> Client::allocs() const {
  std::vector<const model::Allocation*> out;
  for (const auto& [id, runner] : impl_->allocs_) out.push_back(&runner->alloc());
  return out;
}

void Client::Impl::handle(Now now, const Event& event, Effects& effects) {
  if (stage_ == Stage::left) return;
  if (stage_ == Stage::fresh) start(effects);
  std::visit([&](const auto& what) { on(now, what, effects); }, event);
  // Whatever has come due meanwhile is done now, so that a deadline never lies in the past.
  if (!std::holds_alternative<world::Woken>(event) && stage_ != Stage::left) on(now, world::Woken{}, effects);
}

void Client::Impl::on(Now now, const Replied& event, Effects& effects) {
  for (std::size_t i = 0; i < matters; ++i)
    if (calls_[i] && calls_[i]->id == event.call) return answered(now, static_cast<Matter>(i), event.body, effects);
  // Nobody waits for it any more.
}

void Client::Impl::on(Now now, const ServersSet& event, Effects&) {
  const bool had = can_call();
  servers_.set(event.servers, rng_);
  tries_ = {};
  if (!had && can_call() && stage_ == Stage::up && !registered_) register_at_ = now.instant;
}

void Client::Impl::on(Now now, const LeaveRequested&, Effects& effects) {
  if (leaving_ != Leaving::no) return;
  log(effects, world::LogLevel::info, "leaving");
  ask_to_leave(now, effects);
}

void Client::Impl::on(Now now, const ShutdownRequested&, Effects& effects) {
  log(effects, world::LogLevel::info, "shutting down");
  if (!config_.dev || allocs_.empty()) return leave(effects);
  leaving_ = Leaving::killing_tasks;
  leave_limit_ = now.instant + config_.max_kill_timeout + 5s;  // what the host needs to end them
  Turn turn = this->turn(now, effects);
  for (auto& [id, runner] : allocs_) runner->destroy(turn);
}

void Client::Impl::on(Now now, const world::Woken&, Effects& effects) {
  if (start_again_at_ <= now.instant) {
    start_again_at_ = Instant::never();
    if (stage_ == Stage::reading)
      store_.read(effects.world);
    else
      ids_write_ = store_.put_ids(node_.id, node_.secret_id, effects.world);
  }
  if (stage_ != Stage::up) return go_on_leaving(now, effects);
  for (std::size_t i = 0; i < matters; ++i)
    if (calls_[i] && calls_[i]->until <= now.instant)
      answered(now, static_cast<Matter>(i), wire::rpc::Failure{"rpc error: timed out"}, effects);
  Turn turn = this->turn(now, effects);
  for (auto& [id, runner] : allocs_)
    if (runner->deadline() <= now.instant) {
      runner->wake(turn);
      report_later(now, id);
    }
  forget_removed(effects);
  if (register_at_ <= now.instant) register_node(now, effects);
  if (heartbeat_at_ <= now.instant) heartbeat(now, effects);
  if (watch_at_ <= now.instant) watch(now, effects);
  if (report_at_ <= now.instant) report(now, effects);
  go_on_leaving(now, effects);
}

void Client::Impl::on(Now now, const world::DiskBatchDone& event, Effects& effects) {
  if (stage_ == Stage::keeping_ids && event.token == ids_write_) {
    if (event.error.empty()) return come_up(now, effects);
    log(effects, world::LogLevel::error, "could not write the node's ids, trying again", {{"error", event.error}});
    start_again_at_ = now.instant + 15s;
    return;
  }
  Turn turn = this->turn(now, effects);
  for (auto& [id, runner] : allocs_)
    if (runner->disk_done(turn, event.token, event.error)) return report_later(now, id);
}

void Client::Impl::on(Now now, const world::AllocDirMade& event, Effects& effects) {
  const auto found = allocs_.find(event.alloc_id);
  if (found == allocs_.end()) return;
  Turn turn = this->turn(now, effects);
  found->second->dir_made(turn, event.error);
  report_later(now, event.alloc_id);
}

void Client::Impl::on(Now now, const world::TaskStarted& event, Effects& effects) {
  tell_task(now, event.key, TaskRunner::Started{event.handle}, effects);
}
void Client::Impl::on(Now now, const world::TaskStartFailed& event, Effects& effects) {
  tell_task(now, event.key, TaskRunner::StartFailed{event.error, event.recoverable, false}, effects);
}
void Client::Impl::on(Now now, const world::TaskExited& event, Effects& effects) {
  tell_task(now, event.key, TaskRunner::Exited{event.exit_code, event.signal, event.oom_killed}, effects);
}
void Client::Impl::on(Now now, const world::TaskLost& event, Effects& effects) {
  tell_task(now, event.key, TaskRunner::Lost{event.error}, effects);
}

void Client::Impl::tell_task(Now now, const world::TaskKey& key, const TaskRunner::Event& event, Effects& effects) {
  const auto found = allocs_.find(key.alloc_id);
  if (found == allocs_.end()) return;
  Turn turn = this->turn(now, effects);
  found->second->task_event(turn, key.task, event);
  report_later(now, key.alloc_id);
}

Instant Client::Impl::deadline() const {
  if (stage_ == Stage::left) return Instant::never();
  Instant earliest =
      std::min({start_again_at_, register_at_, heartbeat_at_, watch_at_, report_at_, leave_at_, leave_limit_});
  for (const auto& call : calls_)
    if (call) earliest = std::min(earliest, call->until);
  for (const auto& [id, runner] : allocs_) earliest = std::min(earliest, runner->deadline());
  return earliest;
}

Status Client::Impl::status() const {
  Status out;
  out.node_id = node_.id;
  out.registered = ever_registered_;
  for (const Address& server : servers_.all()) out.servers.push_back(server.text());
  out.heartbeat_ttl = heartbeat_ttl_;
  out.last_heartbeat = last_heartbeat_.value_or(Instant{});
  out.allocations = allocs_.size();
  return out;
}

void Client::Impl::log(Effects& effects, world::LogLevel level, std::string message,
                       std::vector<world::LogField> fields) {
  effects.world.push_back(world::Logged{level, "client", std::move(message), std::move(fields)});
}

Duration Client::Impl::retry(Duration base) {
  return config_.dev ? Duration{1s} : base + rng_.between(Duration{}, base);
}

}  // namespace core::client
