// A Host over a temporary folder, with the loop it lives on and all that it told.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io-real/host/fd.hpp"
#include "io-real/host/host.hpp"

namespace io_real::host {

inline constexpr std::chrono::seconds patience{60};

/// A named pipe that tasks write lines to, so that a test can wait for what they do.
class Signpost {
 public:
  explicit Signpost(std::filesystem::path path);
  const std::string& path() const { return path_; }
  /// The next line; "" when none came in time.
  std::string line();

 private:
  std::string path_;
  Fd pipe_;
  std::string unread_;
};

/// What a test needs of the world: folders that are removed in the end, with the tasks that still run.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  Host::Config config() const;
  std::filesystem::path root;

 private:
  std::string cgroup_parent_;
};

/// One life of an agent's host.
class Agent {
 public:
  explicit Agent(const Host::Config& config);
  ~Agent();

  template <class Effect>
  void carry_out(const Effect& effect) {
    host().carry_out(effect);
  }
  Host& host();

  /// The next event that is a `Wanted`; a failure, and an empty one, when none comes in time.
  template <class Wanted>
  Wanted wait_for() {
    Wanted found{};
    const bool came = run_until([&](const core::world::Event& event) {
      if (const auto* wanted = std::get_if<Wanted>(&event)) return found = *wanted, true;
      return false;
    });
    EXPECT_TRUE(came) << "the event did not come; what came: " << told();
    return found;
  }

 private:
  bool run_until(const std::function<bool(const core::world::Event&)>& wanted);
  std::string told() const;

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// So many descriptors may be opened from here on, until it goes.
class DescriptorsLeft {
 public:
  explicit DescriptorsLeft(rlim_t count);
  DescriptorsLeft(const DescriptorsLeft&) = delete;
  DescriptorsLeft& operator=(const DescriptorsLeft&) = delete;
  ~DescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<Fd> fillers_;
};

inline const std::string alloc_id = "8a7f1c2e-0000-4000-8000-000000000001";

/// `sh -c script` as the task `name`.
core::world::StartTask shell_task(const std::string& script, const std::string& name = "web");

/// A part of the test program that takes the place of an agent: starts the shell task, says its handle on stdout,
/// and waits to be killed.
int agent_main(char** argv);
inline constexpr const char* agent_argument = "__agent";

class HostTest : public testing::Test {
 protected:
  void make_alloc_dir(Agent& agent, const std::string& task = "web");
  std::string log(const std::string& name) const;  // "web.stdout.0"
  std::filesystem::path alloc_root() const { return sandbox.root / "allocs" / alloc_id; }

  Sandbox sandbox;
};

}  // namespace io_real::host
