#include "tests/io-real/host/host_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "io-real/host/cgroup.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/recover.hpp"

namespace io_real::host {

namespace fs = std::filesystem;
namespace world = core::world;

Signpost::Signpost(fs::path path) : path_(path.string()) {
  EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  pipe_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));  // both ways: it never reads an end
  EXPECT_TRUE(pipe_);
}

std::string Signpost::line() {
  while (true) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd waiting{pipe_.get(), POLLIN, 0};
    const auto patience_ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    if (::poll(&waiting, 1, static_cast<int>(patience_ms)) != 1) return "";
    char bytes[512];
    const auto count = ::read(pipe_.get(), bytes, sizeof bytes);
    if (count > 0) unread_.append(bytes, static_cast<std::size_t>(count));
  }
}

Sandbox::Sandbox() {
  std::string name = "/tmp/nomad-host-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  root = name;
  ::chmod(name.c_str(), 0755);  // tasks of other users pass through it
  cgroup_parent_ = root.filename().string();
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(root / "state", ignored))
    if (entry.path().filename() == "record") end_leftover(entry.path());
  const auto mounts = find_cgroup_mounts();
  for (const auto& mount : {mounts.unified, mounts.freezer})
    if (!mount.empty()) ::rmdir((mount + '/' + cgroup_parent_).c_str());
  fs::remove_all(root, ignored);
}

Host::Config Sandbox::config() const {
  Host::Config config;
  config.alloc_dir = root / "allocs";
  config.state_dir = root / "state";
  config.enable_raw_exec = true;
  config.cgroup_parent = cgroup_parent_;
  EXPECT_EQ(Host::prepare(config), "");
  return config;
}

struct Agent::Parts {
  explicit Parts(const Host::Config& config)
      : work(loop.get_executor()),
        host(loop, config, [this](world::Event event) { events.push_back(std::move(event)); }) {}

  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::vector<world::Event> events;
  Host host;
};

Agent::Agent(const Host::Config& config) : parts_(std::make_unique<Parts>(config)) {}
Agent::~Agent() = default;
Host& Agent::host() { return parts_->host; }

bool Agent::run_until(const std::function<bool(const world::Event&)>& wanted) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (true) {
    for (auto event = parts_->events.begin(); event != parts_->events.end(); ++event) {
      if (!wanted(*event)) continue;
      parts_->events.erase(event);
      return true;
    }
    if (parts_->loop.run_one_until(give_up) == 0) return false;
  }
}

std::string Agent::told() const {
  std::string text;
  for (const auto& event : parts_->events) {
    text += "event " + std::to_string(event.index());
    if (const auto* failed = std::get_if<world::TaskStartFailed>(&event)) text += " start failed: " + failed->error;
    if (const auto* lost = std::get_if<world::TaskLost>(&event)) text += " lost: " + lost->error;
    text += "; ";
  }
  return text;
}

DescriptorsLeft::DescriptorsLeft(rlim_t count) {
  ::getrlimit(RLIMIT_NOFILE, &before_);
  // Gaps below the highest number would be given out too.
  constexpr int clear_of_gaps = 64;
  do {
    fillers_.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  } while (fillers_.back().get() < clear_of_gaps);
  rlimit tight = before_;
  tight.rlim_cur = static_cast<rlim_t>(fillers_.back().get()) + 1 + count;
  ::setrlimit(RLIMIT_NOFILE, &tight);
}

world::StartTask shell_task(const std::string& script, const std::string& name) {
  world::StartTask start;
  start.key = {alloc_id, name};
  start.driver = "raw_exec";
  start.command = "/bin/sh";
  start.args = {"-c", script};
  return start;
}

int agent_main(char** argv) {
  Host::Config config;
  config.alloc_dir = argv[2];
  config.state_dir = argv[3];
  config.cgroup_parent = argv[4];
  config.enable_raw_exec = true;
  Agent agent(config);
  agent.carry_out(shell_task(argv[5]));
  const auto started = agent.wait_for<world::TaskStarted>();
  std::printf("%lld %llu %s\n", static_cast<long long>(started.handle.pid),
              static_cast<unsigned long long>(started.handle.start_ticks), started.handle.boot_id.c_str());
  std::fflush(stdout);
  while (true) ::pause();
}

void HostTest::make_alloc_dir(Agent& agent, const std::string& task) {
  agent.carry_out(world::MakeAllocDir{alloc_id, {task}});
  ASSERT_EQ(agent.wait_for<world::AllocDirMade>().error, "");
}

std::string HostTest::log(const std::string& name) const {
  return read_small_file((alloc_root() / "alloc" / "logs" / name).string(), 64 * 1024 * 1024).value_or("(no such log)");
}

}  // namespace io_real::host
