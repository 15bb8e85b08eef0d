// What is mounted where, as proc(5) tells it.
#pragma once

#include <string_view>
#include <vector>

namespace io_real::host {

struct Mount {
  std::string_view device;   // "98:0"
  std::string_view point;    // "/sys/fs/cgroup"
  std::string_view type;     // "cgroup2"
  std::string_view source;   // "/dev/vda"
  std::string_view options;  // of the file system: "rw,freezer"
};

/// The lines of /proc/self/mountinfo, in their order: of two at one point, the later lies on top. Views into the text.
std::vector<Mount> parse_mountinfo(std::string_view text);

}  // namespace io_real::host
