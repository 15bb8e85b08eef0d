#include "agent/cli/streams.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <thread>

#include <unistd.h>

namespace agent::cli {
namespace {

void print(std::FILE* file, std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fflush(file);
}

std::string read_all_input() {
  std::string out;
  char buffer[65536];
  while (out.size() < max_input_bytes) {
    const auto count = std::fread(buffer, 1, sizeof buffer, stdin);
    if (count == 0) break;
    out.append(buffer, count);
  }
  return out;
}

std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view words = *entry;
    if (const auto equals = words.find('='); equals != std::string_view::npos) {
      out.emplace(words.substr(0, equals), words.substr(equals + 1));
    }
  }
  return out;
}

bool shows_colours() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && term && std::string_view(term) != "dumb";
}

}  // namespace

Streams real_streams() {
  return {.out = [](std::string_view bytes) { print(stdout, bytes); },
          .err = [](std::string_view bytes) { print(stderr, bytes); },
          .read_line = []() -> std::optional<std::string> {
            std::string line;
            if (!std::getline(std::cin, line)) return std::nullopt;
            return line;
          },
          .read_all = read_all_input,
          .is_terminal = shows_colours(),
          .environment = whole_environment(),
          .now =
              [] {
                return std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                    .count();
              },
          .sleep = [](std::int64_t nanos) { std::this_thread::sleep_for(std::chrono::nanoseconds(nanos)); },
          .http = [](const io_real::net::http::HttpCall& call) { return io_real::net::http::request(call); },
          .read_file = {},
          .write_file = {}};
}

}  // namespace agent::cli
