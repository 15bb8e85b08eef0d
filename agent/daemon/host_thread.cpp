#include "agent/daemon/host_thread.hpp"

#include <thread>
#include <variant>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "io-real/thread/signals_blocked.hpp"

namespace agent::daemon {

struct HostThread::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  io_real::host::Host host;
  std::thread thread;

  Impl(io_real::host::Host::Config config, std::function<void(core::world::Event)> deliver)
      : host(context, std::move(config), std::move(deliver)), thread([this] { context.run(); }) {}
  ~Impl() {
    context.stop();
    thread.join();
  }
};

HostThread::HostThread(io_real::host::Host::Config config, std::function<void(core::world::Event)> deliver) {
  const io_real::thread::SignalsBlocked blocked;  // the host starts threads, too
  impl_ = std::make_unique<Impl>(std::move(config), std::move(deliver));
}

HostThread::~HostThread() = default;

void HostThread::carry_out(const core::world::Effect& effect) {
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (requires { impl_->host.carry_out(what); })
          boost::asio::post(impl_->context, [this, what] { impl_->host.carry_out(what); });
      },
      effect);
}

}  // namespace agent::daemon
