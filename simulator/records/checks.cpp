#include "simulator/records/checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "simulator/checkers/elect.hpp"
#include "simulator/checkers/history.hpp"
#include "simulator/checkers/log_match.hpp"
#include "simulator/checkers/mono.hpp"
#include "simulator/checkers/state_hash.hpp"

namespace simulator::records {

// One life of one server: what the checkers read is looked at when it has changed.
class Checks::Watcher final : public core::agent::ReplayWatcher {
 public:
  Watcher(Checks& checks, std::size_t server, std::uint64_t life) : checks_(checks), server_(server), life_(life) {}

  void handled(core::Now now, const core::agent::Agent& agent) override {
    const core::server::Server* const server = agent.server();
    if (server == nullptr || server->raft() == nullptr) return;
    const core::raft::Raft& raft = *server->raft();
    const Brief brief{raft.term(),
                      raft.is_leader(),
                      raft.vote().has_value(),
                      raft.hard_state_durable(),
                      raft.last_index(),
                      raft.log().last_term(),
                      raft.commit_index(),
                      raft.durable_index(),
                      server->state().index()};
    if (brief == before_) return;
    before_ = brief;
    checks_.saw(server_, life_, now, agent);
  }
  void observed(core::Now now, const core::wire::Observed& observed) override { checks_.saw(server_, now, observed); }
  void applied(core::Now now, const core::raft::Entry& entry, const core::state::State& state) override {
    checks_.saw(server_, now, entry, state);
  }

 private:
  struct Brief {
    core::raft::Term term;
    bool leads = false;
    bool voted = false;
    bool hard_state_durable = false;
    core::raft::Index last;
    core::raft::Term last_term;
    core::raft::Index commit;
    core::raft::Index durable;
    std::uint64_t applied = 0;
    friend bool operator==(const Brief&, const Brief&) = default;
  };
  Checks& checks_;
  std::size_t server_;
  std::uint64_t life_;
  Brief before_;
};

Checks::Checks(std::vector<std::string> names)
    : names_(std::move(names)), lives_(names_.size()), peers_(names_.size()), latest_(names_.size()) {
  checkers_.push_back(std::make_unique<checkers::Elect>());
  checkers_.push_back(std::make_unique<checkers::LogMatch>(names_.size()));
  auto history = std::make_unique<checkers::History>(names_.size(), false);
  history->on_commit = [this](const checkers::Commit&) { ++seen_.committed; };
  checkers_.push_back(std::move(history));
  checkers_.push_back(std::make_unique<checkers::Mono>(names_.size()));
  checkers_.push_back(std::make_unique<checkers::StateHash>());
}

core::agent::ReplayWatcher& Checks::next_life(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  core::check(found != names_.end(), "a life is of one of the servers that were named");
  const auto server = static_cast<std::size_t>(found - names_.begin());
  latest_[server] = {};
  watcher_ = std::make_unique<Watcher>(*this, server, ++lives_[server]);
  return *watcher_;
}

void Checks::fell(std::string_view invariant, core::Now now, std::string what) {
  if (violation_) return;
  if (!began_) began_ = now.wall.unix_ns;
  violation_ =
      checkers::Violation{std::string(invariant), checkers::TrueTime{now.wall.unix_ns - *began_}, std::move(what)};
}

void Checks::saw(std::size_t server, std::uint64_t life, core::Now now, const core::agent::Agent& agent) {
  if (!began_) began_ = now.wall.unix_ns;
  ++seen_.looks;
  const core::server::Server& up = *agent.server();
  const checkers::Sight sight{.node = static_cast<checkers::NodeId>(server),
                              .server = server,
                              .name = names_[server],
                              .life = life,
                              .at = checkers::TrueTime{now.wall.unix_ns - *began_},
                              .id = up.id(),
                              .raft = *up.raft(),
                              .state = up.state()};
  for (const core::raft::Server& peer : up.raft()->configuration().servers) peers_[server].insert(peer.id);
  applied(server, now, up.state().index(), up.state().hash());
  for (const auto& checker : checkers_)
    if (auto wrong = checker->saw(sight)) fell(checker->invariant(), now, std::move(*wrong));
}

void Checks::saw(std::size_t server, core::Now now, const core::wire::Observed& observed) {
  const std::string& name = names_[server];
  ++seen_.observations;
  if (observed.leads) {
    const auto [known, first] = leader_of_term_.emplace(observed.term, name);
    seen_.leaders += first ? 1 : 0;
    if (known->second != name)
      fell("ELECT", now,
           fmt::format("{} was seen to lead in term {}, in which {} had led", name, observed.term, known->second));
  }
  if (observed.commit_term != 0) committed(server, now, observed.commit_index, observed.commit_term);
  applied(server, now, observed.applied, observed.state_hash);
  core::wire::Observed& before = latest_[server];
  if (observed.term < before.term || observed.commit_index < before.commit_index || observed.applied < before.applied)
    fell("MONO", now,
         fmt::format("{} was seen in term {} with {} committed and {} applied, after term {} with {} and {}", name,
                     observed.term, observed.commit_index, observed.applied, before.term, before.commit_index,
                     before.applied));
  before = observed;
}

void Checks::saw(std::size_t server, core::Now now, const core::raft::Entry& entry, const core::state::State& state) {
  if (!began_) began_ = now.wall.unix_ns;
  ++seen_.followed;
  committed(server, now, entry.index.value, entry.term.value);
  applied(server, now, state.index(), state.hash());
}

// Sets that share a server grow together until none do; who is left apart then is a stranger.
std::optional<std::pair<std::string, std::string>> Checks::strangers() const {
  std::optional<std::size_t> first;
  std::set<std::string> together;
  std::vector<std::size_t> apart;
  for (std::size_t server = 0; server < names_.size(); ++server) {
    if (peers_[server].empty()) continue;
    if (first) {
      apart.push_back(server);
    } else {
      first = server;
      together = peers_[server];
    }
  }
  const auto joins = [&](std::size_t server) {
    const bool shares = std::ranges::any_of(peers_[server], [&](const auto& id) { return together.contains(id); });
    if (shares) together.insert(peers_[server].begin(), peers_[server].end());
    return shares;
  };
  while (std::erase_if(apart, joins) > 0) {
  }
  if (apart.empty()) return std::nullopt;
  return std::pair(names_[*first], names_[apart.front()]);
}

void Checks::committed(std::size_t server, core::Now now, std::uint64_t index, std::uint64_t term) {
  const auto known = term_of_commit_.emplace(index, term).first;
  if (known->second != term)
    fell("SMSAFE", now,
         fmt::format("{} was seen with index {} committed in term {}, where another had term {}", names_[server], index,
                     term, known->second));
}

void Checks::applied(std::size_t server, core::Now now, std::uint64_t index, std::uint64_t state_hash) {
  const auto known = hash_of_state_.emplace(index, state_hash).first;
  if (known->second != state_hash)
    fell("STATEHASH", now,
         fmt::format("{} was seen with state {:016x} at index {}, where another had {:016x}", names_[server],
                     state_hash, index, known->second));
}

}  // namespace simulator::records
