// Watches the machine on the loop's thread: journals it (`-record`), and tells the operator of signals.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "agent/config/agent_flags.hpp"
#include "agent/daemon/journal.hpp"
#include "core/agent/agent.hpp"
#include "io-real/loop/carrier.hpp"

namespace agent::daemon {

class Recorder final : public io_real::loop::Observer {
 public:
  /// Nothing is recorded without a file. `say` shows the operator a line, and is called from two threads.
  static std::expected<std::unique_ptr<Recorder>, std::string> open(const config::Recording& recording,
                                                                    const core::agent::Config& config,
                                                                    std::uint64_t seed, Say say);
  /// What became of an event whose handling did not end is the most wanted: it is the last of the recording.
  ~Recorder() override;
  /// Whose server is observed now and then; must outlive the calls below.
  void watch(const core::agent::Agent& agent) { agent_ = &agent; }

  void on_event(core::Now now, const core::world::Event& event) override;
  void on_effects(core::Now now, const core::world::Effects& effects) override;

  static constexpr std::uint32_t observed_each = 512;  // events, and whenever a term or a leader changes

 private:
  explicit Recorder(Say say) : say_(std::move(say)) {}
  void tell_signal(const core::world::Event& event);
  void follow_state();
  void observe();

  Say say_;
  std::unique_ptr<Journal> journal_;
  Journal::Entry entry_;
  bool handling_ = false;
  const core::agent::Agent* agent_ = nullptr;
  core::agent::Commits commits_;
  std::uint32_t since_observed_ = 0;
  std::uint64_t term_ = 0;
  bool leads_ = false;
  bool leaving_ = false;
  bool leaves_on_interrupt_ = false;
  bool leaves_on_terminate_ = false;
};

}  // namespace agent::daemon
