// The state of a Client. Each of its matters is dealt with in a file of its own; this header shows which.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/client/alloc_runner.hpp"
#include "core/client/client.hpp"
#include "core/client/server_list.hpp"
#include "core/client/store.hpp"

namespace core::client {

class Client::Impl {
 public:
  Impl(Config config, Rng rng) : config_(std::move(config)), rng_(rng), store_(config_.state_dir) {}

  void handle(Now now, const Event& event, Effects& effects);
  Instant deadline() const;
  Status status() const;

  /// What is asked of servers; of each at most one call is open.
  enum class Matter { registration, heartbeat, watch, pull, update, leave, down };
  static constexpr std::size_t matters = 7;

  Config config_;
  model::Node node_;
  std::map<std::string, std::unique_ptr<AllocRunner>> allocs_;

 private:
  struct OpenCall {
    wire::rpc::CallId id;
    Address to;
    Instant until;  // after which nobody waits for the answer
  };

  // client.cpp: what happens, to whom
  void on(Now now, const Replied& event, Effects& effects);
  void on(Now now, const ServersSet& event, Effects& effects);
  void on(Now now, const LeaveRequested&, Effects& effects);
  void on(Now now, const ShutdownRequested&, Effects& effects);
  void on(Now now, const world::Woken&, Effects& effects);
  void on(Now now, const world::DiskBatchDone& event, Effects& effects);
  void on(Now now, const world::DirectoryRead& event, Effects& effects);
  void on(Now now, const world::HostFingerprinted& event, Effects& effects);
  void on(Now now, const world::AllocDirMade& event, Effects& effects);
  void on(Now now, const world::TaskStarted& event, Effects& effects);
  void on(Now now, const world::TaskStartFailed& event, Effects& effects);
  void on(Now now, const world::TaskExited& event, Effects& effects);
  void on(Now now, const world::TaskLost& event, Effects& effects);
  void tell_task(Now now, const world::TaskKey& key, const TaskRunner::Event& event, Effects& effects);
  void log(Effects& effects, world::LogLevel level, std::string message, std::vector<world::LogField> fields = {});
  Turn turn(Now now, Effects& effects) { return {now, effects.world, rng_, config_, node_, store_}; }

  // startup.cpp: ids, what was kept, the host
  void start(Effects& effects);
  void set_up(Now now, Effects& effects);
  void come_up(Now now, Effects& effects);

  // calls.cpp: one question to one server, its answer, its failure
  bool can_call() const { return config_.in_process_server || config_.dev || !servers_.empty(); }
  bool is_open(Matter matter) const { return calls_[static_cast<std::size_t>(matter)].has_value(); }
  void call(Now now, Matter matter, wire::rpc::Body body, Duration patience, Effects& effects);
  void answered(Now now, Matter matter, const wire::rpc::Body& body, Effects& effects);
  void failed(Now now, Matter matter, const std::string& error, Effects& effects);
  /// Should another server be asked before long? Then how soon.
  std::optional<Duration> next_server_soon(Matter matter, const Address& asked, const std::string& error);

  // registration.cpp
  void register_node(Now now, Effects& effects);
  void registered(Now now, const wire::rpc::NodeHeard& heard, Effects& effects);
  void registration_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects);
  void register_again(Now now);

  // heartbeat.cpp
  void heartbeat(Now now, Effects& effects);
  void heard(Now now, const wire::rpc::NodeHeard& heard, Effects& effects);
  void heartbeat_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects);
  Duration heartbeat_retry(Now now, const std::string& error);

  // alloc_watch.cpp: what the servers want of this node
  void watch(Now now, Effects& effects);
  void listed(Now now, const wire::rpc::NodeAllocs& list, Effects& effects);
  void pull(Now now, Effects& effects);
  void pulled(Now now, const wire::rpc::Allocs& allocs, Effects& effects);
  void watch_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects);
  void take_up(Now now, const model::Allocation& alloc, Effects& effects);
  void contacted(Now now, Effects& effects);
  void forget_removed(Effects& effects);

  // alloc_report.cpp: what became of them
  void report_later(Now now, const std::string& alloc_id);
  void report(Now now, Effects& effects);
  void reported(Now now, Effects& effects);
  void report_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects);

  // leaving.cpp
  void ask_to_leave(Now now, Effects& effects);
  void leave_asked(Now now);
  void leave_failed(Now now, const std::string& error);
  void go_on_leaving(Now now, Effects& effects);
  void leave(Effects& effects);
  bool all_ended() const;

  Duration retry(Duration base);  // `base` and up to as much again; 1 s in dev mode

  enum class Stage { fresh, reading, keeping_ids, up, left };
  enum class Leaving { no, asking, waiting, saying_down, killing_tasks };

  Rng rng_;
  Store store_;
  ServerList servers_;
  Stage stage_ = Stage::fresh;

  // Only while starting.
  std::unique_ptr<world::HostFingerprinted> host_;
  std::unique_ptr<Store::Loaded> loaded_;
  world::DiskToken ids_write_;
  Instant start_again_at_ = Instant::never();

  wire::rpc::CallId last_call_;
  std::array<std::optional<OpenCall>, matters> calls_;
  std::array<std::uint16_t, matters> tries_{};  // in a row without an answer, over the list of servers

  bool registered_ = false;
  bool ever_registered_ = false;
  Instant register_at_ = Instant::never();

  Instant heartbeat_at_ = Instant::never();
  std::optional<Instant> last_heartbeat_;
  Duration heartbeat_ttl_{};

  bool contacted_ = false;  // the servers have said what is to run here
  std::uint64_t watch_index_ = 0;
  std::uint64_t seen_index_ = 0;  // of the newest state that something held here is from
  Instant watch_at_ = Instant::never();
  std::unique_ptr<wire::rpc::NodeAllocs> list_;  // while it is worked through
  std::vector<std::string> to_pull_;             // new or newer
  std::vector<std::string> missing_;             // held here, but not listed: to be confirmed
  std::set<std::string> asked_;                  // in the open pull
  std::uint64_t report_life_ = 0;                // the index that the registration was answered with
  std::uint64_t report_number_ = 0;              // of the last report since
  bool pull_incomplete_ = false;
  static constexpr std::size_t allocs_a_pull = 128;
  std::size_t pull_batch_ = allocs_a_pull;  // fewer while answers are too large
  std::set<std::string> removed_;           // unknown to the servers; forgotten once ended

  std::set<std::string> unreported_;
  std::map<std::string, std::uint64_t> sent_;          // in the open update: hashes
  std::map<std::string, std::uint64_t> acknowledged_;  // hashes of what the servers know
  Instant report_at_ = Instant::never();

  Leaving leaving_ = Leaving::no;
  Instant leave_at_ = Instant::never();  // asks again
  Instant leave_limit_ = Instant::never();
};

}  // namespace core::client
