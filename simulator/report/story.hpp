// What happened, one line each, with the virtual time.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "io-sim/world.hpp"

namespace simulator {

struct StoryLine {
  io_sim::TrueTime at;
  std::string text;
};

class Story {
 public:
  /// Lines go to `out` as they are told, and into `kept`; null: nowhere.
  explicit Story(std::FILE* out, std::vector<StoryLine>* kept = nullptr) : out_(out), kept_(kept) {}
  void tell(io_sim::TrueTime at, std::string_view text);
  bool is_told() const { return out_ != nullptr || kept_ != nullptr; }

 private:
  std::FILE* out_;
  std::vector<StoryLine>* kept_;
};

/// "1m02.345s".
std::string time_text(io_sim::TrueTime at);
/// "server-1, server-2 and 3 more".
std::string list_text(const std::vector<std::string>& names);
/// "1 allocation", "3 allocations".
std::string counted(std::uint64_t count, std::string_view what);

}  // namespace simulator
