#include "io-real/host/fingerprint.hpp"

#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <system_error>

#include "io-real/host/cgroup.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/mounts.hpp"
#include "io-real/host/signals.hpp"

namespace io_real::host {
namespace {

namespace fs = std::filesystem;
using core::world::HostFingerprinted;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t default_compute_mhz = 1000;  // Nomad's, for machines that do not tell their speed

// Go's names, which constraints in job files compare with.
std::string go_arch() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#elif defined(__i386__)
  return "386";
#elif defined(__arm__)
  return "arm";
#elif defined(__riscv)
  return "riscv64";
#elif defined(__s390x__)
  return "s390x";
#elif defined(__powerpc64__)
  return "ppc64le";
#else
#error "Which GOARCH is this?"
#endif
}

void add_cpu(HostFingerprinted& host) {
  const Cpu cpu = find_cpu();
  host.cpu_cores = cpu.cores;
  host.cpu_mhz = cpu.mhz > 0 ? cpu.mhz * cpu.cores : default_compute_mhz;
  host.attributes["cpu.arch"] = go_arch();
  if (!cpu.model.empty()) host.attributes["cpu.modelname"] = cpu.model;
  if (cpu.mhz > 0) host.attributes["cpu.frequency"] = std::to_string(cpu.mhz);
  host.attributes["cpu.numcores"] = std::to_string(cpu.cores);
  host.attributes["cpu.totalcompute"] = std::to_string(host.cpu_mhz);
}

void add_memory(HostFingerprinted& host) {
  struct sysinfo info{};
  if (::sysinfo(&info) != 0) return;
  const std::uint64_t bytes = std::uint64_t{info.totalram} * info.mem_unit;
  host.memory_mb = bytes / mib;
  host.attributes["memory.totalbytes"] = std::to_string(bytes);
}

// "98:0", as mountinfo writes it.
std::string device_of(const fs::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  return std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev));
}

void add_storage(HostFingerprinted& host, const fs::path& alloc_dir) {
  struct statvfs volume{};
  if (::statvfs(alloc_dir.c_str(), &volume) != 0) return;
  const std::uint64_t free_bytes = std::uint64_t{volume.f_bavail} * volume.f_frsize;
  std::error_code error;
  const auto path = fs::canonical(alloc_dir, error);
  host.disk_mb = free_bytes / mib;
  host.attributes["unique.storage.volume"] = parse_volume(read_small_file("/proc/self/mountinfo").value_or(""),
                                                          error ? alloc_dir : path, device_of(alloc_dir));
  host.attributes["unique.storage.bytestotal"] = std::to_string(std::uint64_t{volume.f_blocks} * volume.f_frsize);
  host.attributes["unique.storage.bytesfree"] = std::to_string(free_bytes);
}

void add_system(HostFingerprinted& host) {
  utsname kernel{};
  ::uname(&kernel);
  host.hostname = kernel.nodename;
  host.attributes["unique.hostname"] = kernel.nodename;
  host.attributes["kernel.name"] = "linux";
  host.attributes["kernel.version"] = kernel.release;
  host.attributes["kernel.arch"] = kernel.machine;
  const auto release = read_small_file("/etc/os-release").value_or("");
  const auto id = os_release_value(release, "ID");
  host.attributes["os.name"] = id.empty() ? "linux" : id;
  auto version = os_release_value(release, "VERSION_ID");
  // Debian's own file also tells the point release, as Nomad shows it.
  if (const auto debian = read_line("/etc/debian_version");
      id == "debian" && !debian.empty() && std::isdigit(static_cast<unsigned char>(debian[0])) != 0)
    version = debian;
  host.attributes["os.version"] = version;
  host.attributes["os.signals"] = signal_names();
}

void add_kernel_features(HostFingerprinted& host) {
  const auto mounts = find_cgroup_mounts();
  // Beside v1, cgroup2 has few controllers or none: such a system counts as v1.
  if (!mounts.freezer.empty()) {
    host.attributes["unique.cgroup.mountpoint"] = fs::path(mounts.freezer).parent_path().string();
    host.attributes["unique.cgroup.version"] = "v1";
  } else if (!mounts.unified.empty()) {
    host.attributes["unique.cgroup.mountpoint"] = mounts.unified;
    host.attributes["unique.cgroup.version"] = "v2";
  }
  const auto landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (landlock > 0) host.attributes["kernel.landlock"] = "v" + std::to_string(landlock);
}

void add_network(HostFingerprinted& host, const std::string& wanted) {
  host.interfaces = find_interfaces();
  host.default_interface =
      wanted.empty() ? parse_default_route(read_small_file("/proc/net/route").value_or("")) : wanted;
  for (const auto& interface : host.interfaces)
    if (interface.device == host.default_interface)
      if (const auto address = main_address(interface); !address.empty())
        host.attributes["unique.network.ip-address"] = address;
}

}  // namespace

HostFingerprinted fingerprint(const FingerprintOptions& options, core::world::HostToken token) {
  HostFingerprinted host;
  host.token = token;
  add_cpu(host);
  add_memory(host);
  add_storage(host, options.alloc_dir);
  add_system(host);
  add_kernel_features(host);
  add_network(host, options.network_interface);
  if (options.raw_exec)
    host.drivers.push_back({.name = "raw_exec",
                            .healthy = true,
                            .health_description = "Healthy",
                            .attributes = {{"driver.raw_exec", "1"}}});
  return host;
}

std::string os_release_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line_end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, line_end);
    text.remove_prefix(std::min(line_end + 1, text.size()));
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != '=') continue;
    line.remove_prefix(key.size() + 1);
    const bool quoted =
        line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front();
    return std::string(quoted ? line.substr(1, line.size() - 2) : line);
  }
  return "";
}

std::string parse_volume(std::string_view mountinfo, const fs::path& path, std::string_view device) {
  std::string volume;
  // In a changed root the mount that it lies in is not listed under a path of ours; its device may be, elsewhere.
  for (const Mount& mount : parse_mountinfo(mountinfo))
    if (volume.empty() && mount.device == device) volume = mount.source;
  if (volume.empty()) volume = device;
  std::size_t deepest = 0;
  const std::string inside = path.string() + '/';
  for (const Mount& mount : parse_mountinfo(mountinfo)) {
    const std::string folder = mount.point == "/" ? "/" : std::string(mount.point) + '/';
    if (!inside.starts_with(folder) || folder.size() < deepest) continue;  // of two alike, the later lies on top
    deepest = folder.size();
    volume = mount.source;
  }
  return volume;
}

}  // namespace io_real::host
