// Reads that see everything committed before them, without a word in the log (Raft §8, thesis §6.4).
//
// A read notes the commit index, then a round of heartbeats that begins after it asks whether this server still
// leads. Reads that come while a round is under way share the next one.
#include <algorithm>
#include <array>

#include "core/base/check.hpp"
#include "core/base/mutant.hpp"
#include "core/raft/raft.hpp"

namespace core::raft {

void Raft::on(Step& step, const ReadRequested& event) {
  auto* leader = std::get_if<Leader>(&role_);
  const auto refuse_read = [&](Refusal why) { step.out.push_back(ReadRefused{event.id, why, leader_}); };
  if (leader == nullptr) return refuse_read(Refusal::not_leader);
  // Before that, an earlier leader's entries may be committed without this server knowing it (§8).
  if (!committed_in_term() && !base::mutant("K23")) return refuse_read(Refusal::not_ready);
  if (leader->reads.size() >= config_.max_pending_reads) return refuse_read(Refusal::overloaded);
  if (base::mutant("K24")) {
    step.out.push_back(ReadReady{event.id, commit_index_});
    return;
  }
  const bool round_open = !leader->reads.empty();
  leader->reads.push_back({event.id, commit_index_, leader->round + 1});
  if (!round_open) read_round(step);
}

void Raft::read_round(Step& step) {
  auto& leader = std::get<Leader>(role_);
  ++leader.round;
  for (Progress& peer : leader.peers)
    if (peer.voter) send_heartbeat(step, peer);
  answer_reads(step);  // a sole voter asks nobody
}

void Raft::answer_reads(Step& step) {
  auto& leader = std::get<Leader>(role_);
  std::array<std::uint64_t, Configuration::max_servers> rounds;
  std::size_t count = 0;
  if (electable()) rounds[count++] = leader.round;
  for (const Progress& peer : leader.peers)
    if (peer.voter) rounds[count++] = peer.round;
  const std::size_t quorum = configuration().quorum();
  check(count >= quorum, "the leader keeps account of every voter");
  std::sort(rounds.begin(), rounds.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>());
  const std::uint64_t answered = rounds[quorum - 1];
  const auto waiting = std::find_if(leader.reads.begin(), leader.reads.end(),
                                    [&](const PendingRead& read) { return read.needs > answered; });
  for (auto read = leader.reads.begin(); read != waiting; ++read) step.out.push_back(ReadReady{read->id, read->index});
  leader.reads.erase(leader.reads.begin(), waiting);
  if (!leader.reads.empty() && leader.reads.front().needs > leader.round) read_round(step);
}

void Raft::refuse_reads(Step& step) {
  for (const PendingRead& read : std::get<Leader>(role_).reads)
    step.out.push_back(ReadRefused{read.id, Refusal::not_leader, {}});
  std::get<Leader>(role_).reads.clear();
}

}  // namespace core::raft
