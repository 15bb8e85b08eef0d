// Recordings of a real agent (`nomad agent -record FILE`), fed to the same agent again: it must do the same.
#pragma once

#include <string>
#include <vector>

namespace simulator {

/// Prints what came of each; the exit code: 0 the same, 2 not a recording, 3 it differs.
int replay_files(const std::vector<std::string>& files);

}  // namespace simulator
