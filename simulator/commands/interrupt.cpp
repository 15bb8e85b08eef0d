#include "simulator/commands/interrupt.hpp"

#include <csignal>

namespace simulator::commands {
namespace {

// A handler can reach nothing else.
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void let_signals_kill() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

extern "C" void note_signal(int) {
  signalled = true;
  let_signals_kill();
}

}  // namespace

Interrupt::Interrupt() {
  signalled = false;
  std::signal(SIGINT, note_signal);
  std::signal(SIGTERM, note_signal);
}

Interrupt::~Interrupt() { let_signals_kill(); }

const std::atomic<bool>& Interrupt::flag() const { return signalled; }

}  // namespace simulator::commands
