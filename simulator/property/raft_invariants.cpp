#include "simulator/property/raft_invariants.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::property {

using namespace core::raft;

RaftInvariants::RaftInvariants(std::vector<ServerId> servers) : servers_(std::move(servers)), seen_(servers_.size()) {}

void RaftInvariants::fell(std::string invariant, std::string how) {
  if (!broken_) broken_ = Broken{std::move(invariant), std::move(how)};
}

void RaftInvariants::restarted(std::size_t server, const RaftDisk& disk) {
  seen_[server] = {disk.state.term, disk.state.vote, {}, disk.snapshot_index()};
}

bool RaftInvariants::observe(std::size_t server, const Raft& raft, const Effects& effects,
                             std::span<const RaftDisk* const> disks) {
  remembered_ = false;
  check_monotonic(server, raft);
  for (const Effect& effect : effects) {
    if (const auto* send = std::get_if<Send>(&effect))
      check_vote(server, *send);
    else if (const auto* persist = std::get_if<Persist>(&effect))
      check_entries(*persist, raft);
    else if (const auto* range = std::get_if<core::raft::Committed>(&effect))
      check_commit(server, raft, *range, disks);
    else if (const auto* change = std::get_if<LeadershipChanged>(&effect); change && change->role == Role::leader)
      check_leader(server, raft);
    else if (const auto* whole = std::get_if<SnapshotReceived>(&effect))
      check_received(server, *whole->snapshot);
    else if (const auto* installed = std::get_if<SnapshotInstalled>(&effect))
      check_installed(server, installed->meta);
    else if (const auto* read = std::get_if<ReadReady>(&effect))
      check_read(server, *read);
    else if (const auto* refused = std::get_if<ReadRefused>(&effect))
      reads_.erase(refused->id);
  }
  return remembered_;
}

// MONO: within a life nothing goes back; over lives, nothing that is on the disk.
void RaftInvariants::check_monotonic(std::size_t server, const Raft& raft) {
  Seen& seen = seen_[server];
  if (raft.term() < seen.term)
    fell("MONO", fmt::format("{} goes back from term {} to {}", servers_[server], seen.term.value, raft.term().value));
  if (raft.commit_index() < seen.commit)
    fell("MONO", fmt::format("{} takes its commit index back from {} to {}", servers_[server], seen.commit.value,
                             raft.commit_index().value));
  if (raft.term() == seen.term && seen.vote && raft.vote() != seen.vote)
    fell("MONO", fmt::format("{} votes for {} and {} in term {}", servers_[server], *seen.vote,
                             raft.vote().value_or("nobody"), seen.term.value));
  if (seen.term != raft.term() || seen.vote != raft.vote()) {
    seen.term = raft.term();
    seen.vote = raft.vote();
  }
  seen.commit = raft.commit_index();
}

// MONO: a vote that a candidate was told of binds over crashes, whether or not it reached the disk.
void RaftInvariants::check_vote(std::size_t server, const Send& send) {
  const auto* reply = std::get_if<RequestVoteReply>(&send.message);
  if (reply == nullptr || !reply->granted) return;
  const auto given = std::find_if(votes_.begin(), votes_.end(),
                                  [&](const Vote& vote) { return vote.server == server && vote.term == reply->term; });
  if (given == votes_.end()) {
    votes_.push_back({server, reply->term, send.to});
    remembered_ = true;
  } else if (given->candidate != send.to) {
    fell("MONO", fmt::format("{} votes for {} and {} in term {}", servers_[server], given->candidate, send.to.get(),
                             reply->term.value));
  }
}

// ELECT and COMPLETE.
void RaftInvariants::check_leader(std::size_t server, const Raft& raft) {
  const auto at = std::lower_bound(leaders_.begin(), leaders_.end(), raft.term(),
                                   [](const Leader& leader, Term term) { return leader.term < term; });
  if (at == leaders_.end() || at->term != raft.term()) {
    leaders_.insert(at, {raft.term(), server});
    remembered_ = true;
  } else if (at->server != server) {
    fell("ELECT", fmt::format("{} and {} lead term {}", servers_[at->server], servers_[server], raft.term().value));
  }
  for (std::size_t i = 0; i < committed_.size(); ++i)
    if (committed_[i].in_term < raft.term() && Index{i + 1} >= raft.log().base_index() &&
        raft.log().term_at(Index{i + 1}) != committed_[i].entry.term)
      return fell("COMPLETE", fmt::format("{} leads term {} without the committed entry {} of term {}",
                                          servers_[server], raft.term().value, i + 1, committed_[i].entry.term.value));
}

void RaftInvariants::check_entries(const Persist& persist, const Raft& raft) {
  for (const Entry& entry : persist.entries) {
    const Term before = raft.log().term_at(Index{entry.index.value - 1}).value_or(Term{});
    if (written_.size() < entry.index.value) written_.resize(entry.index.value);
    auto& here = written_[entry.index.value - 1];
    const auto known = std::find_if(here.begin(), here.end(), [&](const Written& w) { return w.term == entry.term; });
    if (known == here.end()) {
      here.push_back({entry.term, before, entry.payload});
      remembered_ = true;
      continue;
    }
    const std::string_view bytes = known->payload ? std::string_view(*known->payload) : std::string_view();
    if (known->before != before || (known->payload != entry.payload && bytes != entry.bytes()))
      fell("LOGMATCH", fmt::format("two entries of term {} at {}", entry.term.value, entry.index.value));
  }
}

// PREFIX and SMSAFE for every server, QUORUM for the leader that counted. Disks count, not processes.
void RaftInvariants::check_commit(std::size_t server, const Raft& raft, const core::raft::Committed& range,
                                  std::span<const RaftDisk* const> disks) {
  Index& applied = seen_[server].applied;
  if (range.first != applied.next())
    fell("PREFIX", fmt::format("{} applies {} after {}", servers_[server], range.first.value, applied.value));
  applied = range.last;
  for (const Entry& entry : raft.log().slice(range.first, range.last)) {
    if (committed_.size() < entry.index.value) {
      core::check(committed_.size() + 1 == entry.index.value, "what comes before it was committed before");
      committed_.push_back({entry, raft.term()});
      remembered_ = true;
      continue;
    }
    Committed& known = committed_[entry.index.value - 1];
    if (!(known.entry == entry))
      fell("SMSAFE", fmt::format("{} commits at {} an entry of term {}, where one of term {} was committed",
                                 servers_[server], entry.index.value, entry.term.value, known.entry.term.value));
    if (raft.term() >= known.in_term) continue;
    known.in_term = raft.term();
    remembered_ = true;
  }
  if (!raft.is_leader()) return;
  std::size_t copies = 0;
  const Term term = raft.log().at(range.last).term;
  for (std::size_t i = 0; i < servers_.size(); ++i)
    if (raft.configuration().is_voter(servers_[i]) && disks[i]->has(range.last, term)) ++copies;
  if (2 * copies <= raft.configuration().voters())
    fell("QUORUM", fmt::format("{} commits {}, which {} of {} voters have on disk", servers_[server], range.last.value,
                               copies, raft.configuration().voters()));
}

// SMSAFE and QUORUM: a snapshot stands for what was committed, and carries the configuration of its own index.
void RaftInvariants::check_snapshot(std::size_t server, const SnapshotMeta& meta) {
  if (meta.index == Index{} || meta.index.value > committed_.size() ||
      committed_[meta.index.value - 1].entry.term != meta.term)
    return fell("SMSAFE", fmt::format("{} has a snapshot of {} of term {}, which nobody committed", servers_[server],
                                      meta.index.value, meta.term.value));
  for (std::size_t at = meta.index.value; at > 0; --at) {
    const Entry& entry = committed_[at - 1].entry;
    if (entry.kind != EntryKind::configuration) continue;
    if (meta.configuration_index.value != at || meta.configuration != *decode_configuration(entry.bytes()))
      fell("QUORUM", fmt::format("the snapshot of {} at {} has the configuration of {}, that of {} was in force",
                                 servers_[server], meta.index.value, meta.configuration_index.value, at));
    return;
  }
}

void RaftInvariants::check_installed(std::size_t server, const SnapshotMeta& meta) {
  Index& applied = seen_[server].applied;
  if (meta.index <= applied)
    fell("MONO", fmt::format("{} installs a snapshot of {}, and has applied {}", servers_[server], meta.index.value,
                             applied.value));
  check_snapshot(server, meta);
  applied = meta.index;
}

std::string RaftInvariants::chunk_text(Index snapshot, std::size_t number, std::size_t chunks) {
  return fmt::format("{}.{}/{}", snapshot.value, number, chunks);
}

// PREFIX: what is put together is what was sent.
void RaftInvariants::check_received(std::size_t server, const Snapshot& snapshot) {
  for (std::size_t n = 0; n < snapshot.chunks.size(); ++n)
    if (*snapshot.chunks[n] != chunk_text(snapshot.meta.index, n, snapshot.chunks.size()))
      fell("PREFIX", fmt::format("{} has {} as chunk {}", servers_[server], *snapshot.chunks[n], n));
}

void RaftInvariants::check_disk(std::size_t server, const RaftDisk& disk) {
  if (disk.snapshot_index() < disk.base.index)
    fell("DURABLE", fmt::format("{} gives up entries up to {}, of which it has no snapshot", servers_[server],
                                disk.base.index.value));
}

void RaftInvariants::check_read(std::size_t server, const ReadReady& read) {
  const auto asked = reads_.find(read.id);
  if (asked == reads_.end()) return fell("LIN", servers_[server] + " answers a read that nobody waits for");
  if (read.index < asked->second)
    fell("LIN", fmt::format("{} answers a read at {}, and {} was committed before", servers_[server], read.index.value,
                            asked->second.value));
  reads_.erase(asked);
}

void RaftInvariants::append_memory(std::string& out) const {
  const auto add = [&](std::uint64_t number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); };
  const auto add_bytes = [&](std::string_view bytes) {
    add(bytes.size());
    out += bytes;
  };
  add(leaders_.size());
  for (const Leader& leader : leaders_) {
    add(leader.term.value);
    add(leader.server);
  }
  // In the order of servers and terms, whichever was told first.
  std::vector<const Vote*> votes;
  for (const Vote& vote : votes_) votes.push_back(&vote);
  std::sort(votes.begin(), votes.end(),
            [](const Vote* a, const Vote* b) { return std::pair(a->server, a->term) < std::pair(b->server, b->term); });
  add(votes.size());
  for (const Vote* vote : votes) {
    add(vote->server);
    add(vote->term.value);
    add_bytes(vote->candidate);
  }
  add(committed_.size());
  for (const Committed& one : committed_) {
    add(one.entry.term.value);
    add(one.in_term.value);
    add_bytes(one.entry.bytes());
  }
  for (const auto& here : written_) {
    std::vector<const Written*> sorted;
    for (const Written& one : here) sorted.push_back(&one);
    std::sort(sorted.begin(), sorted.end(), [](const Written* a, const Written* b) { return a->term < b->term; });
    add(here.size());
    for (const Written* one : sorted) {
      add(one->term.value);
      add(one->before.value);
      add_bytes(one->payload ? std::string_view(*one->payload) : std::string_view());
    }
  }
}

}  // namespace simulator::property
