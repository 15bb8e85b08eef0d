// A call stack of its own, for code that waits in the middle of what it does: the commands of the CLI ask and sleep
// as if the world were real, and the world goes on meanwhile. Runs on the thread that resumes it; nothing is
// concurrent.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

namespace simulator {

class Fiber {
 public:
  /// Nothing runs before the first resume().
  explicit Fiber(std::function<void()> body);
  /// Ends a body that still waits, by unwinding its stack.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on until the body waits or ends. What it throws comes out here.
  void resume();
  /// For the body: back to whoever resumed.
  void wait();
  bool ended() const { return ended_; }

 private:
  struct Unwound {};
  static void enter(unsigned high, unsigned low);
  void run_body();

  static constexpr std::size_t stack_bytes = std::size_t{512} << 10;
  std::function<void()> body_;
  std::unique_ptr<std::byte[]> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  std::exception_ptr thrown_;
  bool started_ = false;
  bool ended_ = false;
  bool unwinding_ = false;
};

}  // namespace simulator
