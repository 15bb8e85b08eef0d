// The inside of Server, shared by its .cpp files and by nobody else.
#pragma once

#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/scheduler/attempt.hpp"
#include "core/scheduler/scheduler.hpp"
#include "core/server/archive.hpp"
#include "core/server/autopilot.hpp"
#include "core/server/blocked_evals.hpp"
#include "core/server/consensus.hpp"
#include "core/server/eval_broker.hpp"
#include "core/server/evaluations.hpp"
#include "core/server/heartbeats.hpp"
#include "core/server/membership.hpp"
#include "core/server/peers_file.hpp"
#include "core/server/server.hpp"

namespace core::server {

inline constexpr Duration hold_timeout = 5s;           // how long a request waits for a leader (rpc_hold_timeout)
inline constexpr Duration leaderless_patience = 10s;   // then nodes are sent to look for a server that knows a leader
inline constexpr Duration update_batch_window = 50ms;  // clients' reports are gathered that long into one entry
inline constexpr Duration reconcile_interval = 60s;
inline constexpr Duration misdirected_interval = 10s;  // between two lines about messages for others
inline constexpr Duration unblock_failed_interval = 60s;
inline constexpr Duration leave_patience = 5s;  // for each step of a graceful leave
inline constexpr std::size_t max_held_requests = 4096;
inline constexpr std::size_t max_waiting_saves = 16;
inline constexpr std::size_t max_plan_queue = 4096;
inline constexpr std::size_t max_early_events = 4096;  // that may come before the disk was read

/// Why a command was proposed, and so what to do when it is applied.
struct ForTag {
  Tag tag;
};
struct ForHeartbeat {
  world::StreamId connection;
  wire::rpc::CallId call;
  std::string node_id;
};
struct ForCall {
  world::StreamId connection;
  wire::rpc::CallId call;
};
struct ForCalls {
  std::vector<ForCall> calls;
};
struct ForEval {
  std::uint64_t run = 0;
};
struct ForPlan {
  std::uint64_t run = 0;
  model::PlanResult result;
};
/// A node is to be marked down.
struct ForNode {
  std::string node_id;
};
/// An evaluation that was delivered too often is to be marked failed.
struct ForFailed {
  model::Evaluation eval;
};
/// A part of a snapshot that an operator restores.
struct ForRestore {};
struct ForNothing {};
using Purpose =
    std::variant<ForNothing, ForRestore, ForNode, ForFailed, ForTag, ForHeartbeat, ForCall, ForCalls, ForEval, ForPlan>;

class Server::Impl {
 public:
  Impl(Config config, Rng rng);

  void handle(Now now, const Event& event, Effects& effects);
  Instant deadline() const;

  // restoring.cpp
  void on(Now now, const SnapshotRequested& request, Effects& effects);
  void save_next(Now now, Effects& effects);
  void on(Now now, const RestoreRequested& request, Effects& effects);
  void on(Now now, const SettingsChanged& changed, Effects& effects);
  bool archive_computed(Now now, world::ComputeToken token, Effects& effects);
  void restore_next(Now now, Effects& effects);
  void restore_applied(Now now, std::uint64_t index, Effects& effects);
  void restore_refused(Now now, const std::string& error, Effects& effects);
  void drop_restored_parts(Now now, Effects& effects);
  bool restore_closes() const;

  // starting.cpp
  void start(Effects& effects);
  void directory_read(Now now, const world::DirectoryRead& read, Effects& effects);
  std::string take_identity(const world::DirectoryRead& read, Effects& effects);
  void start_written(Now now, const world::DiskBatchDone& done, Effects& effects);
  std::vector<world::DiskOp> identity_ops() const;
  bool has_lost_its_log() const;
  void read_gossip_snapshot(Effects& effects);
  void boot(Now now, Effects& effects);
  std::expected<std::vector<world::DiskOp>, std::string> take_peers(Effects& effects);
  void sync_what_was_read(Effects& effects);
  void finish_boot(Now now, Effects& effects);

  // server.cpp
  void on(Now now, const world::Woken&, Effects& effects);
  void on(Now now, const world::DirectoryRead& read, Effects& effects);
  void on(Now now, const world::DiskBatchDone& done, Effects& effects);
  void on(Now now, const world::DatagramReceived& received, Effects& effects);
  void on(Now now, const world::StreamAccepted& accepted, Effects& effects);
  void on(Now now, const world::StreamConnected& connected, Effects& effects);
  void on(Now now, const world::StreamReceived& received, Effects& effects);
  void on(Now now, const world::StreamClosed& closed, Effects& effects);
  void on(Now now, const world::Computed& what, Effects& effects);
  void on(Now now, const Asked& what, Effects& effects);
  void on(Now now, const Answered& answered, Effects& effects);
  void on(Now now, const PeerLost& lost, Effects& effects);
  void on(Now, const AskerLost& lost, Effects&);
  void on(Now now, const WriteRequested& request, Effects& effects);
  void on(Now now, const ReadRequested& request, Effects& effects);
  void on(Now now, const JoinRequested& join, Effects& effects);
  void on(Now now, const LeaveRequested&, Effects& effects);
  void on(Now now, const ForceLeaveRequested& leave, Effects& effects);
  void on(Now now, const KeysRequested& keys, Effects& effects);
  void on(Now now, const RemovePeerRequested& request, Effects& effects);
  void on(Now now, const TransferRequested& request, Effects& effects);
  const raft::Server* find_peer(const std::string& id, const std::string& address) const;
  void transfer_ended(Now now, const std::string& error, Effects& effects);
  void office_lost_in_transfer(Now now, Effects& effects);
  void wake(Now now, Effects& effects);
  void propose(Now now, state::Command command, Purpose purpose, Effects& effects);
  void log(Effects& effects, world::LogLevel level, std::string module, std::string message,
           std::vector<world::LogField> fields = {});
  std::optional<Address> leader_address() const;

  // outcomes.cpp
  void digest(Now now, std::vector<Consensus::Output> outputs, Effects& effects);
  void digest_one(Now now, Consensus::Output& output, Effects& effects);
  void state_replaced(Now now, Effects& effects);
  void applied(Now now, Consensus::Applied& applied, Effects& effects);
  void react(Now now, const state::Command& command, Effects& effects);
  void evaluate_stranded(Now now, const std::set<std::string>& node_ids, const std::vector<model::Evaluation>& chosen,
                         Effects& effects);
  void finish(Now now, const Purpose& purpose, std::uint64_t index, const state::Applied& result, Effects& effects);
  void refuse(Now now, const Purpose& purpose, const std::string& error, Effects& effects);

  // membership.cpp's news, bootstrap and the peer set (peers.cpp)
  void gossip_event(Now now, const gossip::Event& event, Effects& effects);
  void write_gossip_file(Membership::News::Write write, Effects& effects);
  void gossip_file_written(Now now, Membership::News::Write::Of of, const std::string& error, Effects& effects);
  void try_bootstrap(Now now, Effects& effects);
  struct AskedPeers;
  void peers_answered(Now now, const AskedPeers& asked, const wire::rpc::Body& body, Effects& effects);
  void reconcile(Now now, Effects& effects);
  bool is_taken(const std::string& by_id, const ServerMember& member, Effects& effects);
  std::optional<raft::ConfigurationChange> next_reaped();
  Autopilot::Sight sight_of_servers(Now now) const;
  void look_at_servers(Now now, Effects& effects);
  model::AutopilotConfig autopilot_config() const;
  void begin_leave(Now now, Effects& effects);
  void continue_leave(Now now, Effects& effects);

  // leadership.cpp
  void leadership_changed(Now now, Effects& effects);
  void establish(Now now, Effects& effects);
  void look_again_at_blocked(Now now);
  void revoke(Now now, Effects& effects);
  void start_over(Now now, Effects& effects);
  void let_go(const std::string& reason, Effects& effects);
  void leader_wake(Now now, Effects& effects);

  // nodes.cpp
  void asked(Now now, Asked asked, Effects& effects);
  void misdirected(Now now, const wire::rpc::RaftCarried& carried, Effects& effects);
  void serve(Now now, const Asked& asked, Effects& effects);
  void hold(Now now, Asked asked, Effects& effects);
  void ask_leader(Now now, Asked asked, Duration wait, Effects& effects);
  void ask_new_leader(Now now, Effects& effects);
  bool lags(Now now, const Asked& asked, std::uint64_t min_index, Duration wait, Effects& effects);
  void release_held(Now now, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::NodeRegister& body, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::NodeHeartbeat& body, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::NodeLeave& body, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::NodeAllocsWanted& body, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::AllocsWanted& body, Effects& effects);
  void on(Now now, const Asked& asked, const wire::rpc::AllocsUpdate& body, Effects& effects);
  void flush_updates(Now now, Effects& effects);
  void node_expired(Now now, const std::string& node_id, Effects& effects);
  void reply_heard(Now now, world::StreamId connection, wire::rpc::CallId call, const std::string& node_id,
                   Effects& effects);
  bool answer_allocs(Now now, const Asked& asked, const wire::rpc::NodeAllocsWanted& body, bool timed_out,
                     Effects& effects);
  void send_waiting_away(Effects& effects);
  void answer_waiting(Now now, const std::string& node_id, Effects& effects);
  void reply(const Asked& asked, wire::rpc::Body body, Effects& effects);
  void fail(const Asked& asked, std::string message, Effects& effects);

  // scheduling.cpp
  void eval_applied(Now now, const state::Ref<model::Evaluation>& eval, Effects& effects);
  void schedule(Now now, Effects& effects);
  void computed(Now now, const world::Computed& computed, Effects& effects);
  void compute_plan(Now now, std::uint64_t run, Effects& effects);
  void take_step(Now now, std::uint64_t run, scheduler::Step step, Effects& effects);
  void apply_next_plan(Now now, Effects& effects);
  void plan_done(Now now, std::uint64_t run, const model::PlanResult& result, Effects& effects);
  void eval_finished(Now now, std::uint64_t run, Effects& effects);
  void abandon(Now now, std::uint64_t run, Effects& effects);
  void evals_failed(Now now, const std::vector<model::Evaluation>& evals, Effects& effects);
  void cancel_evals(Now now, std::vector<model::Evaluation> evals, const std::string& why, Effects& effects);
  void run_again(Now now, const std::vector<state::Ref<model::Evaluation>>& woken);
  bool is_overdue(std::uint64_t run);
  void capacity_changed(Now now, const std::string& node_id, Effects& effects);
  void on(Now now, const PlanRequested& request, Effects& effects);

  Config config_;
  Rng rng_;
  std::string id_;
  Now last_now_;
  std::deque<Consensus::Output> inbox_;  // what consensus said and is yet to be dealt with
  bool digesting_ = false;

  // Start-up: five directories are read before anything else happens.
  std::uint64_t last_disk_token_ = 0;
  std::optional<world::DiskToken> reading_identity_;
  std::optional<world::DiskToken> reading_raft_;  // where an operator puts peers.json
  std::optional<world::DiskToken> reading_log_;
  std::optional<world::DiskToken> reading_snapshot_;
  std::optional<world::DiskToken> reading_snapshots_;  // of the state; the one before is of gossip
  std::optional<world::DiskToken> syncing_;
  std::optional<world::DiskToken> writing_identity_;
  bool had_log_ = false;  // says the log's marker
  world::DirectoryRead log_read_;
  world::DirectoryRead snapshots_read_;
  std::optional<std::string> peers_read_, recovery_read_;
  std::optional<Recovery> recovery_;
  GossipFiles gossip_files_;
  bool running_ = false;
  bool broken_ = false;
  std::vector<Event> early_;  // joins and requests that came before the disk was read

  std::optional<Consensus> consensus_;
  std::optional<Membership> membership_;

  std::map<raft::ProposalId, Purpose> purposes_;
  std::map<raft::ReadId, Tag> reads_;
  bool was_leader_ = false;
  bool established_ = false;

  // Bootstrap (server-internals.md §4).
  bool bootstrapped_ = false;
  std::set<std::string> asked_for_peers_;
  std::set<std::string> without_peers_;  // of the candidates: who answered this round that it has none
  std::vector<std::string> candidates_;
  std::uint64_t peers_round_ = 0;
  Instant ask_peers_again_ = Instant::never();
  std::uint32_t peer_attempts_ = 0;

  std::map<gossip::RequestId, Tag> joins_;
  std::map<gossip::RequestId, Tag> key_requests_;
  std::map<world::DiskToken, Membership::News::Write::Of> gossip_writes_;
  std::uint64_t last_join_ = 0;
  std::optional<raft::ProposalId> changing_peers_;
  std::set<std::string> reaped_;            // peers that gossip has forgotten, by id
  std::set<std::string> at_taken_address_;  // servers that are told apart by nobody, by id
  std::uint64_t duplicate_addresses_ = 0;
  struct Transferring {
    Tag tag;                           // who asked
    std::string target;                // empty: whoever is the furthest
    Instant until = Instant::never();  // the new leader is to be known: this server has lost its office
  };
  std::optional<Transferring> transfer_;
  Autopilot autopilot_;
  Instant look_at_servers_ = Instant::never();
  Instant reconcile_at_ = Instant::never();

  // Calls we made to other servers.
  struct Forwarded {
    Asked asked;
    Address to;
  };
  struct AskedPeers {
    std::string server_id;
    std::uint64_t round = 0;
  };
  std::map<wire::rpc::CallId, std::variant<Forwarded, AskedPeers>> calls_;
  std::uint64_t last_call_ = 0;
  struct Held {
    Asked asked;
    Instant until;
  };
  std::deque<Held> held_;
  struct WaitingNode {
    Asked asked;
    Instant until;
  };
  std::map<std::string, std::vector<WaitingNode>> waiting_nodes_;  // by node id
  std::set<std::pair<Instant, std::string>> waiting_until_;
  Instant send_away_at_ = Instant::never();  // whoever waits for allocations, for want of a leader

  // Clients' reports being gathered.
  std::map<std::string, model::Allocation> updates_;  // by allocation: the newest report counts
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> update_stamps_;  // by node: the newest of them
  std::vector<ForCall> update_calls_;
  Instant flush_updates_at_ = Instant::never();

  Heartbeats heartbeats_;
  EvalBroker broker_;
  BlockedEvals blocked_;
  Instant unblock_failed_at_ = Instant::never();

  // Evaluations at work. A run ends by ack, nack or loss of leadership.
  struct Run {
    EvalBroker::Delivery delivery;
    std::optional<scheduler::Attempt> attempt;
    model::Plan plan;  // waiting in the plan queue
  };
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t last_run_ = 0;
  std::map<world::ComputeToken, std::pair<std::uint64_t, std::shared_ptr<world::Work>>> computing_;
  std::map<world::ComputeToken, std::pair<Tag, std::shared_ptr<world::Work>>> planning_;
  std::uint64_t last_compute_ = 0;
  std::set<std::tuple<std::int32_t, std::uint64_t, std::uint64_t>> plan_queue_;  // falling priority, order, run
  Instant established_at_{};
  std::uint64_t misdirected_ = 0;  // messages of Raft that were for others
  Instant tell_misdirected_{};
  std::map<std::string, Instant> removed_by_hand_;  // who stays out of the peer set until then, though gossip knows it
  std::uint64_t node_rejected_ = 0;                 // parts of plans that the applier refused
  std::uint64_t plan_order_ = 0;
  bool applying_plan_ = false;

  // A snapshot for an operator, and one of an operator's.
  std::vector<Tag> save_next_;  // for whom one is made when that under way is done
  struct Saving {
    std::vector<Tag> tags;
    world::ComputeToken token;
    std::shared_ptr<SaveArchive> work;
  };
  std::optional<Saving> saving_;
  struct Restoring {
    Tag tag;
    world::ComputeToken token;
    std::shared_ptr<OpenArchive> work;  // null when it is done
    OpenArchive::Commands commands{};
    std::size_t next = 0;  // to be proposed
  };
  std::optional<Restoring> restoring_;

  // A graceful leave, step by step.
  enum class Leave { no, handing_over, leaving_gossip, waiting_for_removal, done };
  Leave leave_ = Leave::no;
  Instant leave_step_ends_ = Instant::never();
};

}  // namespace core::server
