// A server for the checkers to look at, made up as a test wants it: a real Raft that starts from any log, and leads
// when it is told to, whatever others there may be.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/raft/raft.hpp"
#include "core/state/state.hpp"
#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class MadeUpServer {
 public:
  /// The first entry is the configuration: all of `voters`, itself among them.
  MadeUpServer(std::size_t number, std::vector<std::string> voters)
      : number_(number), name_("server-" + std::to_string(number + 1)), id_(voters.at(number)) {
    core::raft::Configuration configuration;
    for (const std::string& voter : voters) configuration.servers.push_back({voter, voter + ":4647", {}});
    payload_ = core::raft::encode(configuration.sorted());
    start(1, {1});
  }

  /// Another life, in which the disk holds entries of these terms; `mark` is what their payloads say.
  void start(std::uint64_t term, const std::vector<std::uint64_t>& terms, const std::string& mark = "",
             std::optional<std::string> vote = {}) {
    core::raft::Restored restored{.hard_state = {{term}, std::move(vote)}, .entries = {}};
    for (std::size_t i = 0; i < terms.size(); ++i)
      restored.entries.push_back({.term = {terms[i]},
                                  .index = {i + 1},
                                  .kind = i == 0 ? core::raft::EntryKind::configuration : core::raft::EntryKind::noop,
                                  .payload = i == 0 ? payload_ : std::make_shared<const std::string>(mark)});
    raft_ = std::make_unique<core::raft::Raft>(core::raft::Raft::Config{.self = id_, .address = id_ + ":4647"},
                                               std::move(restored), core::Rng(1), now_);
    life_ += 2;
  }

  /// Elected in the next term, its disk answering at once, and every other voter for it.
  void lead() {
    handle(core::raft::Started{});
    while (raft_->role() == core::raft::Role::follower) wake();
    for (const auto& server : raft_->configuration().servers)
      handle(core::raft::MessageReceived{server.id,
                                         core::raft::RequestPreVoteReply{raft_->term(), raft_->term().next(), true}});
    persist();
    for (const auto& server : raft_->configuration().servers)
      handle(core::raft::MessageReceived{server.id, core::raft::RequestVoteReply{raft_->term(), true}});
    persist();
  }
  void hear(const std::string& from, core::raft::Message message) {
    handle(core::raft::MessageReceived{from, std::move(message)});
  }
  void look_up() { handle(core::raft::Woken{}); }
  void persist() { handle(core::raft::Persisted{sequence_}); }

  Sight sight(TrueTime at = {}) const {
    return {static_cast<NodeId>(number_), number_, name_, life_, 1, at, id_, *raft_, state, false};
  }
  const core::raft::Raft& raft() const { return *raft_; }
  const std::string& id() const { return id_; }

  core::state::State state;

 private:
  void wake() {
    now_ = std::max(now_, raft_->deadline());
    handle(core::raft::Woken{});
  }
  void handle(const core::raft::Event& event) {
    if (const auto* heard = std::get_if<core::raft::MessageReceived>(&event); heard != nullptr && heard->from == id_)
      return;
    core::raft::Effects effects;
    raft_->handle(now_, event, effects);
    for (const core::raft::Effect& effect : effects)
      if (const auto* persist = std::get_if<core::raft::Persist>(&effect)) sequence_ = persist->sequence;
  }

  std::size_t number_;
  std::string name_;
  std::string id_;
  core::raft::Payload payload_;
  std::unique_ptr<core::raft::Raft> raft_;
  core::Instant now_;
  core::raft::PersistSequence sequence_;
  std::uint64_t life_ = 1;
};

}  // namespace simulator::checkers
