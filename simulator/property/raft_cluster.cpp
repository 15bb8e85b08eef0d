#include "simulator/property/raft_cluster.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::property {

using namespace core::raft;
using core::Duration;
using core::Instant;
using namespace std::chrono_literals;

RaftOptions RaftOptions::drawn(std::uint64_t seed, std::size_t servers) {
  core::Rng rng(seed * 1000 + servers);
  const auto pick = [&](auto... of) {
    const std::common_type_t<decltype(of)...> choices[] = {of...};
    return choices[rng.below(sizeof...(of))];
  };
  RaftOptions options;
  options.seed = seed;
  options.servers = servers;
  options.membership_changes = servers > 1 && rng.chance(0.3);
  options.voters = options.membership_changes ? 1 + rng.below(servers) : servers;
  options.loss = pick(0.0, 0.02, 0.2);
  options.duplicates = pick(0.0, 0.1);
  options.slowest_message = pick(1ms, 20ms, 200ms);
  options.slowest_disk = pick(1ms, 20ms, 300ms);
  options.between_faults = pick(300ms, 1000ms, 3000ms);
  options.between_proposals = pick(10ms, 50ms, 300ms);
  options.max_append_entries = pick(1, 3, 64);
  options.max_inflight = pick(1, 8);
  options.snapshot_every = pick(0, 1, 7, 60);
  options.trailing_logs = pick(0, 3, 40);
  options.between_reads = pick(0ms, 20ms, 200ms);
  return options;
}

RaftOptions RaftOptions::quiet(std::size_t servers) {
  RaftOptions options;
  options.servers = servers;
  options.voters = servers;
  options.between_faults = 0s;
  options.between_proposals = 0s;
  return options;
}

namespace {

std::vector<ServerId> ids(std::size_t servers) {
  std::vector<ServerId> out;
  for (std::size_t i = 0; i < servers; ++i) out.push_back(fmt::format("n{}", i + 1));
  return out;
}

}  // namespace

RaftCluster::RaftCluster(const RaftOptions& options, std::vector<RaftDisk> disks)
    : options_(options), draws_(options.seed), invariants_(ids(options.servers)), nodes_(options.servers) {
  const auto names = ids(options.servers);
  options_.voters = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    core::check(!disks[i].snapshot, "the checkers would have to know what its snapshot stands for");
    nodes_[i].id = names[i];
    nodes_[i].disk = std::move(disks[i]);
  }
  for (const Node& node : nodes_) disks_.push_back(&node.disk);
  for (std::size_t i = 0; i < nodes_.size(); ++i) restart(i);
  if (options.between_faults > 0ns) next_fault_ = now_ + options.between_faults;
  if (options.between_proposals > 0ns) next_proposal_ = now_;
  if (options.between_reads > 0ns) next_read_ = now_;
}

RaftCluster::RaftCluster(const RaftOptions& options, Draws draws)
    : options_(options), draws_(std::move(draws)), invariants_(ids(options.servers)), nodes_(options.servers) {
  const auto names = ids(options.servers);
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].id = names[i];
  for (const Node& node : nodes_) disks_.push_back(&node.disk);
  for (std::size_t i = 0; i < nodes_.size(); ++i) restart(i);
  if (options.between_faults > 0ns) next_fault_ = now_ + options.between_faults;
  if (options.between_proposals > 0ns) next_proposal_ = now_;
  if (options.between_reads > 0ns) next_read_ = now_;
}

Configuration RaftCluster::first_configuration() const {
  Configuration configuration;
  for (std::size_t i = 0; i < options_.voters; ++i)
    configuration.servers.push_back({nodes_[i].id, nodes_[i].id + ":4647", Suffrage::voter});
  return configuration;
}

std::size_t RaftCluster::number(const ServerId& id) const {
  return static_cast<std::size_t>(std::stoul(id.substr(1))) - 1;
}

std::string RaftCluster::violation() const {
  const auto& broken = invariants_.broken();
  if (!broken) return "";
  return fmt::format("{} fell at {} ms (seed {}, {} servers): {}", broken->invariant, now_.ns / 1'000'000,
                     options_.seed, options_.servers, broken->how);
}

std::optional<std::size_t> RaftCluster::leader() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].raft && nodes_[i].raft->is_leader() && (!best || nodes_[i].raft->term() > nodes_[*best].raft->term()))
      best = i;
  return best;
}

void RaftCluster::restart(std::size_t server) {
  Node& node = nodes_[server];
  node.starts.reset();
  Raft::Config config;
  config.self = node.id;
  config.address = node.id + ":4647";
  config.heartbeat_timeout = config.election_timeout = options_.timeout;
  config.timeout_spread = options_.timeout_spread;
  config.leader_lease = options_.timeout / 2;
  config.max_append_entries = options_.max_append_entries;
  config.max_inflight_requests = options_.max_inflight;
  config.max_snapshot_inflight = options_.max_inflight;
  config.trailing_logs = options_.trailing_logs;
  node.raft.emplace(config, node.disk.restored(), draws_.generator(static_cast<std::uint8_t>(server)), now_);
  invariants_.restarted(server, node.disk);
  handle(server, Started{});
  // One that lost power before its first write knows of no cluster: its operator tells it again.
  const bool knows_none = node.disk.log.empty() && !node.disk.snapshot;
  if (knows_none && server < options_.voters) handle(server, Bootstrap{first_configuration()});
}

// Of the writes under way the first few may have reached the disk.
void RaftCluster::crash(std::size_t server, std::optional<bool> told) {
  Node& node = nodes_[server];
  ++crashes;
  node.raft.reset();
  const std::size_t survive = draws_.below(node.writes.size() + 1);
  for (std::size_t i = 0; i < survive; ++i) {
    node.disk.write(node.writes[i].persist);
    invariants_.check_disk(server, node.disk);
  }
  node.writes.clear();
  if (node.snapshot_write && draws_.chance(0.5)) node.disk.write(node.snapshot_write->meta);
  node.snapshot_write.reset();
  const bool noticed = told ? *told : draws_.chance(0.5);
  for (std::size_t i = 0; i < nodes_.size() && noticed; ++i)
    if (i != server) {
      const Duration delay = draws_.between(1ms, 20ms);
      network_[{now_ + delay, ++sent_}] = {server, i, PeerUnreachable{node.id}};
    }
}

void RaftCluster::heal() {
  cuts_.clear();
  options_.loss = 0;
  options_.duplicates = 0;
  options_.slowest_message = 5ms;
  options_.slowest_disk = 5ms;
  next_fault_ = Instant::never();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!nodes_[i].raft) restart(i);
}

void RaftCluster::propose(std::size_t server, std::string payload) {
  handle(server, Proposed{ProposalId{++proposals_}, std::make_shared<const std::string>(std::move(payload))});
}

void RaftCluster::propose_together(std::size_t server, std::size_t count) {
  BatchProposed batch;
  for (std::size_t n = 0; n < count; ++n) {
    auto payload = std::make_shared<const std::string>(fmt::format("v{}", proposals_));
    batch.proposals.push_back({ProposalId{++proposals_}, std::move(payload)});
  }
  handle(server, batch);
}

void RaftCluster::read(std::size_t server) { handle(server, ReadRequested{ReadId{++last_read_}}); }

void RaftCluster::handle(std::size_t server, const Event& event) {
  Node& node = nodes_[server];
  if (!node.raft || invariants_.broken()) return;
  if (const auto* asked = std::get_if<ReadRequested>(&event)) invariants_.read_asked(asked->id);
  Effects effects;
  try {
    node.raft->handle(now_, event, effects);
  } catch (const core::base::CheckFailed& broken) {
    return invariants_.fell("CHECK", node.id + ": " + broken.what());
  }
  invariants_.observe(server, *node.raft, effects, disks_);
  for (const Effect& effect : effects) carry_out(server, effect);
  const std::uint64_t every = options_.snapshot_every;
  if (node.raft && every > 0 && node.raft->commit_index().value >= node.disk.snapshot_index().value + every)
    take_snapshot(server);
}

void RaftCluster::carry_out(std::size_t server, const Effect& effect) {
  Node& node = nodes_[server];
  if (const auto* message = std::get_if<Send>(&effect)) {
    send(server, *message);
  } else if (const auto* persist = std::get_if<Persist>(&effect)) {
    if (persist->truncate_from) ++truncations;
    const Duration delay = draws_.between(options_.fastest_disk, options_.slowest_disk);
    const Instant after = node.writes.empty() ? now_ : node.writes.back().due;
    node.writes.push_back({std::max(now_ + delay, after), *persist});
    if (options_.disk_answers_early) handle(server, Persisted{persist->sequence});
  } else if (const auto* change = std::get_if<LeadershipChanged>(&effect)) {
    if (change->role != Role::leader) return;
    ++elections;
    // Operators do not wait for it to have committed anything.
    if (options_.membership_changes && next_fault_ != Instant::never() && draws_.chance(0.3))
      network_[{now_, ++sent_}] = {server, server, drawn_change(draws_.below(nodes_.size()))};
  } else if (std::holds_alternative<ConfigurationChanged>(effect)) {
    ++configuration_changes;
  } else {
    carry_out_snapshots(server, effect);
  }
}

void RaftCluster::carry_out_snapshots(std::size_t server, const Effect& effect) {
  Node& node = nodes_[server];
  if (std::holds_alternative<SnapshotWanted>(effect)) {
    const Duration delay = draws_.between(options_.fastest_disk, options_.slowest_disk);
    network_[{now_ + delay, ++sent_}] = {server, server, SnapshotBuilt{make_snapshot(node.raft->snapshot_meta())}};
  } else if (const auto* whole = std::get_if<SnapshotReceived>(&effect)) {
    const Duration delay = draws_.between(options_.fastest_disk, options_.slowest_disk);
    node.snapshot_write = {now_ + delay, whole->snapshot->meta, true};
  } else if (std::holds_alternative<SnapshotInstalled>(effect)) {
    ++snapshots_installed;
  } else if (std::holds_alternative<ReadReady>(effect)) {
    ++reads_answered;
  }
}

SnapshotRef RaftCluster::make_snapshot(const SnapshotMeta& meta) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->meta = meta;
  const std::size_t chunks = 1 + draws_.below(5);
  for (std::size_t n = 0; n < chunks; ++n)
    snapshot->chunks.push_back(std::make_shared<const std::string>(RaftInvariants::chunk_text(meta.index, n, chunks)));
  return snapshot;
}

void RaftCluster::take_snapshot(std::size_t server) {
  Node& node = nodes_[server];
  if (!node.raft || node.snapshot_write || node.raft->commit_index() <= node.disk.snapshot_index()) return;
  const SnapshotMeta meta = node.raft->snapshot_meta();
  invariants_.check_snapshot(server, meta);
  node.snapshot_write = {now_ + draws_.between(options_.fastest_disk, options_.slowest_disk), meta, false};
}

void RaftCluster::written(std::size_t server) {
  Node& node = nodes_[server];
  const Write done = std::move(node.writes.front());
  node.writes.erase(node.writes.begin());
  node.disk.write(done.persist);
  invariants_.check_disk(server, node.disk);
  handle(server, Persisted{done.persist.sequence});
}

void RaftCluster::snapshot_written(std::size_t server) {
  Node& node = nodes_[server];
  const SnapshotWrite done = *node.snapshot_write;
  node.snapshot_write.reset();
  node.disk.write(done.meta);
  ++snapshots_taken;
  handle(server, done.received ? Event(SnapshotStored{done.meta, ""}) : Event(SnapshotTaken{done.meta}));
}

void RaftCluster::send(std::size_t from, const Send& send) {
  const std::size_t to = number(send.to);
  const int copies = draws_.chance(options_.duplicates) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    const bool lost = draws_.chance(options_.loss);
    const Duration delay = draws_.between(options_.fastest_message, options_.slowest_message);
    if (!lost && !cuts_.contains({from, to}))
      network_[{now_ + delay, ++sent_}] = {from, to, MessageReceived{nodes_[from].id, send.message}};
  }
}

void RaftCluster::step(Instant end) {
  // The first thing that is due; ties go to the network, then to the disks, then to the timers.
  Instant due = network_.empty() ? Instant::never() : network_.begin()->first.first;
  enum class Next { network, disk, snapshot, timer, start, proposal, read, fault };
  Next what = Next::network;
  std::size_t server = 0;
  const auto sooner = [&](Instant at, Next kind, std::size_t which) {
    if (at >= due) return;
    due = at;
    what = kind;
    server = which;
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].writes.empty()) sooner(nodes_[i].writes.front().due, Next::disk, i);
    if (nodes_[i].snapshot_write) sooner(nodes_[i].snapshot_write->due, Next::snapshot, i);
    if (nodes_[i].raft) sooner(nodes_[i].raft->deadline(), Next::timer, i);
    if (nodes_[i].starts) sooner(*nodes_[i].starts, Next::start, i);
  }
  sooner(next_proposal_, Next::proposal, 0);
  sooner(next_read_, Next::read, 0);
  sooner(next_fault_, Next::fault, 0);
  now_ = std::max(now_, std::min(due, end));
  if (due > end) return;
  if (what == Next::network) {
    const Delivery delivery = std::move(network_.begin()->second);
    network_.erase(network_.begin());
    ++messages;
    handle(delivery.to, delivery.event);
  } else if (what == Next::disk) {
    written(server);
  } else if (what == Next::snapshot) {
    snapshot_written(server);
  } else if (what == Next::read) {
    next_read_ = now_ + draws_.between(1ns, 2 * options_.between_reads);
    read(draws_.below(nodes_.size()));  // of anybody: a leader that was cut off believes in itself, too
  } else if (what == Next::timer) {
    handle(server, Woken{});
  } else if (what == Next::start) {
    restart(server);
  } else if (what == Next::proposal) {
    next_proposal_ = now_ + draws_.between(1ns, 2 * options_.between_proposals);
    const std::size_t burst = draws_.chance(0.1) ? 20 : 1;
    const auto leads = [&](std::size_t i) { return nodes_[i].raft && nodes_[i].raft->is_leader(); };
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (burst > 1 && proposals_ % 2 == 0 && leads(i))
        propose_together(i, burst);
      else
        for (std::size_t n = 0; n < burst && leads(i); ++n) propose(i, fmt::format("v{}", proposals_));
  } else {
    fault();
  }
}

void RaftCluster::fault() {
  next_fault_ = now_ + draws_.between(1ns, 2 * options_.between_faults);
  const std::size_t at = draws_.chance(0.4) && leader() ? *leader() : draws_.below(nodes_.size());
  const std::size_t other = draws_.below(nodes_.size());
  const auto kind = draws_.below(8);
  if (kind <= 2) {
    if (!nodes_[at].raft) return;
    crash(at);
    nodes_[at].starts = now_ + draws_.between(1ms, 4s);
  } else if (kind == 3) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (draws_.chance(0.5)) cut(at, i);
  } else if (kind == 4) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (i != at) {
        cut(at, i);
        cut(i, at);
      }
  } else if (kind == 5) {
    cuts_.clear();
  } else if (kind == 6) {
    handle(at, TransferRequested{});
  } else if (options_.membership_changes) {
    // At times another one right after it, while the first is on its way.
    const std::size_t asked = leader().value_or(at);
    handle(asked, drawn_change(other));
    if (draws_.chance(0.5)) handle(asked, drawn_change(draws_.below(nodes_.size())));
  }
}

ConfigurationProposed RaftCluster::drawn_change(std::size_t server) {
  return change_of(server, static_cast<ChangeMember::Change>(draws_.below(4)));
}

ConfigurationProposed RaftCluster::change_of(std::size_t server, ChangeMember::Change change) {
  const ServerId& id = nodes_[server].id;
  const ConfigurationChange changes[] = {AddVoter{id, id + ":4647"}, AddNonvoter{id, id + ":4647"}, DemoteVoter{id},
                                         RemoveServer{id}};
  return {ProposalId{++proposals_}, changes[static_cast<std::size_t>(change) % 4]};
}

void RaftCluster::run_for(Duration duration) {
  const Instant end = now_ + duration;
  while (now_ < end && !invariants_.broken()) step(end);
}

// Until there is a leader whose proposals commit on every member.
bool RaftCluster::healed(Index last) const {
  const auto leads = leader();
  if (!leads || last == Index{}) return false;
  for (const Server& server : nodes_[*leads].raft->configuration().servers)
    if (nodes_[number(server.id)].raft->commit_index() < last) return false;
  return true;
}

std::string RaftCluster::run() {
  run_for(options_.length);
  return heal_and_settle();
}

std::string RaftCluster::heal_and_settle() {
  heal();
  run_for(4s);
  next_proposal_ = Instant::never();
  next_read_ = Instant::never();
  Index last;
  for (int second = 0; second < 60 && !healed(last) && !invariants_.broken(); ++second) {
    const auto leads = leader();
    if (leads && nodes_[*leads].raft->committed_in_term()) {
      propose(*leads, "last");
      last = nodes_[*leads].raft->last_index();
    }
    run_for(1s);
  }
  if (!healed(last))
    invariants_.fell("HEAL", fmt::format("not all have committed {} a minute after all faults", last.value) + report());
  return violation();
}

void RaftCluster::apply(const RaftOperation& operation) {
  std::visit([this](const auto& what) { act(what); }, operation);
}

void RaftCluster::apply(const RaftOperations& operations) {
  for (const RaftOperation& operation : operations) apply(operation);
}

void RaftCluster::act(const Pass& pass) { run_for(pass.time); }

void RaftCluster::act(const Propose& given) {
  if (given.together) {
    if (const auto leads = leader()) propose_together(*leads, given.count);
    return;
  }
  for (std::size_t i = 0; i < given.count; ++i)
    if (const auto leads = leader()) propose(*leads, fmt::format("v{}", proposals_));
}

void RaftCluster::act(const LosePower& lose) {
  const std::size_t server = lose.server % nodes_.size();
  if (nodes_[server].raft) crash(server);
}

void RaftCluster::act(const property::Restart& start) {
  const std::size_t server = start.server % nodes_.size();
  if (!nodes_[server].raft) restart(server);
}

void RaftCluster::act(const Cut& wanted) { cut(wanted.from % nodes_.size(), wanted.to % nodes_.size()); }

void RaftCluster::act(const Isolate& isolate) {
  const std::size_t server = isolate.server % nodes_.size();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i == server) continue;
    cut(server, i);
    cut(i, server);
  }
}

void RaftCluster::act(const HealNetwork&) { cuts_.clear(); }

void RaftCluster::act(const Transfer& transfer) { handle(transfer.server % nodes_.size(), TransferRequested{}); }

void RaftCluster::act(const ChangeMember& change) {
  if (const auto leads = leader()) handle(*leads, change_of(change.server % nodes_.size(), change.change));
}

void RaftCluster::act(const TakeSnapshot& take) { take_snapshot(take.server % nodes_.size()); }

void RaftCluster::act(const Read& wanted) { read(wanted.server % nodes_.size()); }

std::string RaftCluster::report() const {
  std::string out;
  for (const Node& node : nodes_) {
    if (!node.raft) continue;
    out += fmt::format("\n  {} {} term={} last={} commit={} leader={} servers={}", node.id, name(node.raft->role()),
                       node.raft->term().value, node.raft->last_index().value, node.raft->commit_index().value,
                       node.raft->leader().value_or("-"), node.raft->configuration().text());
  }
  return out;
}

}  // namespace simulator::property
