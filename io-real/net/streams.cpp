#include "io-real/net/streams.hpp"

#include <map>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "io-real/net/acceptor.hpp"
#include "io-real/net/stream.hpp"

namespace io_real::net {
namespace asio = boost::asio;
namespace world = core::world;
using asio::ip::tcp;

struct Streams::Impl {
  Impl(asio::io_context& in, Config wanted, Report report, std::shared_ptr<Intake> intake)
      : context(in),
        config(std::move(wanted)),
        rpc_limit(config.limits.connections_per_ip, config.limits.connections),
        serf_limit(0, config.limits.connections),
        shop(std::make_shared<StreamShop>()) {
    shop->report = std::move(report);
    shop->intake = std::move(intake);
    shop->limits = config.limits;
    shop->forget = [this](world::StreamId id) { streams.erase(id); };
  }

  void accept_on(Acceptor* acceptor, world::Listener listener, ConnectionLimit& limit) {
    if (!acceptor) return;
    acceptor->start(
        [this, listener, &limit](tcp::socket socket, const core::Address& peer) {
          auto place = limit.take(peer.ip);
          if (!place)  // closed at once, as Nomad does
            return shop->report(world::ConnectionRefused{
                listener, peer,
                listener == world::Listener::rpc
                    ? "too many connections, in all or from this address (limits.rpc_max_conns_per_client)"
                    : "too many connections"});
          const auto id = next_id;
          next_id.value += 2;
          const auto stream = std::make_shared<Stream>(shop, id, std::move(socket), std::move(place));
          streams.emplace(id, stream);
          shop->report(world::StreamAccepted{id, listener, peer});
          stream->begin();
        },
        [this, listener](std::string error) {
          shop->report(world::ConnectionRefused{listener, {}, std::move(error)});
        });
  }

  void stop() {
    shop->silent = true;
    if (rpc) rpc->stop();
    if (serf) serf->stop();
    while (!streams.empty()) {
      const auto stream = streams.begin()->second;
      stream->close();
    }
  }

  asio::io_context& context;
  Config config;
  ConnectionLimit rpc_limit;
  ConnectionLimit serf_limit;
  std::shared_ptr<StreamShop> shop;
  std::unique_ptr<Acceptor> rpc;
  std::unique_ptr<Acceptor> serf;
  std::map<world::StreamId, std::shared_ptr<Stream>> streams;
  world::StreamId next_id{1};  // odd: ours (core/world/net.hpp)
};

Streams::Streams(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Streams::~Streams() {
  impl_->stop();
  // Handlers under way keep the shop, not us.
  impl_->shop->forget = [](world::StreamId) {};
}

std::expected<std::unique_ptr<Streams>, std::string> Streams::open(asio::io_context& context, Config config,
                                                                   Report report, std::shared_ptr<Intake> intake) {
  auto impl = std::make_unique<Impl>(context, std::move(config), std::move(report), std::move(intake));
  const auto listen = [&](const std::optional<core::Address>& address,
                          std::unique_ptr<Acceptor>& acceptor) -> std::expected<void, std::string> {
    if (!address) return {};
    auto opened = Acceptor::open(context, *address);
    if (!opened) return std::unexpected(opened.error());
    acceptor = std::move(*opened);
    return {};
  };
  if (auto listening = listen(impl->config.rpc, impl->rpc); !listening) return std::unexpected(listening.error());
  if (auto listening = listen(impl->config.serf, impl->serf); !listening) return std::unexpected(listening.error());
  return std::unique_ptr<Streams>(new Streams(std::move(impl)));
}

std::optional<core::Address> Streams::address(world::Listener listener) const {
  const auto& acceptor = listener == world::Listener::rpc ? impl_->rpc : impl_->serf;
  return acceptor ? std::optional(acceptor->address()) : std::nullopt;
}

void Streams::start() {
  impl_->accept_on(impl_->rpc.get(), world::Listener::rpc, impl_->rpc_limit);
  impl_->accept_on(impl_->serf.get(), world::Listener::serf, impl_->serf_limit);
}

void Streams::carry_out(const world::OpenStream& open) {
  const auto stream = std::make_shared<Stream>(impl_->shop, open.stream, tcp::socket(impl_->context), nullptr);
  impl_->streams.emplace(open.stream, stream);
  stream->connect(open.to);
}

void Streams::carry_out(world::SendStream send) {
  // Nothing to send on: the stream's end is on its way to core.
  if (const auto found = impl_->streams.find(send.stream); found != impl_->streams.end()) {
    const auto stream = found->second;
    stream->send(std::move(send.bytes));
  }
}

void Streams::carry_out(const world::CloseStream& close) {
  if (const auto found = impl_->streams.find(close.stream); found != impl_->streams.end()) {
    const auto stream = found->second;
    stream->close();
  }
}

void Streams::stop() { impl_->stop(); }

}  // namespace io_real::net
