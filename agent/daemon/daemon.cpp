#include "agent/daemon/daemon.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/config/addresses.hpp"
#include "agent/config/agent_flags.hpp"
#include "agent/config/core_config.hpp"
#include "agent/config/load.hpp"
#include "agent/config/validate.hpp"
#include "agent/daemon/host_thread.hpp"
#include "agent/daemon/recorder.hpp"
#include "core/agent/agent.hpp"
#include "core/api/archive_route.hpp"
#include "core/base/check.hpp"
#include "io-real/loop/loop.hpp"

namespace agent::daemon {
namespace {

namespace fs = std::filesystem;
using config::AgentConfig;
using core::Address;
using io_real::host::Host;
using io_real::loop::Loop;

int fail(const std::string& text) {
  std::fprintf(stderr, "==> %s\n", text.c_str());
  return 1;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

// Ids and election timeouts come from it: two agents with one seed would make the same ones.
std::expected<std::uint64_t, std::string> seed_from_system() {
  std::uint64_t seed = 0;
  ssize_t got = 0;
  do got = getrandom(&seed, sizeof seed, 0);
  while (got < 0 && errno == EINTR);
  if (got != sizeof seed) return std::unexpected(std::string("getrandom: ") + std::strerror(errno));
  return seed;
}

// What a shell allows is far below the agent's own limits (connections above all). Gives what it was, for the tasks; 0
// when all stayed as it is.
std::uint64_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? before : 0;
}

std::vector<config::InterfaceAddress> host_addresses() {
  std::vector<config::InterfaceAddress> out;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return out;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    std::string_view bytes;
    if (one->ifa_addr->sa_family == AF_INET)
      bytes = {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr), 4};
    else if (one->ifa_addr->sa_family == AF_INET6)
      bytes = {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr), 16};
    if (const auto address = Address::from_bytes(bytes, 0)) out.push_back({one->ifa_name, *address});
  }
  freeifaddrs(all);
  return out;
}

// The folders of one agent's life; those of a -dev agent go with it.
struct Folders {
  std::string data;  // empty: in memory
  fs::path alloc;
  fs::path state;
  fs::path temporary;

  ~Folders() {
    std::error_code ignored;
    if (!temporary.empty()) fs::remove_all(temporary, ignored);
  }
};

// Only files are read of a folder: one that stands in a file's place would be passed over without a word.
std::string folder_for_file(const fs::path& data) {
  std::error_code ignored;
  for (const char* file : {"server/node-id", "server/raft/peers.json"})
    if (fs::is_directory(data / file, ignored))
      return fmt::format("{} is a folder, wanted a file", (data / file).string());
  return "";
}

std::string prepare_folders(const AgentConfig& config, Folders& folders) {
  folders.data = config.data_dir;
  if (config.data_dir.empty() && config.client.enabled) {
    std::string pattern = (fs::temp_directory_path() / "NomadClient-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return "mkdtemp " + pattern + ": " + std::strerror(errno);
    folders.temporary = pattern;
  }
  const fs::path base = config.data_dir.empty() ? folders.temporary : fs::path(config.data_dir);
  folders.alloc = config.client.alloc_dir.empty() ? base / "alloc" : fs::path(config.client.alloc_dir);
  folders.state = config.client.state_dir.empty() ? base / "client" : fs::path(config.client.state_dir);
  if (config.data_dir.empty()) return "";
  std::error_code error;
  fs::create_directories(config.data_dir, error);
  if (error) return fmt::format("failed to make data_dir \"{}\": {}", config.data_dir, error.message());
  if (access(config.data_dir.c_str(), W_OK | X_OK) != 0)
    return fmt::format("data_dir \"{}\" is not writable: {}", config.data_dir, std::strerror(errno));
  return config.server.enabled ? folder_for_file(config.data_dir) : "";
}

io_real::loop::LoopConfig loop_config(const AgentConfig& config, const config::Addresses& addresses,
                                      const Folders& folders, core::world::LogLevel level) {
  io_real::loop::LoopConfig out;
  if (config.server.enabled) {
    out.rpc = addresses.bind_rpc;
    out.serf = addresses.bind_serf;
  }
  out.http = addresses.bind_http;
  out.data_dir = folders.data;
  out.log.level = level;
  out.log.json = config.log_json;
  if (!config.log_file.empty()) {
    io_real::loop::LogFileConfig file;
    file.path = config.log_file;
    file.rotate_after = config.log_rotate_duration;
    file.rotate_bytes = static_cast<std::uint64_t>(config.log_rotate_bytes);
    file.keep_files = static_cast<std::size_t>(config.log_rotate_max_files);
    out.log.file = file;
  }
  out.http_limits.large_body = {std::string(core::api::archive_route), core::api::max_archive_body_bytes};
  if (config.limits.http_max_conns_per_client)
    out.http_limits.connections_per_ip = static_cast<std::size_t>(*config.limits.http_max_conns_per_client);
  if (config.limits.rpc_max_conns_per_client)
    out.stream_limits.connections_per_ip = static_cast<std::size_t>(*config.limits.rpc_max_conns_per_client);
  return out;
}

void print_banner(const AgentConfig& config, const config::Addresses& addresses) {
  const bool server = config.server.enabled;
  const auto list = [&](const Address& http, const Address& rpc, const Address& serf) {
    return server ? fmt::format("HTTP: {}; RPC: {}; Serf: {}", http.text(), rpc.text(), serf.text())
                  : fmt::format("HTTP: {}", http.text());
  };
  std::map<std::string, std::string> rows{
      {"Advertise Addrs", list(addresses.advertise_http, addresses.advertise_rpc, addresses.advertise_serf)},
      {"Bind Addrs", list(addresses.bind_http.front(), addresses.bind_rpc, addresses.bind_serf)},
      {"Client", config.client.enabled ? "true" : "false"},
      {"Log Level", config.log_level},
      {"Region", fmt::format("{} (DC: {})", config.region, config.datacenter)},
      {"Server", server ? "true" : "false"},
      {"Version", NOMAD_COMPATIBLE_VERSION}};
  fmt::print("==> Nomad agent configuration:\n\n");
  for (const auto& [key, value] : rows) fmt::print("{:>18}: {}\n", key, value);
  fmt::print("\n==> Nomad agent started! Log data will stream in below:\n\n");
  std::fflush(stdout);
}

// What is known before anything is opened.
struct Plan {
  config::AgentFlags flags;
  config::AgentSetup setup;
  core::world::LogLevel level = core::world::LogLevel::info;
  config::Addresses addresses;
  std::uint64_t seed = 0;
};

// The exit code, when there is nothing to run; why is told already.
std::expected<Plan, int> make_plan(std::span<const std::string> arguments) {
  auto flags = config::parse_agent_flags(arguments);
  if (!flags && flags.error().help) {
    config::AgentFlags none;
    fmt::print(
        "Usage: nomad agent [options]\n\n  Starts the Nomad agent and runs until an interrupt is received.\n\n{}",
        config::agent_flags(none).usage());
    return std::unexpected(0);
  }
  if (!flags) {
    std::fprintf(stderr, "%s\n", flags.error().message.c_str());
    return std::unexpected(1);
  }
  auto setup = config::load_agent(*flags);
  if (!setup) return std::unexpected(fail("Error loading configuration:\n" + setup.error().text()));
  AgentConfig& config = setup->config;
  const config::Problems problems = config::validate(config);
  for (const std::string& warning : setup->warnings) fmt::print("==> {}\n", warning);
  for (const std::string& warning : problems.warnings) fmt::print("==> {}\n", warning);
  if (!problems.ok()) {
    for (const std::string& error : problems.errors) fail(error);
    return std::unexpected(1);
  }
  if (config.name.empty()) config.name = host_name();
  const auto level = config::log_level(config.log_level);
  if (!level) return std::unexpected(fail("Invalid log level: " + config.log_level));
  auto addresses = config::resolve_addresses(config, host_addresses());
  if (!addresses) return std::unexpected(fail(addresses.error()));
  const auto seed = seed_from_system();
  if (!seed) return std::unexpected(fail(seed.error()));
  return Plan{std::move(*flags), std::move(*setup), *level, std::move(*addresses), *seed};
}

std::expected<Host::Config, std::string> prepare_host(const AgentConfig& config, const Folders& folders) {
  Host::Config out;
  out.alloc_dir = folders.alloc;
  out.state_dir = folders.state;
  out.enable_raw_exec = config::driver_enabled(config, "raw_exec");
  out.network_interface = config.client.network_interface;
  out.cgroup_parent = config.client.cgroup_parent;
  out.task_open_files = raise_open_files();
  if (!config.client.enabled) return out;
  if (std::string error = Host::prepare(out); !error.empty()) return std::unexpected(std::move(error));
  return out;
}

std::expected<core::world::Reloaded, std::string> reload(const config::AgentFlags& flags) {
  const auto again = config::load_agent(flags);
  if (!again) return std::unexpected("==> Failed to reload configuration: " + again.error().text());
  if (const config::Problems problems = config::validate(again->config); !problems.ok())
    return std::unexpected(fmt::format("==> Failed to reload configuration: {}", fmt::join(problems.errors, "\n")));
  const auto level = config::log_level(again->config.log_level);
  if (!level) return std::unexpected("==> Failed to reload configuration: invalid log level");
  return config::reloaded(again->config, *level);
}

std::expected<std::unique_ptr<Loop>, std::string> open_loop(const Plan& plan, const Folders& folders) {
  fmt::print("==> {}\n", plan.setup.files.empty()
                             ? "No configuration files loaded"
                             : "Loaded configuration from " + fmt::format("{}", fmt::join(plan.setup.files, ", ")));
  fmt::print("==> Starting Nomad agent...\n");
  io_real::loop::LoopConfig settings = loop_config(plan.setup.config, plan.addresses, folders, plan.level);
  settings.reload = [flags = plan.flags] { return reload(flags); };
  return Loop::open(std::move(settings));
}

// Where port 0 was asked for, the system chose.
void take_real_ports(config::Addresses& addresses, const Loop& loop) {
  const auto take_port = [](Address& address, const std::optional<Address>& real) {
    if (real && address.port == 0) address.port = real->port;
  };
  take_port(addresses.advertise_rpc, loop.rpc_address());
  take_port(addresses.advertise_serf, loop.serf_address());
  addresses.bind_http = loop.http_addresses();
  take_port(addresses.advertise_http, addresses.bind_http.front());
  take_port(addresses.bind_rpc, loop.rpc_address());
  take_port(addresses.bind_serf, loop.serf_address());
}

int drive(const Plan& plan, const Host::Config& host_config, Loop& loop) {
  const AgentConfig& config = plan.setup.config;
  core::agent::Config core_config = config::core_config(config, plan.addresses, host_config.alloc_dir.string());
  core_config.shown = config::shown_config(config, plan.addresses);
  auto recorder =
      Recorder::open(plan.setup.record, core_config, plan.seed, [&loop](std::string_view line) { loop.say(line); });
  if (!recorder) return fail(recorder.error());
  core::agent::Agent agent(core_config, plan.seed);
  (*recorder)->watch(agent);
  std::optional<HostThread> host;
  if (config.client.enabled)
    host.emplace(host_config, [&loop](core::world::Event event) { loop.post(std::move(event)); });
  print_banner(config, plan.addresses);
  try {
    return loop.run(agent, host ? &*host : nullptr, recorder->get());
  } catch (const core::base::CheckFailed&) {
    // Our own bug: the process ends as it always does then, but its recording is whole, up to the event that met it.
    recorder->reset();
    throw;
  }
}

}  // namespace

int run(std::span<const std::string> arguments) {
  auto plan = make_plan(arguments);
  if (!plan) return plan.error();
  Folders folders;
  if (const std::string error = prepare_folders(plan->setup.config, folders); !error.empty()) return fail(error);
  const auto host_config = prepare_host(plan->setup.config, folders);
  if (!host_config) return fail(host_config.error());
  const auto loop = open_loop(*plan, folders);
  if (!loop) return fail("Error starting agent: " + loop.error());
  take_real_ports(plan->addresses, **loop);
  return drive(*plan, *host_config, **loop);
}

}  // namespace agent::daemon
