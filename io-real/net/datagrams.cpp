#include "io-real/net/datagrams.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "io-real/net/endpoint.hpp"
#include "io-real/net/go_error.hpp"

namespace io_real::net {
namespace asio = boost::asio;
using asio::ip::udp;

namespace {

// memberlist's: a burst of gossip must not be lost while the agent works.
constexpr int receive_buffer_bytes = 2 * 1024 * 1024;
constexpr std::size_t max_datagram_bytes = 65536;
// How many datagrams are taken in before the loop gets its turn.
constexpr int burst = 64;

}  // namespace

struct Datagrams::Impl {
  Impl(asio::io_context& context, Report to, std::shared_ptr<Intake> from)
      : socket(context), report(std::move(to)), intake(std::move(from)) {}

  void wait() {
    if (intake->is_shut()) return intake->when_open([this] { wait(); });
    socket.async_wait(udp::socket::wait_read, [this](boost::system::error_code error) {
      if (error == asio::error::operation_aborted || !socket.is_open()) return;
      receive();
      wait();
    });
  }
  void receive() {
    for (int i = 0; i < burst && !intake->is_shut(); ++i) {
      udp::endpoint from;
      boost::system::error_code error;
      const auto count = socket.receive_from(asio::buffer(buffer), from, 0, error);
      if (error == asio::error::would_block || error == asio::error::try_again) return;
      if (error) continue;  // an ICMP complaint about an earlier datagram: losing those is our contract
      report(core::world::DatagramReceived{address_of(from.address(), from.port()), {buffer.data(), count}});
    }
  }

  udp::socket socket;
  Report report;
  std::shared_ptr<Intake> intake;
  std::array<char, max_datagram_bytes> buffer;
};

Datagrams::Datagrams(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Datagrams::~Datagrams() = default;

std::expected<std::unique_ptr<Datagrams>, std::string> Datagrams::open(asio::io_context& context,
                                                                       const core::Address& address, Report report,
                                                                       std::shared_ptr<Intake> intake) {
  auto impl = std::make_unique<Impl>(context, std::move(report), std::move(intake));
  const auto endpoint = udp_endpoint(address);
  boost::system::error_code error;
  const auto failed = [&](std::string_view call) {
    return std::unexpected(listen_error("udp", address, call, error.value()));
  };
  impl->socket.open(endpoint.protocol(), error);
  if (error) return failed("socket");
  impl->socket.bind(endpoint, error);
  if (error) return failed("bind");
  impl->socket.non_blocking(true, error);
  if (error) return failed("fcntl");
  impl->socket.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes), error);
  return std::unique_ptr<Datagrams>(new Datagrams(std::move(impl)));
}

core::Address Datagrams::address() const {
  boost::system::error_code ignored;
  const auto local = impl_->socket.local_endpoint(ignored);
  return address_of(local.address(), local.port());
}

void Datagrams::start() { impl_->wait(); }

void Datagrams::carry_out(const core::world::SendDatagram& send) {
  if (!send.to.is_set() || !impl_->socket.is_open()) return;
  auto to = udp_endpoint(send.to);
  boost::system::error_code ignored;
  // A socket on "::" reaches IPv4 through mapped addresses.
  if (to.address().is_v4() && impl_->socket.local_endpoint(ignored).address().is_v6())
    to.address(asio::ip::make_address_v6(asio::ip::v4_mapped, to.address().to_v4()));
  impl_->socket.send_to(asio::buffer(send.bytes), to, 0, ignored);
}

void Datagrams::stop() {
  boost::system::error_code ignored;
  impl_->socket.close(ignored);
}

}  // namespace io_real::net
