#include "core/server/consensus.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace core::server {
namespace {

world::LogLevel level_of(raft::NoteLevel level) {
  switch (level) {
    case raft::NoteLevel::debug:
      return world::LogLevel::debug;
    case raft::NoteLevel::info:
      return world::LogLevel::info;
    case raft::NoteLevel::warn:
      return world::LogLevel::warn;
    case raft::NoteLevel::error:
      return world::LogLevel::error;
  }
  return world::LogLevel::info;
}

std::string words_for(raft::Refusal why) {
  switch (why) {
    case raft::Refusal::not_leader:
      return "No cluster leader";
    case raft::Refusal::transferring:
      return "leadership transfer in progress";
    case raft::Refusal::overloaded:
      return "timed out enqueuing operation";
    case raft::Refusal::too_large:
      return "command is too large for one log entry";
    case raft::Refusal::not_ready:
      return "Not ready to serve consistent reads";
    case raft::Refusal::quorum_at_risk:
      return "too few of the other voters answer: without this one nothing could be decided any more";
    case raft::Refusal::change_pending:
      return "another change of the Raft configuration is not committed yet";
    case raft::Refusal::no_change:
      return "the Raft configuration is so already";
    case raft::Refusal::no_voter_left:
      return "no server would be left that votes";
    case raft::Refusal::bad_server:
      return "there is no such server in the Raft configuration, its address is another's, or there are too many";
  }
  return "";
}

// Proposals that are gathered into one record, at most; past either Raft hears of them at once.
constexpr std::size_t max_gathered = 1024;
constexpr std::size_t max_gathered_bytes = 1 << 20;

// Of the log and of the snapshots: a server without it takes a new id.
std::string folder_of(const std::string& directory) { return directory.substr(0, directory.rfind('/')); }

}  // namespace

Consensus::Consensus(Config config, Rng rng)
    : config_(std::move(config)),
      rng_(rng),
      wal_({.directory = config_.directory, .marker = config_.marker, .segment_bytes = config_.segment_bytes}),
      snapshots_(config_.snapshots, rng_.fork()) {}

void Consensus::recover(Now now, const world::DirectoryRead& log, const world::DirectoryRead& snapshots,
                        const std::optional<Recovery>& forced, std::vector<Output>& out, world::Effects& effects) {
  auto snapshot = snapshots_.recover(now.instant, snapshots);
  if (!snapshot) return out.push_back(Broken{snapshot.error()});
  auto recovered = wal_.recover(log);
  if (!recovered) return out.push_back(Broken{recovered.error().text(config_.directory)});
  const raft::Index held = snapshot->meta ? snapshot->meta->index : raft::Index{};
  if (snapshot->meta && !storage::Wal::holds_a_log(log) && !forced)
    return out.push_back(
        Broken{fmt::format("there are snapshots in {}, up to entry {}, and no log in {}: for whom this server voted "
                           "and what it acknowledged "
                           "after them is lost, so it does not start. Restore the log from a backup, or move {} away "
                           "and let the server join "
                           "again as a new one.",
                           config_.snapshots.directory, held.value, config_.directory, folder_of(config_.directory))});
  if (recovered->state.base.index > held)
    return out.push_back(Broken{fmt::format(
        "the log in {} begins after entry {}, but the newest snapshot in {} ends with entry {}: restore the snapshots "
        "from a backup, or move {} away and let the server join again as a new one.",
        config_.directory, recovered->state.base.index.value, config_.snapshots.directory, held.value,
        folder_of(config_.directory))});
  for (const auto* notes : {&snapshot->notes, &recovered->notes})
    for (const std::string& note : *notes)
      effects.push_back(world::Logged{world::LogLevel::warn, "nomad.raft.storage", note, {}});
  if (snapshot->meta)
    effects.push_back(world::Logged{world::LogLevel::info,
                                    "nomad.raft",
                                    "restored from snapshot",
                                    {{"last-index", std::to_string(snapshot->meta->index.value)},
                                     {"last-term", std::to_string(snapshot->meta->term.value)}}});
  if (forced) apply_recovery(*forced, recovered->state.entries, snapshot->meta);
  state_ = std::move(snapshot->state);
  recovered->state.snapshot = std::move(snapshot->meta);
  raft::Raft::Config config{.self = config_.self, .address = config_.address};
  config.trailing_logs = config_.trailing_logs;
  config.max_append_entries = config_.append_entries;
  config.max_append_bytes = config_.append_bytes;
  config.snapshot_bytes_per_second = config_.snapshot_bytes_per_second;
  raft_ = std::make_unique<raft::Raft>(config.scaled(config_.raft_multiplier), std::move(recovered->state), rng_.fork(),
                                       now.instant);
  metrics_.begin(now.instant, *raft_);
  run(now, raft::Started{}, out, effects);
}

void Consensus::disk_done(Now now, const world::DiskBatchDone& done, std::vector<Output>& out,
                          world::Effects& effects) {
  if (snapshots_.awaits(done.token)) {
    std::vector<Snapshotting::Output> said;
    snapshots_.disk_done(now.instant, done, said);
    return digest(now, std::move(said), out, effects);
  }
  const storage::Wal::Outcome outcome = wal_.on(done);
  if (const auto* failed = std::get_if<storage::Wal::Failed>(&outcome)) {
    broken_ = true;
    out.push_back(Broken{failed->reason});
    return;
  }
  run(now, raft::Persisted{std::get<storage::Wal::Durable>(outcome).sequence}, out, effects);
}

void Consensus::computed(Now now, const world::Computed& computed, std::vector<Output>& out, world::Effects& effects) {
  std::vector<Snapshotting::Output> said;
  snapshots_.computed(now.instant, computed, said);
  digest(now, std::move(said), out, effects);
}

// What became of snapshots, told to Raft.
void Consensus::digest(Now now, std::vector<Snapshotting::Output> said, std::vector<Output>& out,
                       world::Effects& effects) {
  for (Snapshotting::Output& one : said) {
    std::visit(
        [&]<class T>(T& what) {
          if constexpr (std::same_as<T, Snapshotting::Taken>) {
            effects.push_back(world::Logged{world::LogLevel::info,
                                            "nomad.raft",
                                            "snapshot complete up to",
                                            {{"index", std::to_string(what.meta.index.value)}}});
            run(now, raft::SnapshotTaken{std::move(what.meta)}, out, effects);
          } else if constexpr (std::same_as<T, Snapshotting::Built>) {
            run(now, raft::SnapshotBuilt{std::move(what.snapshot)}, out, effects);
          } else if constexpr (std::same_as<T, Snapshotting::Received>) {
            run(now, raft::SnapshotStored{std::move(what.meta), std::move(what.error)}, out, effects);
            snapshots_.received_done();
          } else if constexpr (std::same_as<T, Snapshotting::Failed>) {
            effects.push_back(world::Logged{
                world::LogLevel::error, "nomad.raft", "failed to take snapshot", {{"error", what.error}}});
          }
        },
        one);
  }
  tend(now, effects);
}

void Consensus::deliver(Now now, const raft::ServerId& from, raft::Message message, std::vector<Output>& out,
                        world::Effects& effects) {
  run(now, raft::MessageReceived{from, std::move(message)}, out, effects);
}

void Consensus::peer_unreachable(Now now, const raft::ServerId& id, std::vector<Output>& out, world::Effects& effects) {
  run(now, raft::PeerUnreachable{id}, out, effects);
}

void Consensus::wake(Now now, std::vector<Output>& out, world::Effects& effects) {
  if (!raft_ || broken_) return;
  // One thing at a time: the rest is due at once after it, when the shell has carried that out. A follower's record
  // comes first, for the leader waits for it. A leader's clients wait for what is committed, and have their next
  // proposals ready then, which are to share one record; but a record that is there waits for one thing only, lest the
  // disk stand still, and be taken for one that hangs, while there is always more to apply.
  const bool write_first = !is_leader() || std::exchange(write_waited_, false);
  if (write_first && wal_.wants_batch()) return effects.push_back(wal_.take_batch(next_disk_token()));
  if (raft_->deadline() <= now.instant) {
    write_waited_ = wal_.wants_batch();
    return run(now, raft::Woken{}, out, effects);
  }
  propose_gathered(now, out, effects);
  if (wal_.wants_batch()) effects.push_back(wal_.take_batch(next_disk_token()));
  tend(now, effects);
}

void Consensus::propose_gathered(Now now, std::vector<Output>& out, world::Effects& effects) {
  if (gathered_.proposals.empty()) return;
  gathered_bytes_ = 0;
  run(now, std::exchange(gathered_, {}), out, effects);
}

void Consensus::bootstrap(Now now, raft::Configuration configuration, std::vector<Output>& out,
                          world::Effects& effects) {
  run(now, raft::Bootstrap{std::move(configuration)}, out, effects);
}

raft::ProposalId Consensus::propose(Now now, state::Command command, std::vector<Output>& out,
                                    world::Effects& effects) {
  const raft::ProposalId id{++last_proposal_};
  auto payload = std::make_shared<const std::string>(wire::protobuf::encode(state::LogEntry{std::move(command)}));
  gathered_bytes_ += payload->size();
  gathered_.proposals.push_back({id, std::move(payload)});
  if (gathered_.proposals.size() >= max_gathered || gathered_bytes_ >= max_gathered_bytes)
    propose_gathered(now, out, effects);
  return id;
}

raft::ProposalId Consensus::change(Now now, raft::ConfigurationChange change, std::vector<Output>& out,
                                   world::Effects& effects) {
  propose_gathered(now, out, effects);
  const raft::ProposalId id{++last_proposal_};
  run(now, raft::ConfigurationProposed{id, std::move(change)}, out, effects);
  return id;
}

raft::ReadId Consensus::read(Now now, std::vector<Output>& out, world::Effects& effects) {
  const raft::ReadId id{++last_read_};
  run(now, raft::ReadRequested{id}, out, effects);
  return id;
}

void Consensus::transfer(Now now, std::optional<raft::ServerId> target, std::vector<Output>& out,
                         world::Effects& effects) {
  propose_gathered(now, out, effects);
  run(now, raft::TransferRequested{std::move(target)}, out, effects);
}

void Consensus::reload(Now now, std::uint64_t threshold, Duration interval, std::uint64_t trailing_logs,
                       std::vector<Output>& out, world::Effects& effects) {
  snapshots_.reload(now.instant, threshold, interval);
  run(now, raft::TrailingLogsChanged{trailing_logs}, out, effects);
}

Instant Consensus::deadline() const {
  if (!raft_ || broken_) return Instant::never();
  if (wal_.wants_batch() || !gathered_.proposals.empty()) return last_now_;
  return std::min(raft_->deadline(), snapshots_.deadline());
}

bool Consensus::is_leader() const { return raft_ && raft_->is_leader(); }

void Consensus::run(Now now, const raft::Event& event, std::vector<Output>& out, world::Effects& effects) {
  if (broken_ || !raft_) return;
  last_now_ = now.instant;
  raft::Effects said = std::move(said_);
  metrics_.told(now.instant, event, *raft_);
  raft_->handle(now.instant, event, said);
  for (raft::Effect& effect : said) {
    metrics_.said(now.instant, effect, *raft_);
    carry(now, effect, out, effects);
  }
  said.clear();
  said_ = std::move(said);
  metrics_.look(now.instant, *raft_);
  tend(now, effects);
}

// Snapshots that are to be computed or written now that everything committed is applied.
void Consensus::tend(Now now, world::Effects& effects) {
  if (broken_ || !raft_) return;
  if (snapshots_.wants_build(now.instant))
    effects.push_back(snapshots_.build(now.instant, state_, raft_->snapshot_meta(), next_compute_token()));
  if (snapshots_.wants_open()) effects.push_back(snapshots_.open(now.instant, next_compute_token()));
  if (snapshots_.wants_batch()) effects.push_back(snapshots_.take_batch(next_disk_token()));
}

void Consensus::carry(Now now, raft::Effect& effect, std::vector<Output>& out, world::Effects& effects) {
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, raft::Send>) {
          out.push_back(Send{std::move(what.to), std::move(what.message)});
        } else if constexpr (std::same_as<T, raft::Persist>) {
          wal_.persist(std::move(what));
        } else if constexpr (std::same_as<T, raft::Committed>) {
          for (raft::Index at = what.first; at <= what.last; ++at) {
            const raft::Entry& entry = raft_->log().at(at);
            apply(now, entry, out, effects);
            snapshots_.applied(at, entry.weight());
          }
        } else if constexpr (std::same_as<T, raft::SnapshotWanted>) {
          snapshots_.want();
        } else if constexpr (std::same_as<T, raft::SnapshotReceived>) {
          snapshots_.received(std::move(what.snapshot));
        } else if constexpr (std::same_as<T, raft::SnapshotInstalled>) {
          state_ = snapshots_.installed(what.meta);
          out.push_back(StateReplaced{});
        } else if constexpr (std::same_as<T, raft::ProposalAccepted>) {
          // Older ones end with the office they were accepted in, so none is left at this index or past it.
          while (!accepted_.empty() && accepted_.back().index >= what.index) accepted_.pop_back();
          accepted_.push_back({what.index, what.id, what.term});
        } else if constexpr (std::same_as<T, raft::ProposalRefused>) {
          out.push_back(ProposalFailed{what.id, words_for(what.why)});
        } else if constexpr (std::same_as<T, raft::ReadReady>) {
          out.push_back(ReadReady{what.id});
        } else if constexpr (std::same_as<T, raft::ReadRefused>) {
          out.push_back(ReadRefused{what.id, words_for(what.why)});
        } else if constexpr (std::same_as<T, raft::LeadershipChanged>) {
          // Whether entries that are not committed yet ever will be, only the next leader knows.
          if (what.role != raft::Role::leader && !base::mutant("M04"))
            for (const Accepted& accepted : std::exchange(accepted_, {}))
              out.push_back(ProposalFailed{accepted.proposal, "leadership lost while committing log"});
          // What was not told to Raft yet is not proposed in a later office.
          if (what.role != raft::Role::leader) {
            gathered_bytes_ = 0;
            for (const raft::Proposed& gathered : std::exchange(gathered_, {}).proposals)
              out.push_back(ProposalFailed{gathered.id, words_for(raft::Refusal::not_leader)});
          }
          out.push_back(LeadershipChanged{});
        } else if constexpr (std::same_as<T, raft::TransferEnded>) {
          out.push_back(TransferEnded{std::move(what.error)});
        } else if constexpr (std::same_as<T, raft::ConfigurationChanged>) {
          out.push_back(ConfigurationChanged{});
        } else if constexpr (std::same_as<T, raft::Note>) {
          world::Logged line{level_of(what.level), "nomad.raft", std::move(what.text), {}};
          for (raft::NoteField& field : what.fields)
            line.fields.push_back({std::move(field.key), std::move(field.value)});
          effects.push_back(std::move(line));
        }
      },
      effect);
}

void Consensus::apply(Now now, const raft::Entry& entry, std::vector<Output>& out, world::Effects& effects) {
  std::optional<raft::ProposalId> proposal;
  while (!accepted_.empty() && accepted_.front().index < entry.index) accepted_.pop_front();
  if (!accepted_.empty() && accepted_.front().index == entry.index) {
    const Accepted& accepted = accepted_.front();
    if (accepted.term == entry.term || base::mutant("M04"))
      proposal = accepted.proposal;
    else
      out.push_back(ProposalFailed{accepted.proposal, "leadership lost while committing log"});
    accepted_.pop_front();
  }
  if (entry.kind == raft::EntryKind::configuration) {
    out.push_back(ConfigurationCommitted{proposal});
  } else if (entry.kind == raft::EntryKind::command) {
    // Born as something small, for all that it is read over.
    auto decoded = std::make_shared<state::LogEntry>(state::Command(std::in_place_type<state::DeleteEvals>));
    const auto read = wire::protobuf::codec_of<state::LogEntry>().decode(entry.bytes(), decoded.get());
    if (!read) {
      // The same on every server: an entry nobody can read changes nothing, and ends nobody.
      effects.push_back(world::Logged{world::LogLevel::error,
                                      "nomad.fsm",
                                      "log entry could not be decoded and was skipped",
                                      {{"index", std::to_string(entry.index.value)}, {"error", read.error().text()}}});
      if (proposal) out.push_back(ProposalFailed{*proposal, "log entry could not be decoded"});
      return;
    }
    if (base::mutant("K27"))
      std::visit(
          [&](auto& command) {
            if constexpr (requires { command.time; }) command.time = now.wall;
          },
          decoded->command);
    const std::shared_ptr<const state::Command> command(decoded, &decoded->command);
    state::Applied result = state_.apply(entry.index.value, *command);
    metrics_.applied();
    out.push_back(Applied{state_.index(), proposal, command, std::move(result)});
  }
  if (raft_->is_leader() && entry.term == raft_->term() && entry.kind == raft::EntryKind::noop)
    out.push_back(TermReached{});
  if (!out.empty() && std::holds_alternative<TermReached>(out.back())) metrics_.caught_up();
}

std::vector<base::Metric> Consensus::metrics(Instant now) const {
  if (!raft_) return {};
  std::vector<base::Metric> out = metrics_.metrics(now, *raft_);
  const Snapshotting::Stats& snapshots = snapshots_.stats();
  const auto sample = [&](const char* name, const base::Tally& tally) {
    out.push_back({base::Metric::Kind::sample, name, {}, tally});
  };
  sample("raft.fsm.snapshot", snapshots.copied);
  sample("raft.fsm.restore", snapshots.restored);
  sample("raft.snapshot.create", snapshots.built);
  sample("raft.snapshot.persist", snapshots.written);
  sample("raft.snapshot.takeSnapshot", snapshots.whole);
  out.push_back(base::Metric::counter_of("nomad.raft.snapshot_failed", snapshots.failed));
  out.push_back(base::Metric::counter_of("nomad.raft.snapshot_refused", snapshots.refused));
  return out;
}

}  // namespace core::server
