#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "io-real/host/files.hpp"
#include "io-real/host/fingerprint.hpp"

namespace io_real::host {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Cpu parse_cpuinfo(std::string_view cpuinfo) {
  Cpu cpu;
  double mhz_sum = 0;
  std::uint32_t mhz_count = 0;
  while (!cpuinfo.empty()) {
    const auto line_end = std::min(cpuinfo.find('\n'), cpuinfo.size());
    const auto line = cpuinfo.substr(0, line_end);
    cpuinfo.remove_prefix(std::min(line_end + 1, cpuinfo.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = trimmed(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "processor") ++cpu.cores;
    if (name == "model name" && cpu.model.empty()) cpu.model = value;
    if (name != "cpu MHz") continue;
    mhz_sum += std::strtod(std::string(value).c_str(), nullptr);
    ++mhz_count;
  }
  if (mhz_count > 0 && std::isfinite(mhz_sum) && mhz_sum >= 0)
    cpu.mhz = static_cast<std::uint64_t>(std::llround(mhz_sum / mhz_count));
  return cpu;
}

Cpu find_cpu() {
  Cpu cpu = parse_cpuinfo(read_small_file("/proc/cpuinfo").value_or(""));
  if (cpu.cores == 0) cpu.cores = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  // What cpuinfo tells is the speed of this moment; a sleepy core would make the node look small.
  const auto khz = read_line("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
  if (const auto top = std::strtoull(khz.c_str(), nullptr, 10); top > 0) cpu.mhz = top / 1000;
  return cpu;
}

}  // namespace io_real::host
