#include "tests/core/raft/cluster.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tests {

using namespace core::raft;
using core::Duration;
using core::Instant;
using namespace std::chrono_literals;

ClusterOptions ClusterOptions::drawn(std::uint64_t seed, std::size_t servers) {
  core::Rng rng(seed * 1000 + servers);
  const auto pick = [&](auto... of) {
    const std::common_type_t<decltype(of)...> choices[] = {of...};
    return choices[rng.below(sizeof...(of))];
  };
  ClusterOptions options;
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

Cluster::Cluster(const ClusterOptions& options) : options_(options), rng_(options.seed), nodes_(options.servers) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].id = fmt::format("n{}", i + 1);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    restart(i);
    if (i < options.voters) handle(i, Bootstrap{first_configuration()});
  }
  if (options.between_faults > 0ns) next_fault_ = now_ + options.between_faults;
  if (options.between_proposals > 0ns) next_proposal_ = now_;
  if (options.between_reads > 0ns) next_read_ = now_;
}

Configuration Cluster::first_configuration() const {
  Configuration configuration;
  for (std::size_t i = 0; i < options_.voters; ++i)
    configuration.servers.push_back({nodes_[i].id, nodes_[i].id + ":4647", Suffrage::voter});
  return configuration;
}

std::size_t Cluster::number(const ServerId& id) const { return static_cast<std::size_t>(std::stoul(id.substr(1))) - 1; }

void Cluster::fail(const std::string& invariant, const std::string& how) {
  if (violation_.empty())
    violation_ = fmt::format("{} fell at {} ms (seed {}, {} servers): {}", invariant, now_.ns / 1'000'000,
                             options_.seed, options_.servers, how);
}

std::optional<std::size_t> Cluster::leader() const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].raft && nodes_[i].raft->is_leader() && (!best || nodes_[i].raft->term() > nodes_[*best].raft->term()))
      best = i;
  return best;
}

void Cluster::restart(std::size_t server) {
  Node& node = nodes_[server];
  node.starts.reset();
  Raft::Config config;
  config.self = node.id;
  config.address = node.id + ":4647";
  config.max_append_entries = options_.max_append_entries;
  config.max_inflight_requests = options_.max_inflight;
  config.trailing_logs = options_.trailing_logs;
  config.max_snapshot_inflight = options_.max_inflight;
  node.raft.emplace(config, Restored{node.disk_state, node.disk_log, node.disk_base, node.disk_snapshot}, rng_.fork(),
                    now_);
  node.commit = {};
  node.applied = node.disk_snapshot ? node.disk_snapshot->index : Index{};
  handle(server, Started{});
}

// A power loss: of the writes under way the first few may have reached the disk.
void Cluster::crash(std::size_t server) {
  Node& node = nodes_[server];
  ++crashes;
  node.raft.reset();
  const std::size_t survive = rng_.below(node.writes.size() + 1);
  for (std::size_t i = 0; i < survive; ++i) write(node, node.writes[i].persist);
  node.writes.clear();
  if (node.snapshot_write && rng_.chance(0.5)) write(node, node.snapshot_write->meta);
  node.snapshot_write.reset();
  const bool noticed = rng_.chance(0.5);
  for (std::size_t i = 0; i < nodes_.size() && noticed; ++i)
    if (i != server) {
      const Duration delay = rng_.between(1ms, 20ms);
      network_[{now_ + delay, ++sent_}] = {server, i, PeerUnreachable{node.id}};
    }
}

void Cluster::heal() {
  cuts_.clear();
  options_.loss = 0;
  options_.duplicates = 0;
  options_.slowest_message = 5ms;
  options_.slowest_disk = 5ms;
  next_fault_ = Instant::never();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!nodes_[i].raft) restart(i);
}

void Cluster::propose(std::size_t server, std::string payload) {
  handle(server, Proposed{ProposalId{++proposals_}, std::make_shared<const std::string>(std::move(payload))});
}

void Cluster::handle(std::size_t server, const Event& event) {
  Node& node = nodes_[server];
  if (!node.raft || !violation_.empty()) return;
  Effects effects;
  try {
    node.raft->handle(now_, event, effects);
  } catch (const core::base::CheckFailed& broken) {
    return fail("CHECK", node.id + ": " + broken.what());
  }
  if (node.raft->term() < node.term) fail("MONO", node.id + " goes back in its term");
  if (node.raft->commit_index() < node.commit) fail("MONO", node.id + " goes back in its commit index");
  node.commit = node.raft->commit_index();
  for (const Effect& effect : effects) carry_out(server, effect);
  consider_snapshot(node);
}

void Cluster::carry_out(std::size_t server, const Effect& effect) {
  Node& node = nodes_[server];
  if (const auto* message = std::get_if<Send>(&effect)) {
    check_vote(server, *message);
    send(server, *message);
  } else if (const auto* persist = std::get_if<Persist>(&effect)) {
    check_entries(*persist, *node.raft);
    if (persist->truncate_from) ++truncations;
    const Duration delay = rng_.between(0ns, options_.slowest_disk);
    const Instant after = node.writes.empty() ? now_ : node.writes.back().due;
    node.writes.push_back({std::max(now_ + delay, after), *persist});
  } else if (const auto* range = std::get_if<core::raft::Committed>(&effect)) {
    check_commit(server, *range);
  } else if (const auto* change = std::get_if<LeadershipChanged>(&effect)) {
    if (change->role == Role::leader) check_leader(server);
  } else if (std::holds_alternative<ConfigurationChanged>(effect)) {
    ++configuration_changes;
  } else if (std::holds_alternative<SnapshotWanted>(effect)) {
    const Duration delay = rng_.between(0ns, options_.slowest_disk);
    network_[{now_ + delay, ++sent_}] = {server, server, SnapshotBuilt{make_snapshot(node.raft->snapshot_meta())}};
  } else if (const auto* whole = std::get_if<SnapshotReceived>(&effect)) {
    check_chunks(*whole->snapshot, node);
    node.snapshot_write = {now_ + rng_.between(0ns, options_.slowest_disk), whole->snapshot->meta, true};
  } else if (const auto* installed = std::get_if<SnapshotInstalled>(&effect)) {
    ++snapshots_installed;
    if (installed->meta.index <= node.applied) fail("MONO", node.id + " installs a snapshot older than its state");
    check_snapshot(installed->meta, node);
    node.applied = installed->meta.index;
  } else if (const auto* read = std::get_if<ReadReady>(&effect)) {
    check_read(*read, node);
  } else if (const auto* refused = std::get_if<ReadRefused>(&effect)) {
    reads_.erase(refused->id);
  }
}

SnapshotRef Cluster::make_snapshot(const SnapshotMeta& meta) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->meta = meta;
  const std::uint64_t chunks = 1 + rng_.below(5);
  for (std::uint64_t n = 0; n < chunks; ++n)
    snapshot->chunks.push_back(
        std::make_shared<const std::string>(fmt::format("{}.{}/{}", meta.index.value, n, chunks)));
  return snapshot;
}

void Cluster::consider_snapshot(Node& node) {
  if (!node.raft || node.snapshot_write || options_.snapshot_every == 0) return;
  const Index last = node.disk_snapshot ? node.disk_snapshot->index : Index{};
  if (node.applied.value < last.value + options_.snapshot_every) return;
  const SnapshotMeta meta = node.raft->snapshot_meta();
  check_snapshot(meta, node);
  node.snapshot_write = {now_ + rng_.between(0ns, options_.slowest_disk), meta, false};
}

void Cluster::write(Node& node, const SnapshotMeta& meta) {
  if (!node.disk_snapshot || node.disk_snapshot->index < meta.index) node.disk_snapshot = meta;
}

bool Cluster::has_on_disk(const Node& node, Index index, Term term) const {
  if (node.disk_snapshot && index <= node.disk_snapshot->index) return true;
  const std::uint64_t base = node.disk_base.index.value;
  if (index.value <= base || index.value > base + node.disk_log.size()) return false;
  return node.disk_log[index.value - base - 1].term == term;
}

void Cluster::request_read() {
  next_read_ = now_ + rng_.between(1ns, 2 * options_.between_reads);
  // Of anybody: a leader that was cut off believes in itself, too.
  const std::size_t at = rng_.below(nodes_.size());
  const ReadId id{++last_read_};
  reads_[id] = committed_.empty() ? Index{} : Index{committed_.rbegin()->first};
  handle(at, ReadRequested{id});
}

void Cluster::send(std::size_t from, const Send& send) {
  const std::size_t to = number(send.to);
  const int copies = rng_.chance(options_.duplicates) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    const bool lost = rng_.chance(options_.loss);
    const Duration delay = rng_.between(10us, options_.slowest_message);
    if (!lost && !cuts_.contains({from, to}))
      network_[{now_ + delay, ++sent_}] = {from, to, MessageReceived{nodes_[from].id, send.message}};
  }
}

void Cluster::write(Node& node, const Persist& persist) {
  if (persist.hard_state) node.disk_state = *persist.hard_state;
  node.term = std::max(node.term, node.disk_state.term);
  auto& log = node.disk_log;
  if (persist.base) {
    const auto gone = std::min<std::uint64_t>(persist.base->index.value - node.disk_base.index.value, log.size());
    log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(gone));
    node.disk_base = *persist.base;
    if (!node.disk_snapshot || node.disk_snapshot->index < node.disk_base.index)
      fail("DURABLE", node.id + " gives up entries of which it has no snapshot");
  }
  if (persist.truncate_from) log.resize(persist.truncate_from->value - node.disk_base.index.value - 1);
  node.disk_log.insert(node.disk_log.end(), persist.entries.begin(), persist.entries.end());
}

void Cluster::step(Instant end) {
  // The first thing that is due; ties go to the network, then to the disks, then to the timers.
  Instant due = network_.empty() ? Instant::never() : network_.begin()->first.first;
  enum { network, disk, snapshot, timer, start, proposal, read, fault_due } what = network;
  std::size_t server = 0;
  const auto sooner = [&](Instant at, auto kind, std::size_t which) {
    if (at >= due) return;
    due = at;
    what = kind;
    server = which;
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].writes.empty()) sooner(nodes_[i].writes.front().due, disk, i);
    if (nodes_[i].snapshot_write) sooner(nodes_[i].snapshot_write->due, snapshot, i);
    if (nodes_[i].raft) sooner(nodes_[i].raft->deadline(), timer, i);
    if (nodes_[i].starts) sooner(*nodes_[i].starts, start, i);
  }
  sooner(next_proposal_, proposal, 0);
  sooner(next_read_, read, 0);
  sooner(next_fault_, fault_due, 0);
  now_ = std::max(now_, std::min(due, end));
  if (due > end) return;
  if (what == network) {
    const Delivery delivery = std::move(network_.begin()->second);
    network_.erase(network_.begin());
    ++messages;
    handle(delivery.to, delivery.event);
  } else if (what == disk) {
    Node& node = nodes_[server];
    const Write done = std::move(node.writes.front());
    node.writes.erase(node.writes.begin());
    write(node, done.persist);
    handle(server, Persisted{done.persist.sequence});
  } else if (what == snapshot) {
    Node& node = nodes_[server];
    const SnapshotWrite done = *node.snapshot_write;
    node.snapshot_write.reset();
    write(node, done.meta);
    ++snapshots_taken;
    handle(server, done.received ? Event(SnapshotStored{done.meta, ""}) : Event(SnapshotTaken{done.meta}));
  } else if (what == read) {
    request_read();
  } else if (what == timer) {
    handle(server, Woken{});
  } else if (what == start) {
    restart(server);
  } else if (what == proposal) {
    next_proposal_ = now_ + rng_.between(1ns, 2 * options_.between_proposals);
    const std::size_t burst = rng_.chance(0.1) ? 20 : 1;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      for (std::size_t n = 0; n < burst && nodes_[i].raft && nodes_[i].raft->is_leader(); ++n)
        propose(i, fmt::format("v{}", proposals_));
  } else {
    fault();
  }
}

void Cluster::fault() {
  next_fault_ = now_ + rng_.between(1ns, 2 * options_.between_faults);
  const std::size_t at = rng_.chance(0.4) && leader() ? *leader() : rng_.below(nodes_.size());
  const std::size_t other = rng_.below(nodes_.size());
  const auto kind = rng_.below(8);
  if (kind <= 2) {
    if (!nodes_[at].raft) return;
    crash(at);
    nodes_[at].starts = now_ + rng_.between(1ms, 4s);
  } else if (kind == 3) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (rng_.chance(0.5)) cut(at, i);
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
    const ServerId& id = nodes_[other].id;
    const auto change = rng_.below(4);
    const ConfigurationChange changes[] = {AddVoter{id, id + ":4647"}, AddNonvoter{id, id + ":4647"}, DemoteVoter{id},
                                           RemoveServer{id}};
    handle(at, ConfigurationProposed{ProposalId{++proposals_}, changes[change]});
  }
}

void Cluster::run_for(Duration duration) {
  const Instant end = now_ + duration;
  while (now_ < end && violation_.empty()) step(end);
}

// Until there is a leader whose proposals commit on every member.
bool Cluster::healed(Index last) const {
  const auto leads = leader();
  if (!leads || last == Index{}) return false;
  for (const Server& server : nodes_[*leads].raft->configuration().servers)
    if (nodes_[number(server.id)].raft->commit_index() < last) return false;
  return true;
}

std::string Cluster::run() {
  run_for(options_.length);
  heal();
  run_for(4s);
  next_proposal_ = Instant::never();
  next_read_ = Instant::never();
  Index last;
  for (int second = 0; second < 60 && !healed(last) && violation_.empty(); ++second) {
    const auto leads = leader();
    if (leads && nodes_[*leads].raft->committed_in_term()) {
      propose(*leads, "last");
      last = nodes_[*leads].raft->last_index();
    }
    run_for(1s);
  }
  if (!healed(last))
    fail("HEAL", fmt::format("not all have committed {} a minute after all faults", last.value) + report());
  return violation_;
}

std::string Cluster::report() const {
  std::string out;
  for (const Node& node : nodes_) {
    if (!node.raft) continue;
    out += fmt::format("\n  {} {} term={} last={} commit={} leader={} servers={}", node.id, name(node.raft->role()),
                       node.raft->term().value, node.raft->last_index().value, node.raft->commit_index().value,
                       node.raft->leader().value_or("-"), node.raft->configuration().text());
  }
  return out;
}

// SMSAFE and IMMUTABLE for every server, QUORUM for the leader that counted.
void Cluster::check_commit(std::size_t server, const core::raft::Committed& range) {
  const Raft& raft = *nodes_[server].raft;
  if (range.first != nodes_[server].applied.next())
    fail("PREFIX",
         fmt::format("{} applies {} after {}", nodes_[server].id, range.first.value, nodes_[server].applied.value));
  nodes_[server].applied = range.last;
  for (const Entry& entry : raft.log().slice(range.first, range.last)) {
    const auto [at, fresh] = committed_.try_emplace(entry.index.value, Committed{entry, raft.term()});
    if (!fresh && !(at->second.entry == entry))
      fail("SMSAFE", fmt::format("{} commits another entry at {}: term {}, it was {}", nodes_[server].id,
                                 entry.index.value, entry.term.value, at->second.entry.term.value));
    at->second.in_term = std::min(at->second.in_term, raft.term());
  }
  if (!raft.is_leader()) return;
  std::size_t on_disk = 0;
  const Term term = raft.log().at(range.last).term;
  for (const Server& peer : raft.configuration().servers) {
    if (peer.suffrage == Suffrage::voter && has_on_disk(nodes_[number(peer.id)], range.last, term)) ++on_disk;
  }
  if (on_disk < raft.configuration().voters() / 2 + 1)
    fail("QUORUM", fmt::format("{} commits {} with {} disks", nodes_[server].id, range.last.value, on_disk));
}

// ELECT and COMPLETE.
void Cluster::check_leader(std::size_t server) {
  const Raft& raft = *nodes_[server].raft;
  ++elections;
  const auto [at, fresh] = leader_of_term_.try_emplace(raft.term().value, server);
  if (!fresh && at->second != server)
    fail("ELECT", fmt::format("{} and {} lead term {}", nodes_[at->second].id, nodes_[server].id, raft.term().value));
  for (const auto& [index, committed] : committed_)
    if (committed.in_term < raft.term() && Index{index} >= raft.log().base_index() &&
        raft.log().term_at(Index{index}) != committed.entry.term)
      return fail("COMPLETE", fmt::format("{} leads term {} without the committed entry {}", nodes_[server].id,
                                          raft.term().value, index));
}

// A snapshot stands for what was committed, and carries the membership of its own index.
void Cluster::check_snapshot(const SnapshotMeta& meta, const Node& node) {
  const auto at = committed_.find(meta.index.value);
  if (at == committed_.end() || at->second.entry.term != meta.term)
    return fail("SMSAFE", fmt::format("{} has a snapshot of {}/{}, which nobody committed", node.id, meta.index.value,
                                      meta.term.value));
  for (auto back = std::make_reverse_iterator(std::next(at)); back != committed_.rend(); ++back) {
    if (back->second.entry.kind != EntryKind::configuration) continue;
    if (meta.configuration_index.value != back->first ||
        meta.configuration != *decode_configuration(back->second.entry.bytes()))
      fail("QUORUM", fmt::format("the snapshot of {} at {} has the membership of {}, that of {} was in force", node.id,
                                 meta.index.value, meta.configuration_index.value, back->first));
    return;
  }
}

void Cluster::check_chunks(const Snapshot& snapshot, const Node& node) {
  for (std::size_t n = 0; n < snapshot.chunks.size(); ++n)
    if (*snapshot.chunks[n] != fmt::format("{}.{}/{}", snapshot.meta.index.value, n, snapshot.chunks.size()))
      fail("PREFIX", fmt::format("{} has {} as chunk {}", node.id, *snapshot.chunks[n], n));
}

// LIN: what was committed anywhere before the read was asked for is seen by it.
void Cluster::check_read(const ReadReady& read, const Node& node) {
  ++reads_answered;
  if (const Index committed = reads_.at(read.id); read.index < committed)
    fail("LIN", fmt::format("{} answers a read at {}, and {} was committed before", node.id, read.index.value,
                            committed.value));
  reads_.erase(read.id);
}

// LOGMATCH, by induction: one term at one index means one payload and one entry before it.
void Cluster::check_entries(const Persist& persist, const Raft& raft) {
  for (const Entry& entry : persist.entries) {
    const Term before = raft.log().term_at(Index{entry.index.value - 1}).value_or(Term{});
    const std::pair value(std::string(entry.bytes()), before.value);
    const auto [at, fresh] = entries_.try_emplace({entry.index.value, entry.term.value}, value);
    if (!fresh && at->second != value)
      fail("LOGMATCH", fmt::format("two entries of term {} at {}", entry.term.value, entry.index.value));
  }
}

// MONO: one vote a term, over crashes.
void Cluster::check_vote(std::size_t server, const Send& send) {
  const auto* reply = std::get_if<RequestVoteReply>(&send.message);
  if (reply == nullptr || !reply->granted) return;
  const auto [at, fresh] = votes_.try_emplace({server, reply->term.value}, send.to);
  if (!fresh && at->second != send.to)
    fail("MONO",
         fmt::format("{} votes for {} and {} in term {}", nodes_[server].id, at->second, send.to, reply->term.value));
}

}  // namespace tests
