// What the machine is (client-internals.md §2). Reads /proc, /sys and the like and asks nobody: no cloud's metadata
// service, no name server. Takes milliseconds, some of them waiting: for a worker thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/world/host.hpp"

namespace io_real::host {

struct FingerprintOptions {
  std::filesystem::path alloc_dir;
  std::string network_interface;  // "" takes the one of the default route
  bool raw_exec = false;
};

core::world::HostFingerprinted fingerprint(const FingerprintOptions& options, core::world::HostToken token);

/// The processors, by the texts of /proc.
struct Cpu {
  std::string model;
  std::uint32_t cores = 0;
  std::uint64_t mhz = 0;  // of one core; 0 when the machine does not tell
};
Cpu parse_cpuinfo(std::string_view cpuinfo);
/// The same, with the top speed that cpufreq tells where there is one.
Cpu find_cpu();

/// The device of the default route with the smallest metric, of /proc/net/route; "" when there is none.
std::string parse_default_route(std::string_view routes);

/// All interfaces that are up, in the order of their names.
std::vector<core::world::NetworkInterface> find_interfaces();
/// The address, without its prefix length, that an interface is known by: IPv4 before IPv6, link-local last.
std::string main_address(const core::world::NetworkInterface& interface);

/// The value of `KEY=value` or `KEY="value"` in a text like /etc/os-release's.
std::string os_release_value(std::string_view text, std::string_view key);

/// The device that holds `path`, of a text like /proc/self/mountinfo's: that of the deepest mount point above it, or
/// else of any mount of `device` ("98:0", which holds it), or else that.
std::string parse_volume(std::string_view mountinfo, const std::filesystem::path& path, std::string_view device);

}  // namespace io_real::host
