#include "io-sim/host.hpp"

namespace io_sim {

core::world::HostFingerprinted Host::fingerprint(core::world::HostToken token, const std::string& address) const {
  core::world::HostFingerprinted out;
  out.token = token;
  out.hostname = name_;
  out.attributes = {{"cpu.arch", "amd64"},      {"cpu.numcores", std::to_string(machinery_.cpu_cores)},
                    {"kernel.name", "linux"},   {"kernel.version", "6.1.0"},
                    {"os.name", "debian"},      {"os.version", "12"},
                    {"unique.hostname", name_}, {"unique.network.ip-address", address}};
  for (const auto& [key, value] : machinery_.attributes) out.attributes[key] = value;
  out.cpu_mhz = machinery_.cpu_mhz;
  out.cpu_cores = machinery_.cpu_cores;
  out.memory_mb = machinery_.memory_mb;
  out.disk_mb = machinery_.disk_mb;
  out.interfaces = {{"eth0", "02:00:00:00:00:01", 1000, {address + "/16"}}};
  out.default_interface = "eth0";
  out.drivers = {{"raw_exec", true, "Healthy", {{"driver.raw_exec", "1"}}}};
  return out;
}

std::size_t Host::running() const {
  std::size_t count = 0;
  for (const auto& [key, task] : tasks_) count += task.ended ? 0 : 1;
  return count;
}

void Host::remove_alloc(const std::string& alloc_id) {
  const auto is_of_it = [&](const auto& entry) { return entry.first.alloc_id == alloc_id; };
  std::erase_if(tasks_, is_of_it);
  std::erase_if(starts_, is_of_it);
}

void Host::replace() {
  lose_power();
  starts_.clear();
}

void Host::lose_power() {
  tasks_.clear();
  ++boot_;
}

}  // namespace io_sim
