#include "simulator/explore/model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/describe/hash.hpp"
#include "core/describe/text.hpp"

namespace simulator::explore {

using namespace core::raft;
using property::RaftInvariants;

namespace {

// Stamps are for leases, which no safety rests on; as bytes they would make every message another.
void forget_the_time(Message& message) {
  std::visit(
      [](auto& what) {
        if constexpr (requires { what.sent_ns; }) what.sent_ns = 0;
      },
      message);
}

std::vector<ServerId> ids(std::size_t servers) {
  std::vector<ServerId> out;
  for (std::size_t i = 0; i < servers; ++i) out.push_back(Model::name(i));
  return out;
}

}  // namespace

Model::Model(const ModelOptions& options) : options_(options) {
  core::check(options.servers >= 1 && options.servers <= max_servers, "one to five servers are explored");
}

std::string Model::name(std::size_t server) { return fmt::format("n{}", server + 1); }
std::size_t Model::number(const ServerId& id) const { return static_cast<std::size_t>(id[1] - '1'); }

State Model::initial() {
  State state;
  state.left = options_.budget;
  state.invariants = std::make_shared<RaftInvariants>(ids(options_.servers));
  Configuration configuration;
  for (std::size_t i = 0; i < options_.servers; ++i)
    configuration.servers.push_back({name(i), name(i) + ":4647", Suffrage::voter});
  for (std::size_t i = 0; i < options_.servers; ++i) state.servers[i] = std::make_shared<Server>();
  for (std::size_t i = 0; i < options_.servers; ++i) {
    start(state, i);
    handle(state, i, Bootstrap{configuration});
  }
  while (const auto next = usual(state)) carry_out(state, *next);
  return state;
}

std::optional<Choice> Model::usual(const State& state) const {
  for (std::size_t i = 0; i < options_.servers; ++i) {
    const Server& server = *state.servers[i];
    if (server.raft && !server.slow_disk && !server.writes.empty())
      return Choice{ChoiceKind::disk_done, static_cast<std::uint8_t>(i)};
  }
  if (!state.under_way.empty()) return Choice{ChoiceKind::arrive, state.under_way.front().to};
  return std::nullopt;
}

bool Model::may_fire(const State& state, std::size_t server) const {
  return alive(state, server) && state.servers[server]->raft->deadline() != core::Instant::never();
}

void Model::alternatives(const State& state, const std::optional<Choice>& usual, std::vector<Choice>& out,
                         std::uint64_t& commuting) const {
  const auto add = [&](ChoiceKind kind, std::size_t which) { out.push_back({kind, static_cast<std::uint8_t>(which)}); };
  const auto add_crashes = [&](std::size_t server) {
    if (!alive(state, server)) return;
    if (state.left.kills > 0) add(ChoiceKind::kill, server);
    if (state.left.power_losses > 0) add(ChoiceKind::lose_power, server);
  };
  if (!usual) {
    for (std::size_t i = 0; i < options_.servers; ++i) {
      if (may_fire(state, i)) add(ChoiceKind::timer, i);
      if (!alive(state, i)) add(ChoiceKind::start, i);
      if (alive(state, i) && state.servers[i]->raft->is_leader() && state.left.proposals > 0)
        add(ChoiceKind::propose, i);
      if (state.servers[i]->slow_disk && !state.servers[i]->writes.empty()) add(ChoiceKind::disk_catches_up, i);
      add_crashes(i);
    }
    for (std::size_t i = 0; i < state.late.size(); ++i)
      if (i == 0 || state.late[i].hash != state.late[i - 1].hash) add(ChoiceKind::arrive_late, i);
    return;
  }
  const std::size_t at = usual->which;
  add_crashes(at);
  if (state.left.delays > 0 && may_fire(state, at)) add(ChoiceKind::timer, at);
  std::size_t sender = at;
  if (usual->kind == ChoiceKind::disk_done) {
    if (state.left.delays > 0) add(ChoiceKind::slow_disk, at);
  } else {
    const Parcel& first = state.under_way.front();
    const bool message = std::holds_alternative<MessageReceived>(*first.event);
    sender = first.from;
    if (state.left.losses > 0 && message) add(ChoiceKind::lose, at);
    if (state.left.duplicates > 0 && message) add(ChoiceKind::duplicate, at);
    if (state.left.delays > 0) add(ChoiceKind::delay, at);
    // The others' crashes commute with this arrival; but its sender's power takes the message with it.
    if (state.left.power_losses > 0 && alive(state, sender)) add(ChoiceKind::lose_power, sender);
  }
  for (std::size_t i = 0; i < options_.servers; ++i) {
    if (i == at || !alive(state, i)) continue;
    if (state.left.kills > 0) ++commuting;
    if (state.left.power_losses > 0 && i != sender) ++commuting;
    if (state.left.delays > 0) commuting += may_fire(state, i) ? 1 : 0;
  }
}

void Model::carry_out(State& state, Choice choice) {
  const std::size_t at = choice.which;
  switch (choice.kind) {
    case ChoiceKind::disk_done: {
      Server& server = state.own(at);
      const Persist write = std::move(server.writes.front());
      server.writes.erase(server.writes.begin());
      server.disk.write(write);
      return handle(state, at, Persisted{write.sequence});
    }
    case ChoiceKind::arrive:
    case ChoiceKind::duplicate: {
      const Parcel first = state.under_way.front();
      state.under_way.erase(state.under_way.begin());
      if (choice.kind == ChoiceKind::duplicate) {
        --state.left.duplicates;
        state.under_way.push_back(first);
      }
      return handle(state, first.to, *first.event);
    }
    case ChoiceKind::lose:
      --state.left.losses;
      state.under_way.erase(state.under_way.begin());
      return;
    case ChoiceKind::delay: {
      --state.left.delays;
      const Parcel first = state.under_way.front();
      state.under_way.erase(state.under_way.begin());
      state.late.insert(std::upper_bound(state.late.begin(), state.late.end(), first,
                                         [](const Parcel& a, const Parcel& b) { return a.hash < b.hash; }),
                        first);
      return;
    }
    case ChoiceKind::arrive_late: {
      const Parcel late = state.late[at];
      state.late.erase(state.late.begin() + static_cast<std::ptrdiff_t>(at));
      return handle(state, late.to, *late.event);
    }
    case ChoiceKind::timer: {
      if (usual(state)) --state.left.delays;
      Server& server = state.own(at);
      server.clock = std::max(server.clock, server.raft->deadline());
      return handle(state, at, Woken{});
    }
    case ChoiceKind::propose: {
      const std::string payload = fmt::format("v{}", options_.budget.proposals - state.left.proposals + 1);
      --state.left.proposals;
      return handle(state, at, Proposed{ProposalId{1}, std::make_shared<const std::string>(payload)});
    }
    case ChoiceKind::kill:
      --state.left.kills;
      return end(state, at, false);
    case ChoiceKind::lose_power:
      --state.left.power_losses;
      return end(state, at, true);
    case ChoiceKind::start:
      return start(state, at);
    case ChoiceKind::slow_disk:
    case ChoiceKind::disk_catches_up: {
      const bool slow = choice.kind == ChoiceKind::slow_disk;
      if (slow) --state.left.delays;
      Server& server = state.own(at);
      server.slow_disk = slow;
      return rehash(server);
    }
  }
}

void Model::handle(State& state, std::size_t at, const Event& event) {
  Server& server = state.own(at);
  if (!server.raft) return;
  effects_.clear();
  try {
    server.raft->handle(server.clock, event, effects_);
  } catch (const core::base::CheckFailed& broken) {
    return state.own_invariants().fell("CHECK", name(at) + ": " + broken.what());
  }
  std::array<const property::RaftDisk*, max_servers> disks{};
  for (std::size_t i = 0; i < options_.servers; ++i) disks[i] = &state.servers[i]->disk;
  RaftInvariants& invariants = state.own_invariants();
  if (invariants.observe(at, *server.raft, effects_, {disks.data(), options_.servers})) {
    bytes_.clear();
    invariants.append_memory(bytes_);
    core::describe::Hasher hasher;
    hasher.add(std::string_view(bytes_));
    state.memory_hash = hasher.value();
  }
  carry_out_effects(state, at);
  rehash(server);
}

void Model::carry_out_effects(State& state, std::size_t at) {
  for (Effect& effect : effects_) {
    if (auto* send = std::get_if<Send>(&effect)) {
      const std::size_t to = number(send->to);
      if (!alive(state, to)) continue;  // refused
      forget_the_time(send->message);
      state.under_way.push_back(parcel(at, to, MessageReceived{name(at), std::move(send->message)}));
    } else if (auto* persist = std::get_if<Persist>(&effect)) {
      state.servers[at]->writes.push_back(std::move(*persist));
    }
  }
}

void Model::start(State& state, std::size_t at) {
  Server& server = state.own(at);
  Raft::Config config;
  config.self = name(at);
  config.address = config.self + ":4647";
  config.max_append_entries = options_.max_append_entries;
  server.raft.emplace(config, server.disk.restored(), core::Rng(at), server.clock);
  server.slow_disk = false;
  state.own_invariants().restarted(at, server.disk);
  handle(state, at, Started{});
}

void Model::end(State& state, std::size_t at, bool power) {
  Server& server = state.own(at);
  server.raft.reset();
  server.writes.clear();
  server.slow_disk = false;
  rehash(server);
  const auto is_gone = [&](const Parcel& parcel) { return parcel.to == at || (power && parcel.from == at); };
  std::erase_if(state.under_way, is_gone);
  std::erase_if(state.late, is_gone);
  if (power) return;
  for (std::size_t i = 0; i < options_.servers; ++i)
    if (i != at && alive(state, i)) state.under_way.push_back(parcel(at, i, PeerUnreachable{name(at)}));
}

void Model::rehash(Server& server) {
  bytes_.clear();
  core::describe::Hasher hasher;
  bytes_.push_back(server.raft ? 1 : 0);
  bytes_.push_back(server.slow_disk ? 1 : 0);
  if (server.raft) server.raft->append_fingerprint(server.clock, bytes_);
  bytes_.push_back(static_cast<char>(server.writes.size()));
  for (const Persist& write : server.writes) append_fingerprint(write, bytes_);
  append_fingerprint(Persist{{}, server.disk.state, {}, {}, server.disk.log}, bytes_);
  hasher.add(std::string_view(bytes_));
  server.hash = hasher.value();
}

Parcel Model::parcel(std::size_t from, std::size_t to, Event event) {
  bytes_.clear();
  if (const auto* message = std::get_if<MessageReceived>(&event)) append_fingerprint(message->message, bytes_);
  core::describe::Hasher hasher;
  hasher.add(std::uint64_t{from << 8 | to});
  hasher.add(std::string_view(bytes_));
  return {static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to),
          std::make_shared<const Event>(std::move(event)), hasher.value()};
}

std::string Model::text(const State& state, Choice choice) const {
  const auto of = [](const Parcel& parcel) {
    const auto* message = std::get_if<MessageReceived>(parcel.event.get());
    return message != nullptr ? core::describe::text_of(message->message) : std::string("the connection closed");
  };
  const std::string at = name(choice.which);
  switch (choice.kind) {
    case ChoiceKind::disk_done:
      return at + "'s disk has written";
    case ChoiceKind::arrive:
      return fmt::format("{} receives from {}: {}", at, name(state.under_way.front().from),
                         of(state.under_way.front()));
    case ChoiceKind::timer:
      return at + "'s timer fires";
    case ChoiceKind::propose:
      return at + " is given a command";
    case ChoiceKind::kill:
      return at + " is killed";
    case ChoiceKind::lose_power:
      return at + " loses power";
    case ChoiceKind::start:
      return at + " starts";
    case ChoiceKind::lose:
      return fmt::format("what {} sent to {} is lost: {}", name(state.under_way.front().from), at,
                         of(state.under_way.front()));
    case ChoiceKind::duplicate:
      return fmt::format("{} receives from {}, and will once more: {}", at, name(state.under_way.front().from),
                         of(state.under_way.front()));
    case ChoiceKind::delay:
      return fmt::format("what {} sent to {} is held up: {}", name(state.under_way.front().from), at,
                         of(state.under_way.front()));
    case ChoiceKind::arrive_late: {
      const Parcel& late = state.late[choice.which];
      return fmt::format("{} receives late from {}: {}", name(late.to), name(late.from), of(late));
    }
    case ChoiceKind::slow_disk:
      return at + "'s disk becomes slow";
    case ChoiceKind::disk_catches_up:
      return at + "'s disk goes on";
  }
  return "";
}

std::string Model::text(const State& state, std::size_t at) const {
  const Server& server = *state.servers[at];
  std::string log;
  const auto add = [&](const Entry& entry) { log += fmt::format(" {}@{}", entry.index.value, entry.term.value); };
  if (!server.raft) {
    for (const Entry& entry : server.disk.log) add(entry);
    return fmt::format("{}: down, disk has term {}, log{}", name(at), server.disk.state.term.value, log);
  }
  const Raft& raft = *server.raft;
  for (const Entry& entry : raft.log().slice(raft.log().first_index(), raft.last_index())) add(entry);
  return fmt::format("{}: {} of term {}{}, log{}, durable {}, commit {}", name(at), core::raft::name(raft.role()),
                     raft.term().value, raft.vote() ? ", voted for " + *raft.vote() : "", log,
                     raft.durable_index().value, raft.commit_index().value);
}

}  // namespace simulator::explore
