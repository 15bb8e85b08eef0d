#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>

#include "io-real/host/files.hpp"
#include "io-real/host/fingerprint.hpp"

namespace io_real::host {
namespace {

using core::world::NetworkInterface;

std::string describe_address(int family, const void* address, const void* mask, std::size_t bytes) {
  char text[INET6_ADDRSTRLEN];
  if (::inet_ntop(family, address, text, sizeof text) == nullptr) return "";
  int prefix = 0;
  const auto* mask_bytes = static_cast<const unsigned char*>(mask);
  for (std::size_t i = 0; mask_bytes != nullptr && i < bytes; ++i) prefix += std::popcount(mask_bytes[i]);
  return std::string(text) + '/' + std::to_string(prefix);
}

std::string address_of(const ifaddrs& entry) {
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    const auto* mask = reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask);
    return describe_address(AF_INET, &address->sin_addr, mask != nullptr ? &mask->sin_addr : nullptr, 4);
  }
  if (entry.ifa_addr->sa_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
    const auto* mask = reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask);
    return describe_address(AF_INET6, &address->sin6_addr, mask != nullptr ? &mask->sin6_addr : nullptr, 16);
  }
  return "";
}

std::string mac_of(const ifaddrs& entry) {
  if (entry.ifa_addr->sa_family != AF_PACKET) return "";
  const auto* link = reinterpret_cast<const sockaddr_ll*>(entry.ifa_addr);
  constexpr int mac_bytes = 6;
  if (link->sll_halen != mac_bytes) return "";
  char text[18];
  const auto* m = link->sll_addr;
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
  return std::string(text) == "00:00:00:00:00:00" ? "" : text;
}

// The kernel says -1, or refuses, when the link has no speed.
std::uint32_t speed_of(const std::string& device) {
  const auto speed = std::strtol(read_line("/sys/class/net/" + device + "/speed").c_str(), nullptr, 10);
  return speed > 0 && speed < std::numeric_limits<std::int32_t>::max() ? static_cast<std::uint32_t>(speed) : 0;
}

bool is_link_local(const std::string& address) {
  return address.starts_with("169.254.") || address.starts_with("fe80:");
}

}  // namespace

std::string parse_default_route(std::string_view routes) {
  std::istringstream lines{std::string(routes)};
  std::string line;
  std::getline(lines, line);  // the headings
  std::string best;
  unsigned long best_metric = std::numeric_limits<unsigned long>::max();
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string device, destination, gateway, flags, references, uses, mask;
    unsigned long metric = 0;
    if (!(fields >> device >> destination >> gateway >> flags >> references >> uses >> metric >> mask)) continue;
    constexpr unsigned long route_is_up = 1;
    const bool up = (std::strtoul(flags.c_str(), nullptr, 16) & route_is_up) != 0;
    if (!up || destination != "00000000" || mask != "00000000" || metric >= best_metric) continue;
    best = device;
    best_metric = metric;
  }
  return best;
}

std::vector<NetworkInterface> find_interfaces() {
  std::map<std::string, NetworkInterface> found;
  ifaddrs* entries = nullptr;
  if (::getifaddrs(&entries) != 0) return {};
  for (const ifaddrs* entry = entries; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    auto& interface = found[entry->ifa_name];
    if (auto address = address_of(*entry); !address.empty()) interface.addresses.push_back(std::move(address));
    if (auto mac = mac_of(*entry); !mac.empty()) interface.mac_address = std::move(mac);
  }
  ::freeifaddrs(entries);
  std::vector<NetworkInterface> interfaces;
  for (auto& [device, interface] : found) {
    interface.device = device;
    interface.speed_mbits = speed_of(device);
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

std::string main_address(const NetworkInterface& interface) {
  std::string best;
  int best_rank = std::numeric_limits<int>::max();
  for (const auto& address : interface.addresses) {
    const bool v6 = address.find(':') != std::string::npos;
    const int rank = (is_link_local(address) ? 2 : 0) + (v6 ? 1 : 0);
    if (rank >= best_rank) continue;
    best_rank = rank;
    best = address.substr(0, address.find('/'));
  }
  return best;
}

}  // namespace io_real::host
