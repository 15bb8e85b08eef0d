// What can happen to a state, and what then comes of it. The rules of the explored world.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulator/explore/state.hpp"

namespace simulator::explore {

struct ModelOptions {
  std::size_t servers = 3;
  Budget budget;
  std::size_t max_append_entries = 1;  // in one message: small ones have more ways to go wrong
};

class Model {
 public:
  explicit Model(const ModelOptions& options);

  /// All servers are up and know their configuration; nothing is under way.
  State initial();
  /// What happens next by itself; nothing when all is quiet.
  std::optional<Choice> usual(const State& state) const;
  /// What can be chosen instead of, or before, `usual`. Of what commutes with it (what happens to other servers) none
  /// is in the list: it can as well be chosen after it. `commuting` counts those.
  void alternatives(const State& state, const std::optional<Choice>& usual, std::vector<Choice>& out,
                    std::uint64_t& commuting) const;
  void carry_out(State& state, Choice choice);

  /// "n2 receives from n1: request-vote term=2 last_index=1 last_term=1"; of the choice as it is about to happen.
  std::string text(const State& state, Choice choice) const;
  /// "n2: follower of term 2, voted for n1, log 1@1 2@2, commit 1"
  std::string text(const State& state, std::size_t server) const;
  static std::string name(std::size_t server);
  const ModelOptions& options() const { return options_; }

 private:
  void handle(State& state, std::size_t server, const core::raft::Event& event);
  void carry_out_effects(State& state, std::size_t server);
  void start(State& state, std::size_t server);
  void end(State& state, std::size_t server, bool power);
  void rehash(Server& server);
  Parcel parcel(std::size_t from, std::size_t to, core::raft::Event event);
  bool alive(const State& state, std::size_t server) const { return state.servers[server]->raft.has_value(); }
  bool may_fire(const State& state, std::size_t server) const;
  std::size_t number(const core::raft::ServerId& id) const;

  ModelOptions options_;
  core::raft::Effects effects_;  // of the event at hand
  std::string bytes_;            // room for fingerprints
};

}  // namespace simulator::explore
