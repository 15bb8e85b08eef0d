// Watches the machine on the loop's thread: journals it (`-record`), and tells the operator of signals.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <string>

#include "core/agent/agent.hpp"
#include "io-real/loop/carrier.hpp"

namespace agent::daemon {

class Recorder final : public io_real::loop::Observer {
 public:
  /// An empty `path` records nothing.
  static std::expected<std::unique_ptr<Recorder>, std::string> open(const std::string& path,
                                                                    const core::agent::Config& config,
                                                                    std::uint64_t seed);
  void on_event(core::Now now, const core::world::Event& event) override;
  void on_effects(core::Now now, const core::world::Effects& effects) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Recorder() = default;
  std::unique_ptr<std::FILE, Close> file_;
  core::world::Event event_;
  bool leaving_ = false;
  bool leaves_on_interrupt_ = false;
  bool leaves_on_terminate_ = false;
};

}  // namespace agent::daemon
