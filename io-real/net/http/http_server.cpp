#include "io-real/net/http/http_server.hpp"

#include <ctime>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "io-real/net/acceptor.hpp"
#include "io-real/net/farewell.hpp"
#include "io-real/net/http/connection.hpp"
#include "io-real/net/http/response.hpp"
#include "io-real/net/outbox.hpp"

namespace io_real::net::http {
namespace asio = boost::asio;
namespace world = core::world;
using asio::ip::tcp;

struct HttpServer::Impl {
  Impl(const Config& config, Report report)
      : limit(config.limits.connections_per_ip, config.limits.connections), shop(std::make_shared<HttpShop>()) {
    shop->report = std::move(report);
    shop->limits = config.limits;
  }

  void accept(tcp::socket socket, const core::Address& peer) {
    auto place = limit.take(peer.ip);
    if (place) return std::make_shared<Connection>(shop, std::move(socket), std::move(place))->begin();
    shop->report(world::ConnectionRefused{
        world::Listener::http, peer,
        "too many connections, in all or from this address (limits.http_max_conns_per_client)"});
    // Nomad's words.
    Outbox outbox;
    outbox.append(refusal(429, "Your IP is issuing too many concurrent connections, please rate limit your calls\n",
                          std::time(nullptr)));
    int ignored = 0;
    outbox.write_to(socket.native_handle(), ignored);
    say_farewell(std::move(socket));
  }

  ConnectionLimit limit;
  std::shared_ptr<HttpShop> shop;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(); }

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::open(asio::io_context& context, Config config,
                                                                         Report report) {
  auto impl = std::make_unique<Impl>(config, std::move(report));
  for (const auto& address : config.addresses) {
    auto acceptor = Acceptor::open(context, address);
    if (!acceptor) return std::unexpected(acceptor.error());
    impl->acceptors.push_back(std::move(*acceptor));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::vector<core::Address> HttpServer::addresses() const {
  std::vector<core::Address> all;
  for (const auto& acceptor : impl_->acceptors) all.push_back(acceptor->address());
  return all;
}

void HttpServer::start() {
  for (const auto& acceptor : impl_->acceptors)
    acceptor->start([this](tcp::socket socket, const core::Address& peer) { impl_->accept(std::move(socket), peer); },
                    [this](std::string error) {
                      impl_->shop->report(world::ConnectionRefused{world::Listener::http, {}, std::move(error)});
                    });
}

void HttpServer::carry_out(world::ApiAnswered answer) {
  const auto found = impl_->shop->waiting.find(answer.request);
  if (found == impl_->shop->waiting.end()) return;
  const auto connection = found->second;
  connection->answer(std::move(answer));
}

void HttpServer::carry_out(world::ApiStreamed streamed) {
  const auto found = impl_->shop->waiting.find(streamed.request);
  if (found == impl_->shop->waiting.end()) return;
  const auto connection = found->second;
  connection->stream(std::move(streamed));
}

void HttpServer::stop() {
  impl_->shop->stopping = true;
  for (const auto& acceptor : impl_->acceptors) acceptor->stop();
  const auto connections = impl_->shop->connections;
  for (const auto& [address, weak] : connections)
    if (const auto connection = weak.lock()) connection->stop();
}

}  // namespace io_real::net::http
