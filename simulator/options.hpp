// The command line of nomad-sim.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace simulator {

struct Options {
  std::string program;
  bool replay = false;
  std::vector<std::string> files;
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  unsigned jobs = 1;
  std::string trace_file;
  bool quiet = false;
  bool check_determinism = false;
  bool stop_at_first = false;
  std::string mutant;
  std::string answer;  // what --help or --version asked for
};

/// The error is a sentence. A mutant that is named is switched on, in builds that have them.
std::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments);

}  // namespace simulator
