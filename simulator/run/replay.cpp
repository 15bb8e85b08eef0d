#include "simulator/run/replay.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "core/agent/recording.hpp"
#include "core/base/check.hpp"

namespace simulator {
namespace {

constexpr int exit_same = 0;
constexpr int exit_broken = 1;
constexpr int exit_no_recording = 2;
constexpr int exit_differs = 3;

int replay_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    fmt::print(stderr, "{}: found no readable file, wanted a recording of nomad agent -record\n", file);
    return exit_no_recording;
  }
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto replayed = core::agent::replay(bytes);
  if (!replayed) {
    fmt::print(stderr, "{}: {}\n", file, replayed.error());
    return exit_no_recording;
  }
  fmt::print("{}: {} events, state {:016x}, trace {:016x}\n", file, replayed->events, replayed->state_hash,
             replayed->trace_hash);
  if (!replayed->divergence) {
    fmt::print("{}: SAME as recorded\n", file);
    return exit_same;
  }
  fmt::print("{}: DIFFERS: {}\n", file, *replayed->divergence);
  return exit_differs;
}

}  // namespace

int replay_files(const std::vector<std::string>& files) {
  int worst = exit_same;
  for (const std::string& file : files) {
    try {
      worst = std::max(worst, replay_file(file));
    } catch (const core::base::CheckFailed& failed) {
      // The agent's own bug, recorded; or a file that was altered into events that never were.
      fmt::print("{}: BROKEN: {}\n", file, failed.what());
      worst = std::max(worst, exit_broken);
    }
  }
  return worst;
}

}  // namespace simulator
