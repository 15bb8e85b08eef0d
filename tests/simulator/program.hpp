// Runs a program as a user would, and hears what it says and how it ends.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace simulator {

struct Output {
  int code = -1;
  std::string text;  // both outputs, as they came
};

inline Output run_program(const std::string& command) {
  Output out;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) out.text.append(buffer.data(), got);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

}  // namespace simulator
