#include "io-real/host/mounts.hpp"

#include <algorithm>

namespace io_real::host {
namespace {

/// Takes the bytes up to `end`, and it, away from `rest`.
std::string_view take(std::string_view& rest, char end) {
  const auto length = std::min(rest.find(end), rest.size());
  const auto taken = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return taken;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    // "36 35 98:0 root mount-point options ... - type source super-options"
    auto line = take(text, '\n');
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    auto tail = line.substr(dash + 3);
    for (int ids = 0; ids < 2; ++ids) take(line, ' ');
    Mount mount;
    mount.device = take(line, ' ');
    take(line, ' ');  // the root within the file system
    mount.point = take(line, ' ');
    mount.type = take(tail, ' ');
    mount.source = take(tail, ' ');
    mount.options = tail;
    mounts.push_back(mount);
  }
  return mounts;
}

}  // namespace io_real::host
