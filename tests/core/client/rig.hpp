// A client with all that is around it: a host whose processes are the truth, a disk that forgets what was not
// synced, and servers that hold what they want run here. One virtual clock; crashes between any two events.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/client/client.hpp"

namespace tests {

struct Process {
  core::world::TaskHandle handle;
  bool running = false;
  core::world::TaskExited end;
  bool ignores_signals = false;
};

class Rig {
 public:
  explicit Rig(core::client::Config config = default_config(), std::uint64_t seed = 1);
  static core::client::Config default_config();

  /// A new life of the agent over the same disk and host.
  void boot();
  /// The agent is gone at once; tasks and what the disk has synced stay.
  void crash();
  /// Carries out the next effect and tells its answer. False: there is none left.
  bool step();
  /// Lets time pass, with all that comes due in it.
  void run(core::Duration time);
  void tell(const core::client::Event& event);

  /// The servers want this run here; its job has one task "t" unless given.
  void place(const std::string& id, core::model::Job job);
  void place(const std::string& id);
  void stop(const std::string& id);
  void purge(const std::string& id);
  static core::model::Job job_of(std::vector<core::model::Task> tasks, const std::string& type = "service");
  static core::model::Task task(const std::string& name);

  void exit_task(const std::string& id, const std::string& task, int code);
  /// How many processes run under the name: never more than one.
  int running(const std::string& id, const std::string& task = "t") const;
  /// What the servers were last told.
  const core::model::Allocation& told(const std::string& id) const { return server_allocs_.at(id); }
  std::vector<std::string> events(const std::string& id, const std::string& task = "t") const;
  std::vector<std::string> log_lines(const std::string& message) const;
  template <class T>
  std::vector<std::pair<core::Instant, T>> calls() const {
    std::vector<std::pair<core::Instant, T>> out;
    for (const auto& [at, call] : said_)
      if (const auto* body = std::get_if<T>(&call.body)) out.emplace_back(at, *body);
    return out;
  }

  core::Now now_{{1000000000}, {1700000000000000000}};
  std::optional<core::client::Client> client_;
  bool left_ = false;
  std::string server_failure_;  // what every call is answered with
  bool server_silent_ = false;
  bool node_known_ = false;
  core::Duration ttl_ = std::chrono::seconds(15);
  std::string disk_error_;
  bool dir_error_ = false;
  std::string start_error_;
  bool host_holds_starts_ = false;  // processes are made, answers kept back
  std::map<std::pair<std::string, std::string>, std::vector<Process>> processes_;
  std::set<std::string> dirs_;
  std::map<std::string, std::string> disk_;  // path to contents, synced
  std::vector<core::world::Effect> effects_seen_;
  std::vector<std::string> violations_;

 private:
  void absorb(core::world::Effects& effects, std::vector<core::client::Call>& calls, bool left);
  void carry_out(const core::world::Effect& effect);
  void answer(const core::client::Call& call);
  void answer_watch();
  core::wire::rpc::Body reply_to(const core::wire::rpc::Body& body);
  std::string carry_out_ops(const std::vector<core::world::DiskOp>& ops);
  void end(Process& process, const core::world::TaskKey& key, int code, int signal);
  Process* current(const core::world::TaskKey& key);
  core::world::HostFingerprinted fingerprint() const;

  core::client::Config config_;
  core::Rng rng_;
  std::deque<core::world::Effect> todo_;
  std::deque<core::client::Event> to_tell_;
  std::vector<std::pair<core::Instant, core::client::Call>> said_;
  std::optional<core::client::Call> waiting_watch_;
  std::map<std::string, core::model::Allocation> server_allocs_;
  std::string node_id_;  // as registered
  std::uint64_t index_ = 10;
  std::int64_t next_pid_ = 100;
};

}  // namespace tests
