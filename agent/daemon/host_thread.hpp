// The host's carrier for the loop: io_real::host::Host on a thread of its own.
#pragma once

#include <functional>
#include <memory>

#include "io-real/host/host.hpp"
#include "io-real/loop/carrier.hpp"

namespace agent::daemon {

class HostThread final : public io_real::loop::HostCarrier {
 public:
  /// `deliver` is called on the host's thread.
  HostThread(io_real::host::Host::Config config, std::function<void(core::world::Event)> deliver);
  ~HostThread() override;
  void carry_out(const core::world::Effect& effect) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace agent::daemon
