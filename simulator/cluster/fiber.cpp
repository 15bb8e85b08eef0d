#include "simulator/cluster/fiber.hpp"

#include <cstdint>
#include <utility>

#include "core/base/check.hpp"

namespace simulator {

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {}

Fiber::~Fiber() {
  if (!started_ || ended_) return;
  unwinding_ = true;
  swapcontext(&outside_, &inside_);
}

void Fiber::resume() {
  core::check(!ended_, "a fiber that has ended does not go on");
  if (!started_) {
    started_ = true;
    stack_ = std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_.get();
    inside_.uc_stack.ss_size = stack_bytes;
    inside_.uc_link = &outside_;
    // makecontext hands on ints only: the pointer goes in two halves.
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self));
  }
  swapcontext(&outside_, &inside_);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Fiber::wait() {
  swapcontext(&inside_, &outside_);
  if (unwinding_) throw Unwound{};
}

void Fiber::enter(unsigned high, unsigned low) {
  reinterpret_cast<Fiber*>((std::uintptr_t{high} << 32) | low)->run_body();
}

void Fiber::run_body() {
  try {
    body_();
  } catch (const Unwound&) {
  } catch (...) {
    thrown_ = std::current_exception();
  }
  ended_ = true;
}

}  // namespace simulator
