// For starting threads that no signal shall interrupt.
#pragma once

#include <csignal>

namespace io_real::thread {

/// While it lives no signal is delivered to the calling thread, nor ever to the threads that it starts meanwhile: a
/// new thread has its maker's mask. Signals for the process go to the loop's thread, which waits for them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace io_real::thread
