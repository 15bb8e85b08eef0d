// Keeps a failing run: records its choices, writes it as a replay file, cuts it down, and writes it again.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <string>

#include "simulator/search/minimise.hpp"
#include "simulator/search/replay_file.hpp"

namespace simulator::search {

struct KeepOptions {
  std::string folder = ".";
  std::chrono::nanoseconds time = std::chrono::seconds(20);  // to cut it down; none: it is kept as it is
  std::string mutant;                                        // the known bug that is switched on
  const std::atomic<bool>* interrupted = nullptr;            // ends the cutting down early
};

struct Kept {
  std::string path;
  RunResult result;     // of the run that is kept
  std::string summary;  // how far it was cut down, in a sentence
};

/// `failed` fell. It is saved whole before it is cut down, so that nothing is lost with a process that is killed
/// meanwhile. A file of another run is never replaced, and one of the same run by a smaller one only. The error is a
/// sentence: the file cannot be written, or the run is too long to be kept.
std::expected<Kept, std::string> keep(const Scenario& scenario, const RunResult& failed, const KeepOptions& options);

/// The file of a run whose choices were recorded, whether it fell or held, as it is. The error is a sentence.
std::expected<std::string, std::string> replay_text(const Scenario& scenario, const RunResult& recorded,
                                                    const std::string& mutant);

/// Cuts a kept run down further and writes it to `path`.
std::expected<Kept, std::string> keep_smaller(const ReplayFile& file, const Scenario& scenario, const std::string& path,
                                              std::chrono::nanoseconds time);

}  // namespace simulator::search
