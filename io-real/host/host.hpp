// The host for real: carries out what core wants of the machine it runs on, and tells what came of it. Decides
// nothing. What blocks runs on two worker threads of its own, in order for each allocation; the rest, and every call
// of `deliver`, on the loop's thread.
//
// A task runs under a supervisor process (supervise.hpp) and needs neither this object nor its process to go on:
// destroying a Host leaves all tasks alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/world/world.hpp"

namespace boost::asio {
class io_context;
}

namespace io_real::host {

class Host {
 public:
  struct Config {
    std::filesystem::path alloc_dir;  // holds a folder for each allocation
    std::filesystem::path state_dir;  // holds the records that tasks are found again by, below `tasks/`
    bool enable_raw_exec = false;
    std::string network_interface;  // "" takes the one of the default route
    bool use_cgroups = true;
    /// How many descriptors a task may have open before it asks for more (its soft limit); 0: as many as the agent.
    std::uint64_t task_open_files = 0;
    std::string cgroup_parent;  // "" takes Nomad's: "nomad.slice" of cgroup2, "nomad" of v1
    /// Of the agent's environment, what tasks must not see (client-internals.md §10).
    std::vector<std::string> env_denylist{
        "CONSUL_TOKEN",      "CONSUL_HTTP_TOKEN",     "VAULT_TOKEN",       "NOMAD_LICENSE",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"};
  };
  /// Called on the loop's thread, never from within carry_out.
  using Deliver = std::function<void(core::world::Event)>;

  /// Makes the two folders where they are not there yet (modes 0711 and 0700). "" or the error, which names the folder.
  static std::string prepare(const Config& config);

  /// `loop` must outlive the host; all calls are made on its thread.
  Host(boost::asio::io_context& loop, Config config, Deliver deliver);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void carry_out(const core::world::FingerprintHost& effect);
  void carry_out(const core::world::MakeAllocDir& effect);
  void carry_out(const core::world::RemoveAllocDir& effect);
  void carry_out(const core::world::StartTask& effect);
  void carry_out(const core::world::RecoverTask& effect);
  /// Signals wait for a start or recovery that is under way; for a task that does not run they are dropped, and so
  /// are names that are no signals.
  void carry_out(const core::world::SignalTask& effect);
  void carry_out(const core::world::KillTask& effect);
  void carry_out(const core::world::ReadAllocFile& effect);
  void carry_out(const core::world::ListAllocDir& effect);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared so that what comes back late can see that it is gone
};

}  // namespace io_real::host
