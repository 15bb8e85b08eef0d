// What a leader is asked for: commands, changes of the configuration, and to hand over (thesis §3.10, §4).
#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {
namespace {

Refusal refusal(ChangeError error) {
  switch (error) {
    case ChangeError::no_change:
      return Refusal::no_change;
    case ChangeError::no_voter_left:
      return Refusal::no_voter_left;
    case ChangeError::too_many:
    case ChangeError::bad_text:
    case ChangeError::unknown_server:
    case ChangeError::duplicate_address:
      break;
  }
  return Refusal::bad_server;
}

}  // namespace

void Raft::refuse(Step& step, ProposalId id, Refusal why) { step.out.push_back(ProposalRefused{id, why, leader_}); }

bool Raft::propose(Step& step, const Proposed& proposal) {
  auto* leader = std::get_if<Leader>(&role_);
  Entry entry{hard_.term, log_.last_index().next(), EntryKind::command, proposal.payload};
  const std::size_t weight = entry.weight();
  std::optional<Refusal> why;
  if (leader == nullptr)
    why = Refusal::not_leader;
  else if (leader->transfer)
    why = Refusal::transferring;
  else if (entry.bytes().size() > config_.max_payload_bytes)
    why = Refusal::too_large;
  else if (leader->uncommitted_bytes > 0 && leader->uncommitted_bytes + weight > config_.max_uncommitted_bytes)
    why = Refusal::overloaded;
  if (why) {
    refuse(step, proposal.id, *why);
    return false;
  }
  leader->uncommitted_bytes += weight;
  step.out.push_back(ProposalAccepted{proposal.id, entry.index, entry.term});
  append(step, std::move(entry));
  return true;
}

void Raft::on(Step& step, const Proposed& event) {
  if (propose(step, event)) replicate(step);
}

void Raft::on(Step& step, const BatchProposed& event) {
  bool any = false;
  for (const Proposed& proposal : event.proposals)
    if (propose(step, proposal)) any = true;
  if (any) replicate(step);
}

void Raft::on(Step& step, const ConfigurationProposed& event) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr) return refuse(step, event.id, Refusal::not_leader);
  if (leader->transfer) return refuse(step, event.id, Refusal::transferring);
  // Two changes at once, or one on top of another leader's uncommitted one, could make two quorums that
  // do not overlap (thesis §4.1, and Ongaro's correction on raft-dev of July 2015).
  if (!committed_in_term() && !base::mutant("K34")) return refuse(step, event.id, Refusal::not_ready);
  if (configuration_index() > commit_index_ && !base::mutant("K35") && !base::mutant("K34"))
    return refuse(step, event.id, Refusal::change_pending);
  auto next = changed(configuration(), event.change);
  if (!next) return refuse(step, event.id, refusal(next.error()));
  if (risks_quorum(step.now, *next)) return refuse(step, event.id, Refusal::quorum_at_risk);
  const Entry entry{hard_.term, log_.last_index().next(), EntryKind::configuration, encode(*next)};
  leader->uncommitted_bytes += entry.weight();
  step.out.push_back(ProposalAccepted{event.id, entry.index, entry.term});
  note(step, NoteLevel::info, "updating configuration", {{"servers", next->text()}});
  append(step, entry);
  refresh_peers(step);
  replicate(step);
}

// Whether an answering voter goes, and those of the rest that answer are no quorum without it: the change would never
// be committed, nor would anything after it. A silent one may always go.
bool Raft::risks_quorum(Instant now, const Configuration& next) const {
  const auto& leader = std::get<Leader>(role_);
  std::size_t answering = 0;
  bool one_goes = false;
  const auto count = [&](const ServerId& id) {
    if (next.is_voter(id))
      ++answering;
    else
      one_goes = true;
  };
  if (electable()) count(config_.self);
  for (const Progress& peer : leader.peers)
    if (peer.voter && peer.match() > Index{} && now - peer.heard < config_.election_timeout) count(peer.id);
  return one_goes && answering < next.quorum();
}

// The leader's account of its followers, brought in line with the configuration. Servers that go are kept
// until they know it, so that they do not take the silence for a dead leader.
void Raft::refresh_peers(Step& step) {
  auto& leader = std::get<Leader>(role_);
  for (Progress& peer : leader.peers) {
    const Server* server = configuration().find(peer.id.get());
    peer.voter = server != nullptr && server->suffrage == Suffrage::voter;
    if (server != nullptr) {
      peer.leaves_at = {};
      peer.leaves_by = Instant::never();
    } else if (!peer.leaving()) {
      note(step, NoteLevel::info, "removed peer, stopping replication", {{"peer", peer.id}});
      peer.leaves_at = configuration_index();
      peer.leaves_by = step.now + 2 * config_.election_timeout;
    }
  }
  for (const Server& server : configuration().servers) {
    if (server.id == config_.self || find_peer(server.id) != nullptr) continue;
    note(step, NoteLevel::info, "added peer, starting replication", {{"peer", server.id}});
    leader.peers.emplace_back(server.id, server.suffrage == Suffrage::voter, log_.last_index().next(), step.now);
  }
  if (!leader.peers.empty() && leader.next_heartbeat == Instant::never())
    leader.next_heartbeat = step.now + config_.heartbeat_timeout / 10;
}

void Raft::on(Step& step, const TransferRequested& event) {
  auto* leader = std::get_if<Leader>(&role_);
  const auto fail = [&](const char* why) { step.out.push_back(TransferEnded{why}); };
  if (leader == nullptr) return fail("node is not the leader");
  if (leader->transfer) return fail("leadership transfer in progress");
  const Progress* target = event.target ? find_peer(*event.target) : most_complete_voter();
  const bool may_lead = target != nullptr && (target->voter || base::mutant("K36"));
  if (!may_lead || target->leaving()) {
    note(step, NoteLevel::error, "cannot find peer to transfer leadership to", {{"peer", event.target.value_or("")}});
    return fail("cannot find peer");
  }
  note(step, NoteLevel::info, "starting leadership transfer", {{"id", target->id}});
  leader->transfer = Transfer{target->id, step.now + config_.election_timeout, false};
  drive_transfer(step);
}

// Once the target has the whole log on its disk it is told; no new entries come meanwhile, so that it can get there.
void Raft::drive_transfer(Step& step) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr || !leader->transfer || leader->transfer->told) return;
  const Progress* target = find_peer(leader->transfer->target);
  if (target == nullptr || target->match() < log_.last_index()) return;
  leader->transfer->told = true;
  leader->lease_void = true;
  send(step, target->id, TimeoutNow{hard_.term});
}

// This server goes on leading. Should the target still get to stand for election, it does so in a later term, as
// any other server may.
void Raft::give_transfer_up(Step& step, const std::string& why) {
  auto& leader = std::get<Leader>(role_);
  note(step, NoteLevel::warn, why, {{"peer", leader.transfer->target}});
  leader.transfer.reset();
  step.out.push_back(TransferEnded{why});
}

}  // namespace core::raft
