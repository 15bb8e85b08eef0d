// The debugger as its user meets it: commands, the moments that are kept, and where one is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "simulator/debug/channel.hpp"
#include "simulator/debug/request.hpp"

namespace simulator::debug {

class Session {
 public:
  /// `begin` starts the run with this end of a channel in its inspector, in a process of its own; it does not return.
  explicit Session(const std::function<void(Channel)>& begin);

  /// What came of a command. An error is a sentence.
  struct Outcome {
    std::string text;
    bool wrong = false;
    bool quit = false;
  };
  Outcome carry_out(const std::string& line);
  /// "#1234 at 12.345s"
  std::string where() const;

  static std::string help();

 private:
  struct Moment {
    std::uint64_t event = 0;
    std::int64_t time_ns = 0;
    Channel channel;
  };
  using Words = std::vector<std::string>;

  Outcome run(Run run);
  Outcome go_to_event(std::uint64_t event);
  Outcome go_to_time(std::int64_t ns);
  Outcome go_to(const Words& words);
  Outcome print(const Words& words);
  Outcome diff(const Words& words);
  Outcome set_breakpoint(const Words& words);
  Outcome clear_breakpoint(const Words& words);
  Outcome fork(const Words& words);
  Outcome branch(const Words& words);
  Outcome save(const Words& words);
  Outcome messages(const Words& words);
  std::string breakpoints() const;
  Words node_names();

  /// Sends a request; moments that come before its answer are kept.
  Frame ask(const Channel& to, const std::string& request);
  Channel wake(const Channel& moment);
  void begin_from(std::size_t moment);
  void keep(Moment moment);

  std::vector<Moment> moments_;  // in the order of time; the first is the beginning
  Channel here_;
  Frame at_;
  std::vector<Breakpoint> breakpoints_;
  std::uint32_t moments_every_ms_ = 40;
};

}  // namespace simulator::debug
