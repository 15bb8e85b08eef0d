#include "tests/core/client/rig.hpp"

#include <algorithm>

namespace tests {

using namespace core;
using namespace core::client;
namespace rpc = core::wire::rpc;

Rig::Rig(Config config, std::uint64_t seed) : config_(std::move(config)), rng_(seed) { boot(); }

Config Rig::default_config() {
  Config config;
  config.http_address = "127.0.0.1:4646";
  config.version = "1.6.5";
  config.alloc_dir = "/var/nomad/alloc";
  return config;
}

void Rig::boot() {
  client_.emplace(config_, rng_.fork());
  left_ = false;
  tell(world::Woken{});
  tell(ServersSet{{*Address::parse("10.0.0.1:4647"), *Address::parse("10.0.0.2:4647")}});
}

void Rig::crash() {
  client_.reset();
  todo_.clear();
  to_tell_.clear();
  waiting_watch_.reset();
}

void Rig::tell(const Event& event) {
  if (!client_) return;
  world::Effects effects;
  std::vector<Call> calls;
  client::Effects all{effects, calls};
  client_->handle(now_, event, all);
  if (client_->deadline() < now_.instant) violations_.push_back("a deadline in the past");
  absorb(effects, calls, all.left);
}

void Rig::absorb(world::Effects& effects, std::vector<Call>& calls, bool left) {
  left_ = left_ || left;
  for (auto& effect : effects) {
    effects_seen_.push_back(effect);
    todo_.push_back(std::move(effect));
  }
  for (auto& call : calls) {
    said_.emplace_back(now_.instant, call);
    answer(call);
  }
}

bool Rig::step() {
  if (!client_) return false;
  if (!to_tell_.empty()) {
    const Event event = std::move(to_tell_.front());
    to_tell_.pop_front();
    tell(event);
    return true;
  }
  if (todo_.empty()) return false;
  const world::Effect effect = std::move(todo_.front());
  todo_.pop_front();
  carry_out(effect);
  return true;
}

void Rig::run(Duration time) {
  const Instant until = now_.instant + time;
  for (int steps = 0; steps < 100000; ++steps) {
    if (step()) continue;
    const Instant next = client_ ? client_->deadline() : Instant::never();
    if (next > until) break;
    const Duration passed = std::max(next - now_.instant, Duration{});
    now_ = {now_.instant + passed, now_.wall + passed};
    tell(world::Woken{});
  }
  const Duration rest = until - now_.instant;
  now_ = {until, now_.wall + rest};
}

// --- the host -----------------------------------------------------------------------------------------

Process* Rig::current(const world::TaskKey& key) {
  const auto found = processes_.find({key.alloc_id, key.task});
  return found == processes_.end() || found->second.empty() ? nullptr : &found->second.back();
}

void Rig::end(Process& process, const world::TaskKey& key, int code, int signal) {
  if (!process.running) return;
  process.running = false;
  process.end = {key, code, signal, false};
  to_tell_.push_back(process.end);
}

void Rig::exit_task(const std::string& id, const std::string& task, int code) {
  if (Process* process = current({id, task})) end(*process, {id, task}, code, 0);
}

int Rig::running(const std::string& id, const std::string& task) const {
  const auto found = processes_.find({id, task});
  if (found == processes_.end()) return 0;
  return static_cast<int>(std::count_if(found->second.begin(), found->second.end(),
                                        [](const Process& process) { return process.running; }));
}

world::HostFingerprinted Rig::fingerprint() const {
  world::HostFingerprinted host;
  host.token = {1};
  host.hostname = "worker";
  host.attributes = {{"cpu.arch", "amd64"}, {"kernel.name", "linux"}, {"unique.hostname", "worker"}};
  host.cpu_mhz = 4000;
  host.cpu_cores = 2;
  host.memory_mb = 8000;
  host.disk_mb = 50000;
  host.interfaces = {{"lo", "", 0, {"127.0.0.1/8", "::1/128"}},
                     {"eth0", "02:00:00:00:00:01", 0, {"fe80::1/64", "10.0.0.9/24"}}};
  host.default_interface = "eth0";
  host.drivers = {{"raw_exec", true, "Healthy", {{"driver.raw_exec", "1"}}}};
  return host;
}

void Rig::carry_out(const world::Effect& effect) {
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, world::FingerprintHost>) {
          to_tell_.push_back(fingerprint());
        } else if constexpr (std::same_as<T, world::ReadDirectory>) {
          world::DirectoryRead read{what.token, {}, disk_error_};
          for (const auto& [path, bytes] : disk_)
            if (path.starts_with(what.path + '/')) read.files.push_back({path.substr(what.path.size() + 1), bytes});
          to_tell_.push_back(read);
        } else if constexpr (std::same_as<T, world::DiskBatch>) {
          to_tell_.push_back(world::DiskBatchDone{what.token, carry_out_ops(what.ops)});
        } else if constexpr (std::same_as<T, world::MakeAllocDir>) {
          if (!dir_error_) dirs_.insert(what.alloc_id);
          to_tell_.push_back(world::AllocDirMade{what.alloc_id, dir_error_ ? "no space left on device" : ""});
        } else if constexpr (std::same_as<T, world::RemoveAllocDir>) {
          dirs_.erase(what.alloc_id);
        } else if constexpr (std::same_as<T, world::StartTask>) {
          if (running(what.key.alloc_id, what.key.task) != 0) violations_.push_back("started while it ran");
          if (!dirs_.contains(what.key.alloc_id)) violations_.push_back("started without a directory");
          if (!start_error_.empty()) {
            to_tell_.push_back(world::TaskStartFailed{what.key, start_error_, true});
            return;
          }
          Process process{{next_pid_, static_cast<std::uint64_t>(next_pid_), "boot"}, true, {}, false};
          ++next_pid_;
          processes_[{what.key.alloc_id, what.key.task}].push_back(process);
          if (!host_holds_starts_) to_tell_.push_back(world::TaskStarted{what.key, process.handle});
        } else if constexpr (std::same_as<T, world::RecoverTask>) {
          const Process* process = current(what.key);
          if (process == nullptr || (what.handle.pid != 0 && what.handle != process->handle))
            to_tell_.push_back(world::TaskLost{what.key, "the task's record is gone"});
          else if (process->running)
            to_tell_.push_back(world::TaskStarted{what.key, process->handle});
          else
            to_tell_.push_back(process->end);
        } else if constexpr (std::same_as<T, world::SignalTask>) {
          if (Process* process = current(what.key); process && !process->ignores_signals)
            end(*process, what.key, 130, 2);
        } else if constexpr (std::same_as<T, world::KillTask>) {
          if (Process* process = current(what.key)) end(*process, what.key, 137, 9);
        }
      },
      effect);
}

// A batch as a whole: what is half done when the power goes is io-sim's matter.
std::string Rig::carry_out_ops(const std::vector<world::DiskOp>& ops) {
  if (!disk_error_.empty()) return disk_error_;
  for (const world::DiskOp& op : ops)
    std::visit(
        [&]<class T>(const T& what) {
          if constexpr (std::same_as<T, world::WriteAt>) {
            std::string& file = disk_[what.path];
            file.resize(std::max<std::size_t>(file.size(), what.offset + what.bytes.size()));
            file.replace(what.offset, what.bytes.size(), what.bytes);
          } else if constexpr (std::same_as<T, world::Truncate>) {
            disk_[what.path].resize(what.size);
          } else if constexpr (std::same_as<T, world::Rename>) {
            disk_[what.to] = std::move(disk_[what.from]);
            disk_.erase(what.from);
          } else if constexpr (std::same_as<T, world::Remove>) {
            disk_.erase(what.path);
          }
        },
        op);
  return {};
}

// --- the servers --------------------------------------------------------------------------------------

void Rig::answer(const Call& call) {
  if (server_silent_) return;
  if (!server_failure_.empty()) {
    to_tell_.push_back(Replied{call.call, rpc::Failure{server_failure_}});
    return;
  }
  if (std::holds_alternative<rpc::NodeAllocsWanted>(call.body)) {
    waiting_watch_ = call;
    return answer_watch();
  }
  to_tell_.push_back(Replied{call.call, reply_to(call.body)});
}

void Rig::answer_watch() {
  if (!waiting_watch_) return;
  const auto& wanted = std::get<rpc::NodeAllocsWanted>(waiting_watch_->body);
  if (wanted.min_index != 0 && index_ <= wanted.min_index) return;
  rpc::NodeAllocs list{index_, {}};
  for (const auto& [id, alloc] : server_allocs_) list.alloc_modify_indexes[id] = alloc.alloc_modify_index;
  to_tell_.push_back(Replied{waiting_watch_->call, list});
  waiting_watch_.reset();
}

rpc::Body Rig::reply_to(const rpc::Body& body) {
  const rpc::NodeHeard heard{ttl_, {"10.0.0.1:4647", "10.0.0.2:4647"}, index_, true};
  if (const auto* registered = std::get_if<rpc::NodeRegister>(&body)) {
    node_known_ = true;
    node_id_ = registered->node->id;
    return heard;
  }
  if (std::holds_alternative<rpc::NodeHeartbeat>(body)) {
    if (!node_known_) return rpc::Failure{"node not found"};
    return heard;
  }
  if (const auto* wanted = std::get_if<rpc::AllocsWanted>(&body)) {
    rpc::Allocs allocs;
    for (const std::string& id : wanted->ids)
      if (const auto found = server_allocs_.find(id); found != server_allocs_.end())
        allocs.allocs.push_back(found->second);
    return allocs;
  }
  if (const auto* update = std::get_if<rpc::AllocsUpdate>(&body)) {
    for (const model::Allocation& alloc : update->allocs)
      if (const auto found = server_allocs_.find(alloc.id); found != server_allocs_.end()) {
        found->second.client_status = alloc.client_status;
        found->second.client_description = alloc.client_description;
        found->second.task_states = alloc.task_states;
      }
    return rpc::Done{index_};
  }
  if (std::holds_alternative<rpc::NodeLeave>(body)) {
    for (auto& [id, alloc] : server_allocs_)
      if (!alloc.server_terminal()) stop(id);
  }
  return rpc::Done{index_};
}

model::Task Rig::task(const std::string& name) {
  model::Task task;
  task.name = name;
  task.driver = "raw_exec";
  task.config = boost::json::object{{"command", "/bin/sleep"}, {"args", boost::json::array{"600"}}};
  return task;
}

model::Job Rig::job_of(std::vector<model::Task> tasks, const std::string& type) {
  model::Job job;
  job.id = job.name = "web";
  job.type = type;
  model::TaskGroup group;
  group.name = "front";
  group.restart_policy = model::RestartPolicy{2, 30min, 15s, "fail", false};
  group.tasks = std::move(tasks);
  job.task_groups = {group};
  return job;
}

void Rig::place(const std::string& id) { place(id, job_of({task("t")})); }

void Rig::place(const std::string& id, model::Job job) {
  model::Allocation alloc;
  alloc.id = id;
  alloc.namespace_ = "default";
  alloc.name = "web.front[0]";
  alloc.node_id = node_id_;
  alloc.job_id = job.id;
  alloc.task_group = job.task_groups[0].name;
  alloc.job = std::make_shared<const model::Job>(std::move(job));
  alloc.alloc_modify_index = ++index_;
  server_allocs_[id] = alloc;
  answer_watch();
}

void Rig::stop(const std::string& id) {
  server_allocs_.at(id).desired_status = model::DesiredStatus::stop;
  server_allocs_.at(id).alloc_modify_index = ++index_;
  answer_watch();
}

void Rig::purge(const std::string& id) {
  server_allocs_.erase(id);
  ++index_;
  answer_watch();
}

std::vector<std::string> Rig::events(const std::string& id, const std::string& task) const {
  std::vector<std::string> out;
  for (const model::TaskEvent& event : told(id).task_states.at(task).events)
    out.push_back(event.type + ": " + event.display_message);
  return out;
}

std::vector<std::string> Rig::log_lines(const std::string& message) const {
  std::vector<std::string> out;
  for (const world::Effect& effect : effects_seen_) {
    const auto* line = std::get_if<world::Logged>(&effect);
    if (line == nullptr || line->message != message) continue;
    std::string text = line->module + ": " + line->message + ":";
    for (const auto& [key, value] : line->fields) text += " " + key + "=" + value;
    out.push_back(text);
  }
  return out;
}

}  // namespace tests
