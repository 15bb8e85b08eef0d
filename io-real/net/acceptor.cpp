#include "io-real/net/acceptor.hpp"

#include <chrono>
#include <utility>

#include "io-real/net/endpoint.hpp"
#include "io-real/net/go_error.hpp"

namespace io_real::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Out of descriptors, say: the queue of connections stays readable, so trying again at once would spin.
constexpr std::chrono::milliseconds accept_retry{100};

}  // namespace

std::expected<std::unique_ptr<Acceptor>, std::string> Acceptor::open(asio::io_context& context,
                                                                     const core::Address& address) {
  std::unique_ptr<Acceptor> made(new Acceptor(context));
  auto& acceptor = made->acceptor_;
  boost::system::error_code error;
  const auto endpoint = tcp_endpoint(address);
  const auto failed = [&](std::string_view call) {
    return std::unexpected(listen_error("tcp", address, call, error.value()));
  };
  acceptor.open(endpoint.protocol(), error);
  if (error) return failed("socket");
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (error) return failed("setsockopt");
  acceptor.bind(endpoint, error);
  if (error) return failed("bind");
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen");
  return made;
}

core::Address Acceptor::address() const {
  boost::system::error_code ignored;
  const auto local = acceptor_.local_endpoint(ignored);
  return address_of(local.address(), local.port());
}

void Acceptor::start(Accepted accepted, Failed failed) {
  accepted_ = std::move(accepted);
  failed_ = std::move(failed);
  accept();
}

void Acceptor::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void Acceptor::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || (error && !acceptor_.is_open())) return;
    if (error == asio::error::connection_aborted) return accept();
    if (error) {
      failed_("accept4: " + go_error(error.value()));
      retry_.expires_after(accept_retry);
      return retry_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) accept();
      });
    }
    boost::system::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (!gone) {
      set_stream_options(socket);
      accepted_(std::move(socket), address_of(peer.address(), peer.port()));
    }
    if (acceptor_.is_open()) accept();
  });
}

}  // namespace io_real::net
