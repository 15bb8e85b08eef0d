#include "tests/core/raft/one_server.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tests/core/raft/describe.hpp"

namespace tests {

using namespace core::raft;

std::string OneServer::answer(const Command& command) {
  now_ += time_passed(command);
  if (command.verb == "show") return show();
  if (command.verb == "lease") return raft_->lease_valid(now_) ? "the lease holds\n" : "no lease\n";
  if (command.verb == "meta") return describe(raft_->snapshot_meta()) + "\n";
  if (command.verb == "start") {
    start(command);
  } else if (command.verb == "elect") {
    start(command);
    elect();
  } else if (command.verb == "lead") {
    start(command);
    elect();
    lead(command);
    return show();
  } else if (command.verb == "tick") {
    now_ = std::max(now_, raft_->deadline());
    handle(Woken{});
  } else {
    Command stamped = command;
    if (const core::Duration ago = command.duration("sent-ago"); ago != core::Duration{})
      stamped.values["sent"] = std::to_string((now_ - ago).ns);
    handle(to_event(stamped));
  }
  return describe(effects_, *raft_, command.get("notes") == "on");
}

void OneServer::start(const Command& command) {
  Restored restored{{Term{command.number("term")}, std::nullopt}, {}};
  if (!command.get("vote").empty()) restored.hard_state.vote = command.get("vote");
  Command log = command;
  log.verb = "from";
  log.args.insert(log.args.begin() + 1, "append");
  const auto append = std::get<AppendEntries>(std::get<MessageReceived>(to_event(log)).message);
  restored.entries.assign(append.entries.begin(), append.entries.end());
  if (!command.get("last").empty()) restored.snapshot = parse_meta(command);
  if (const std::string base = command.get("base"); !base.empty())
    restored.base = {Index{std::stoull(base)}, Term{std::stoull(base.substr(base.find('/') + 1))}};
  Raft::Config config{.self = command.args.at(0), .address = command.args.at(0) + ":4647"};
  config.max_append_entries = command.number("max-entries", 64);
  config.max_append_bytes = command.number("max-bytes", 1 << 20);
  config.max_inflight_requests = command.number("max-inflight", 8);
  config.max_commit_entries = command.number("max-commit", config.max_commit_entries);
  config.trailing_logs = command.number("trailing", 0);
  config.max_snapshot_inflight = command.number("max-snapshot-inflight", 1 << 20);
  config.snapshot_bytes_per_second = command.number("bytes-per-second", config.snapshot_bytes_per_second);
  raft_.emplace(config, restored, core::Rng(1), now_);
  to_persist_ = {};
  handle(Started{});
}

// The timer fires, every voter grants what it is asked for, and the disk answers.
void OneServer::elect() {
  if (!raft_->is_leader() && raft_->role() == Role::follower) {
    now_ = std::max(now_, raft_->deadline());
    handle(Woken{});
  }
  const Configuration configuration = raft_->configuration();
  for (const Server& server : configuration.servers)
    if (raft_->role() == Role::pre_candidate && server.id != raft_->config().self)
      handle(MessageReceived{server.id, RequestPreVoteReply{raft_->term(), raft_->term().next(), true}});
  handle(Persisted{to_persist_});
  for (const Server& server : configuration.servers)
    if (raft_->role() == Role::candidate && server.id != raft_->config().self)
      handle(MessageReceived{server.id, RequestVoteReply{raft_->term(), true}});
}

void OneServer::lead(const Command& command) {
  std::string silent = command.get("silent") + ",";
  handle(Persisted{to_persist_});
  for (const PeerReport& peer : raft_->peers())
    if (silent.find(peer.id + ",") == std::string::npos)
      handle(MessageReceived{peer.id,
                             AppendEntriesReply{.term = raft_->term(), .success = true, .match = raft_->last_index()}});
}

void OneServer::handle(const Event& event) {
  effects_.clear();
  raft_->handle(now_, event, effects_);
  for (const Effect& effect : effects_)
    if (const auto* persist = std::get_if<Persist>(&effect)) to_persist_ = persist->sequence;
}

std::string OneServer::show() const {
  std::string peers;
  for (const PeerReport& peer : raft_->peers())
    peers += fmt::format(" {}:match={},next={}", peer.id, peer.match.value, peer.next.value);
  return fmt::format("{} term={} vote={} last={} durable={} commit={}{}\n", name(raft_->role()), raft_->term().value,
                     raft_->vote().value_or("-"), raft_->last_index().value, raft_->durable_index().value,
                     raft_->commit_index().value, peers);
}

}  // namespace tests
