// Host names to addresses, by the system's resolver, beside the agent's thread.
#pragma once

#include <cstddef>
#include <memory>

#include "io-real/net/report.hpp"

namespace io_real::net {

/// How many names may wait at once; more are answered with an error.
inline constexpr std::size_t max_waiting_lookups = 1024;
/// How many lookups run at once, so that one dead name server does not hold up every name.
inline constexpr std::size_t max_lookup_threads = 4;

class Resolver {
 public:
  explicit Resolver(Report report);
  /// Reports nothing any more. Does not wait for lookups under way, which may take half a minute.
  ~Resolver();

  /// Answered by NameResolved, from another thread. The error is Go's: "lookup db.local: no such host".
  void carry_out(core::world::ResolveName name);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace io_real::net
