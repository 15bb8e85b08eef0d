#include "simulator/debug/request.hpp"

#include <cinttypes>
#include <cstdio>
#include <sstream>

#include <fmt/format.h>

namespace simulator::debug {

std::string text(const Breakpoint& breakpoint) {
  static constexpr const char* names[] = {"invariant", "coverage", "message", "change"};
  return fmt::format("{}{}{}", names[static_cast<std::size_t>(breakpoint.kind)],
                     breakpoint.node.empty() ? "" : " of " + breakpoint.node,
                     breakpoint.what.empty() ? "" : ": " + breakpoint.what);
}

std::string encode(const Run& run) {
  std::string out = fmt::format("run {} {} {}\n", run.until_event, run.until_ns, run.moments_every_ms);
  for (const Breakpoint& one : run.breakpoints)
    out += fmt::format("{} {}\n{}\n", static_cast<int>(one.kind), one.node.empty() ? "-" : one.node, one.what);
  return out;
}

std::optional<Run> decode_run(const std::string& text) {
  Run run;
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  if (std::sscanf(line.c_str(), "run %" SCNu64 " %" SCNd64 " %" SCNu32, &run.until_event, &run.until_ns,
                  &run.moments_every_ms) != 3)
    return std::nullopt;
  while (std::getline(in, line)) {
    const auto space = line.find(' ');
    Breakpoint one;
    if (space == std::string::npos || line[0] < '0' || line[0] > '3' || !std::getline(in, one.what))
      return std::nullopt;
    one.kind = static_cast<Breakpoint::Kind>(line[0] - '0');
    one.node = line.substr(space + 1);
    if (one.node == "-") one.node.clear();
    run.breakpoints.push_back(std::move(one));
  }
  return run;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  bool quoted = false;
  bool in_word = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      if (!in_word) out.emplace_back();
      in_word = true;
    } else if (!quoted && (c == ' ' || c == '\t')) {
      in_word = false;
    } else {
      if (!in_word) out.emplace_back();
      in_word = true;
      out.back() += c;
    }
  }
  return out;
}

}  // namespace simulator::debug
