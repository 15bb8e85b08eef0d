#include "simulator/coverage/server_points.hpp"

namespace simulator::coverage {
namespace {

using core::raft::Role;

constexpr std::size_t terms_kept = 16;
constexpr std::uint64_t far_behind = 50;  // entries

}  // namespace

ServerPoints::Seen ServerPoints::look(const checkers::Sight& sight) {
  const core::raft::Raft& raft = sight.raft;
  return {.life = sight.life,
          .role = raft.role(),
          .term = raft.term(),
          .voted = raft.vote().has_value(),
          .hard_state_durable = raft.hard_state_durable(),
          .first = raft.log().first_index(),
          .last = raft.last_index(),
          .durable = raft.durable_index(),
          .commit = raft.commit_index(),
          .configuration = raft.configuration_index(),
          .last_term = raft.log().last_term(),
          .servers = raft.configuration().servers.size()};
}

void ServerPoints::saw(const checkers::Sight& sight) {
  const Seen was = seen_[sight.server];
  Seen is = look(sight);
  is.behind = was.behind;
  if (was.life != 0 && was.life != is.life) {
    came_back(was, is);
  } else {
    changed_term(was, is);
    changed_role(was, is, sight.server);
    changed_log(was, is, sight.raft.log());
    if (is.commit > was.commit) committed(was, is, sight.raft);
  }
  fell_behind(is);
  seen_[sight.server] = is;
}

void ServerPoints::came_back(const Seen& was, const Seen& is) {
  coverage_.reached("a server restarted");
  if (was.role == Role::leader) coverage_.reached("a leader died");
  if (was.role == Role::leader && was.last > was.commit) coverage_.reached("a leader died with an uncommitted tail");
  if (was.durable < was.last) coverage_.reached("a server died with entries on their way to the disk");
  if (!was.hard_state_durable) coverage_.reached("a server died with its vote or term on the way to the disk");
  if (is.last < was.last) coverage_.reached("a restarted server had lost entries that were not synced");
  if (is.term < was.term) coverage_.reached("a restarted server had lost a term that was not synced");
  if (is.term == was.term && is.voted) coverage_.reached("a server that had voted restarted in the term of its vote");
}

void ServerPoints::changed_role(const Seen& was, const Seen& is, std::size_t server) {
  if (was.role == is.role && (was.role != Role::candidate || was.term == is.term)) return;
  if (was.role == Role::pre_candidate && is.role == Role::follower) coverage_.reached("a pre-vote failed");
  if (was.role == Role::candidate && is.role == Role::follower) coverage_.reached("a candidate lost its election");
  if (was.role == Role::candidate && (is.role == Role::candidate || is.role == Role::pre_candidate))
    coverage_.reached("an election ended without a winner");
  if (is.role == Role::candidate) {
    const auto [first, is_first] = candidates_.try_emplace(is.term, Candidacy{server, is.last, is.last_term});
    if (!is_first && first->second.server != server) coverage_.reached("two candidates stood in one term");
    if (candidates_.size() > terms_kept) candidates_.erase(candidates_.begin());
  }
  if (was.role == Role::leader) {
    coverage_.reached("a leader was deposed");
    if (was.term == is.term) coverage_.reached("a leader stepped down by itself");
    if (was.last > was.commit) coverage_.reached("a deposed leader had an uncommitted tail");
  }
  if (is.role != Role::leader) return;
  coverage_.reached("a leader was elected");
  bool another = false;
  for (std::size_t other = 0; other < seen_.size(); ++other)
    another = another || (seen_[other].role == Role::leader &&
                          cluster_.world().life(static_cast<checkers::NodeId>(other)) == seen_[other].life);
  if (another) coverage_.reached("a leader was elected while another still led");
  if (was.last > was.commit) coverage_.reached("a leader was elected with entries of earlier terms uncommitted");
}

// A server came to a candidate's term and did not vote for it, being ahead of it.
void ServerPoints::changed_term(const Seen& was, const Seen& is) {
  if (is.term <= was.term || is.voted) return;
  const auto candidate = candidates_.find(is.term);
  if (candidate == candidates_.end()) return;
  const Candidacy& stood = candidate->second;
  if (is.last_term > stood.last_term || (is.last_term == stood.last_term && is.last > stood.last))
    coverage_.reached("a vote was refused for a stale log");
}

void ServerPoints::changed_log(const Seen& was, const Seen& is, const core::raft::Log& log) {
  if (was.life == 0) return;
  const bool installed = is.first.value > was.last.value + 1;
  if (installed) {
    coverage_.reached("a snapshot was installed");
  } else {
    if (is.first > was.first) coverage_.reached("a log was compacted");
    const bool cut = is.last < was.last || (was.last >= is.first && log.term_at(was.last) != was.last_term);
    if (cut) {
      coverage_.reached("a log was cut");
      if (is.durable < was.durable) coverage_.reached("entries that were on a disk were cut");
      if (is.configuration < was.configuration) coverage_.reached("a change of the configuration was cut with the log");
    }
  }
  if (is.configuration > was.configuration) {
    coverage_.reached("the configuration was changed");
    if (is.servers < was.servers) coverage_.reached("a server was taken out of the configuration");
  }
}

void ServerPoints::committed(const Seen& was, const Seen& is, const core::raft::Raft& raft) {
  if (is.commit > most_committed_) {
    coverage_.reached("an entry was committed", is.commit.value - most_committed_.value);
    most_committed_ = is.commit;
  }
  const std::size_t voters = raft.configuration().voters();
  if (raft.configuration().servers.size() > voters) coverage_.reached("a non-voter was in the configuration");
  if (is.role != Role::leader) return;
  if (voters == 1) coverage_.reached("a single server decided");
  if (voters > 0 && voters % 2 == 0) coverage_.reached("an even number of voters decided");
  if (is.durable < is.commit) coverage_.reached("a leader committed what its own disk had not yet");
  const auto first_term = raft.log().term_at(was.commit.next());
  if (first_term && *first_term < is.term)
    coverage_.reached("entries of an earlier term were committed by a later leader");
}

void ServerPoints::fell_behind(Seen& is) {
  const bool behind = is.last.value + far_behind < most_committed_.value;
  if (behind && !is.behind) coverage_.reached("a follower was far behind");
  is.behind = behind;
}

}  // namespace simulator::coverage
