#include "agent/daemon/daemon.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "agent/config/addresses.hpp"
#include "agent/config/agent_flags.hpp"
#include "agent/config/load.hpp"
#include "agent/config/validate.hpp"
#include "agent/daemon/host_thread.hpp"
#include "agent/daemon/recorder.hpp"
#include "core/agent/agent.hpp"
#include "core/describe/json.hpp"
#include "io-real/loop/loop.hpp"

namespace agent::daemon {
namespace {

namespace fs = std::filesystem;
using config::AgentConfig;
using core::Address;

int fail(const std::string& text) {
  std::fprintf(stderr, "==> %s\n", text.c_str());
  return 1;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::uint64_t seed_from_system() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) std::perror("getrandom");
  return seed;
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

std::optional<core::world::LogLevel> level_of(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  using enum core::world::LogLevel;
  static const std::map<std::string, core::world::LogLevel> levels{{"trace", trace}, {"debug", debug}, {"info", info},
                                                                   {"warn", warn},   {"error", error}, {"err", error},
                                                                   {"off", off}};
  const auto found = levels.find(text);
  return found == levels.end() ? std::nullopt : std::optional(found->second);
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
  return "";
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
  if (config.limits.http_max_conns_per_client)
    out.http_limits.connections_per_ip = static_cast<std::size_t>(*config.limits.http_max_conns_per_client);
  if (config.limits.rpc_max_conns_per_client)
    out.stream_limits.connections_per_ip = static_cast<std::size_t>(*config.limits.rpc_max_conns_per_client);
  return out;
}

core::server::Config server_config(const AgentConfig& config, const config::Addresses& addresses) {
  core::server::Config out;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.node_name = config.name;
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.bootstrap_expect = static_cast<std::uint32_t>(config.server.bootstrap_expect);
  out.dev = config.dev_mode;
  out.rpc_advertise = addresses.advertise_rpc;
  out.serf_advertise = addresses.advertise_serf;
  out.raft_multiplier = static_cast<std::uint32_t>(std::max(1, config.server.raft_multiplier));
  out.heartbeats = {config.server.min_heartbeat_ttl, config.server.heartbeat_grace,
                    config.server.failover_heartbeat_ttl, config.server.max_heartbeats_per_second};
  if (config.server.num_schedulers) out.num_schedulers = static_cast<std::uint32_t>(*config.server.num_schedulers);
  return out;
}

core::client::Config client_config(const AgentConfig& config, const config::Addresses& addresses,
                                   const Folders& folders) {
  core::client::Config out;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.node_name = config.name;
  out.node_class = config.client.node_class;
  out.node_pool = config.client.node_pool;
  out.http_address = addresses.advertise_http.text();
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.meta = config.client.meta;
  out.alloc_dir = folders.alloc.string();
  if (folders.data.empty()) out.state_dir.clear();
  out.dev = config.dev_mode;
  out.max_kill_timeout = config.client.max_kill_timeout;
  out.reserved_cpu_mhz = config.client.reserved.cpu;
  out.reserved_memory_mb = config.client.reserved.memory;
  out.reserved_disk_mb = config.client.reserved.disk;
  out.cpu_total_compute_mhz = config.client.cpu_total_compute;
  out.memory_total_mb = config.client.memory_total_mb;
  out.network_interface = config.client.network_interface;
  return out;
}

core::agent::Config agent_config(const AgentConfig& config, const config::Addresses& addresses, const Folders& folders,
                                 core::world::LogLevel level) {
  core::agent::Config out;
  out.node_name = config.name;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.dev = config.dev_mode;
  out.leave_on_interrupt = config.leave_on_interrupt;
  out.leave_on_terminate = config.leave_on_terminate;
  out.log_level = level;
  const config::ServerJoin* join = nullptr;
  if (config.server.enabled) {
    out.server = server_config(config, addresses);
    join = &config.server.server_join;
    out.start_join = config.server.start_join;
    out.retry_join = config.server.retry_join;
    if (config.server.retry_interval > core::Duration{}) out.retry_interval = config.server.retry_interval;
    out.retry_max = static_cast<std::uint32_t>(config.server.retry_max);
  } else {
    join = &config.client.server_join;
  }
  if (config.client.enabled) out.client = client_config(config, addresses, folders);
  out.client_servers = config.client.servers;
  out.start_join.insert(out.start_join.end(), join->start_join.begin(), join->start_join.end());
  if (!join->retry_join.empty()) {
    out.retry_join.insert(out.retry_join.end(), join->retry_join.begin(), join->retry_join.end());
    out.retry_interval = join->retry_interval;
    out.retry_max = static_cast<std::uint32_t>(join->retry_max);
  }
  boost::json::value shown = core::describe::to_json(config);
  shown.as_object()["NodeName"] = config.name;
  shown.as_object()["AdvertiseAddrs"] = {{"HTTP", addresses.advertise_http.text()},
                                         {"RPC", addresses.advertise_rpc.text()},
                                         {"Serf", addresses.advertise_serf.text()}};
  shown.as_object()["Version"] = {{"Version", NOMAD_COMPATIBLE_VERSION}, {"Revision", ""}};
  out.shown = std::move(shown);
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

}  // namespace

int run(std::span<const std::string> arguments) {
  auto flags = config::parse_agent_flags(arguments);
  if (!flags) {
    if (flags.error().help) {
      config::AgentFlags none;
      fmt::print(
          "Usage: nomad agent [options]\n\n  Starts the Nomad agent and runs until an interrupt is received.\n\n{}",
          config::agent_flags(none).usage());
      return 0;
    }
    std::fprintf(stderr, "%s\n", flags.error().message.c_str());
    return 1;
  }
  auto setup = config::load_agent(*flags);
  if (!setup) return fail("Error loading configuration:\n" + setup.error().text());
  AgentConfig& config = setup->config;
  const config::Problems problems = config::validate(config);
  for (const std::string& warning : setup->warnings) fmt::print("==> {}\n", warning);
  for (const std::string& warning : problems.warnings) fmt::print("==> {}\n", warning);
  if (!problems.ok()) {
    for (const std::string& error : problems.errors) std::fprintf(stderr, "==> %s\n", error.c_str());
    return 1;
  }
  if (config.name.empty()) config.name = host_name();
  const auto level = level_of(config.log_level);
  if (!level) return fail("Invalid log level: " + config.log_level);
  auto addresses = config::resolve_addresses(config, host_addresses());
  if (!addresses) return fail(addresses.error());

  Folders folders;
  if (const std::string error = prepare_folders(config, folders); !error.empty()) return fail(error);
  io_real::host::Host::Config host_config;
  host_config.alloc_dir = folders.alloc;
  host_config.state_dir = folders.state;
  host_config.enable_raw_exec = config::driver_enabled(config, "raw_exec");
  host_config.network_interface = config.client.network_interface;
  host_config.cgroup_parent = config.client.cgroup_parent;
  if (config.client.enabled)
    if (const std::string error = io_real::host::Host::prepare(host_config); !error.empty()) return fail(error);

  fmt::print("==> {}\n", setup->files.empty()
                             ? "No configuration files loaded"
                             : "Loaded configuration from " + fmt::format("{}", fmt::join(setup->files, ", ")));
  fmt::print("==> Starting Nomad agent...\n");
  io_real::loop::LoopConfig loop_settings = loop_config(config, *addresses, folders, *level);
  loop_settings.reload = [flags = *flags]() -> std::optional<core::world::Reloaded> {
    const auto again = config::load_agent(flags);
    if (!again) {
      std::fprintf(stderr, "==> Failed to reload configuration: %s\n", again.error().text().c_str());
      return std::nullopt;
    }
    const auto new_level = level_of(again->config.log_level);
    return new_level ? std::optional(core::world::Reloaded{*new_level}) : std::nullopt;
  };
  auto loop = io_real::loop::Loop::open(std::move(loop_settings));
  if (!loop) return fail("Error starting agent: " + loop.error());

  // Where port 0 was asked for, the system chose.
  const auto take_port = [](Address& address, const std::optional<Address>& real) {
    if (real && address.port == 0) address.port = real->port;
  };
  take_port(addresses->advertise_rpc, (*loop)->rpc_address());
  take_port(addresses->advertise_serf, (*loop)->serf_address());
  addresses->bind_http = (*loop)->http_addresses();
  take_port(addresses->advertise_http, addresses->bind_http.front());
  take_port(addresses->bind_rpc, (*loop)->rpc_address());
  take_port(addresses->bind_serf, (*loop)->serf_address());

  const core::agent::Config core_config = agent_config(config, *addresses, folders, *level);
  const std::uint64_t seed = seed_from_system();
  auto recorder = Recorder::open(setup->record, core_config, seed);
  if (!recorder) return fail(recorder.error());
  core::agent::Agent agent(core_config, seed);
  std::optional<HostThread> host;
  if (config.client.enabled)
    host.emplace(host_config, [&](core::world::Event event) { (*loop)->post(std::move(event)); });
  print_banner(config, *addresses);
  const std::int32_t code = (*loop)->run(agent, host ? &*host : nullptr, recorder->get());
  return code;
}

}  // namespace agent::daemon
