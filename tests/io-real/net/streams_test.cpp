// TCP streams between two carriers in one thread, over the loopback.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "io-real/net/streams.hpp"

namespace {

namespace world = core::world;
using core::Address;
using io_real::net::Intake;
using io_real::net::StreamLimits;
using io_real::net::Streams;
using world::StreamId;

const Address loopback{std::string("\x7f\0\0\1", 4), 0};

/// One agent's streams, and what they reported.
struct Side {
  Side(boost::asio::io_context& in, Streams::Config config) : context(in) {
    auto opened = Streams::open(
        context, std::move(config), [this](world::Event event) { events.push_back(std::move(event)); }, intake);
    if (!opened) throw std::runtime_error(opened.error());
    streams = std::move(*opened);
    streams->start();
  }

  bool run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      context.restart();
      context.run_one_until(deadline);
    }
    return condition();
  }
  /// The next event, which must be an `E`.
  template <class E>
  E next() {
    if (!run_until([this] { return !events.empty(); })) {
      ADD_FAILURE() << "nothing happened";
      return {};
    }
    const auto event = std::move(events.front());
    events.pop_front();
    if (const auto* expected = std::get_if<E>(&event)) return *expected;
    ADD_FAILURE() << "something else happened: alternative " << event.index();
    return {};
  }
  /// Takes in bytes until there are `size`; each piece must be within the limit.
  std::string receive(StreamId stream, std::size_t size) {
    std::string bytes;
    while (bytes.size() < size && !testing::Test::HasFailure()) {
      const auto piece = next<world::StreamReceived>();
      EXPECT_EQ(piece.stream, stream);
      EXPECT_LE(piece.bytes.size(), io_real::net::max_read_bytes);
      bytes += piece.bytes;
    }
    return bytes;
  }

  boost::asio::io_context& context;
  std::deque<world::Event> events;
  std::shared_ptr<Intake> intake = std::make_shared<Intake>();
  std::unique_ptr<Streams> streams;
};

struct StreamsTest : testing::Test {
  boost::asio::io_context context;

  Streams::Config server_config() {
    Streams::Config config;
    config.rpc = loopback;
    config.serf = loopback;
    return config;
  }
  /// Connects `client`'s stream 2 and gives the server's id for it.
  StreamId connect(Side& server, Side& client, StreamId id = {2}, world::Listener listener = world::Listener::rpc) {
    client.streams->carry_out(world::OpenStream{id, *server.streams->address(listener)});
    EXPECT_EQ(client.next<world::StreamConnected>().stream, id);
    const auto accepted = server.next<world::StreamAccepted>();
    EXPECT_EQ(accepted.listener, listener);
    EXPECT_EQ(accepted.stream.value % 2, 1u) << "ids of accepted streams are odd";
    EXPECT_TRUE(accepted.peer.is_loopback());
    return accepted.stream;
  }
};

std::string many_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  return bytes;
}

TEST_F(StreamsTest, NothingIsReadWhileTheIntakeIsShut) {
  Side server(context, server_config());
  Side client(context, {});
  const auto accepted = connect(server, client);
  const auto send = [&](std::string bytes) { client.streams->carry_out(world::SendStream{{2}, std::move(bytes)}); };
  send("a");
  EXPECT_EQ(server.receive(accepted, 1), "a");
  // The first of these finds a stream that waits for the socket, the others one that waits for the intake.
  server.intake->shut();
  for (const auto* bytes : {"b", "c", "d"}) {
    send(bytes);
    context.restart();
    context.run_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(server.events.empty()) << bytes;
  }
  server.intake->open();
  EXPECT_EQ(server.receive(accepted, 3), "bcd");
  // And one that was closed meanwhile.
  server.intake->shut();
  send("e");
  context.restart();
  context.run_for(std::chrono::milliseconds(50));
  server.streams->carry_out(world::CloseStream{accepted});
  server.intake->open();
  EXPECT_EQ(client.next<world::StreamClosed>().reason, "EOF");
  EXPECT_TRUE(server.events.empty());
}

TEST_F(StreamsTest, BytesGoBothWays) {
  Side server(context, server_config());
  Side client(context, {});
  const auto accepted = connect(server, client);
  client.streams->carry_out(world::SendStream{{2}, "hel"});
  client.streams->carry_out(world::SendStream{{2}, "lo"});
  EXPECT_EQ(server.receive(accepted, 5), "hello");
  server.streams->carry_out(world::SendStream{accepted, "world"});
  EXPECT_EQ(client.receive({2}, 5), "world");
}

TEST_F(StreamsTest, TheSerfPortIsAnotherListener) {
  Side server(context, server_config());
  Side client(context, {});
  const auto rpc = connect(server, client, {2});
  const auto serf = connect(server, client, {4}, world::Listener::serf);
  EXPECT_NE(rpc, serf);
  EXPECT_NE(server.streams->address(world::Listener::rpc), server.streams->address(world::Listener::serf));
  EXPECT_EQ(client.streams->address(world::Listener::rpc), std::nullopt);
}

TEST_F(StreamsTest, BigTransfersArriveInPiecesAndInOrder) {
  Side server(context, server_config());
  Side client(context, {});
  const auto accepted = connect(server, client);
  const auto bytes = many_bytes(20'000'000);
  for (std::size_t at = 0; at < bytes.size(); at += 3'000'000)
    client.streams->carry_out(world::SendStream{{2}, bytes.substr(at, 3'000'000)});
  EXPECT_EQ(server.receive(accepted, bytes.size()), bytes);
}

TEST_F(StreamsTest, WhatWasSentBeforeTheCloseIsDelivered) {
  Side server(context, server_config());
  Side client(context, {});
  const auto accepted = connect(server, client);
  // Bytes that the closing side never reads must not cut the others off.
  server.streams->carry_out(world::SendStream{accepted, many_bytes(100'000)});
  const auto bytes = many_bytes(5'000'000);
  client.streams->carry_out(world::SendStream{{2}, bytes});
  client.streams->carry_out(world::CloseStream{{2}});
  EXPECT_EQ(server.receive(accepted, bytes.size()), bytes);
  const auto closed = server.next<world::StreamClosed>();
  EXPECT_EQ(closed.stream, accepted);
  EXPECT_EQ(closed.reason, "EOF");
  EXPECT_TRUE(client.events.empty()) << "nothing is said of a stream after its CloseStream";
}

TEST_F(StreamsTest, AStreamMayBeUsedAndClosedBeforeItIsConnected) {
  Side server(context, server_config());
  Side client(context, {});
  client.streams->carry_out(world::OpenStream{{2}, *server.streams->address(world::Listener::rpc)});
  client.streams->carry_out(world::SendStream{{2}, "early"});
  client.streams->carry_out(world::CloseStream{{2}});
  const auto accepted = server.next<world::StreamAccepted>().stream;
  EXPECT_EQ(server.receive(accepted, 5), "early");
  EXPECT_EQ(server.next<world::StreamClosed>().reason, "EOF");
  EXPECT_TRUE(client.events.empty());
}

TEST_F(StreamsTest, ARefusedConnectionSaysSo) {
  Address nobody;
  {
    Side server(context, server_config());
    nobody = *server.streams->address(world::Listener::rpc);
  }
  Side client(context, {});
  client.streams->carry_out(world::OpenStream{{2}, nobody});
  const auto closed = client.next<world::StreamClosed>();
  EXPECT_EQ(closed.stream.value, 2u);
  EXPECT_EQ(closed.reason, "connect: connection refused");
  // Late effects for it are harmless.
  client.streams->carry_out(world::SendStream{{2}, "x"});
  client.streams->carry_out(world::CloseStream{{2}});
  EXPECT_TRUE(client.events.empty());
}

TEST_F(StreamsTest, AConnectionThatIsNotAnsweredTimesOut) {
  // A listener whose queue is full drops connections: fill one that nobody accepts from.
  boost::asio::ip::tcp::acceptor full(context, {boost::asio::ip::address_v4::loopback(), 0}, false);
  full.listen(0);
  const Address address{loopback.ip, full.local_endpoint().port()};
  std::vector<boost::asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 8; ++i) {
    auto& filler = fillers.emplace_back(context);
    filler.async_connect(full.local_endpoint(), [](boost::system::error_code) {});
  }
  Streams::Config config;
  config.limits.connect_timeout = std::chrono::milliseconds(50);
  Side client(context, config);
  client.streams->carry_out(world::OpenStream{{2}, address});
  EXPECT_EQ(client.next<world::StreamClosed>().reason, "i/o timeout");
}

TEST_F(StreamsTest, AStreamWhosePeerDoesNotReadIsClosedAtTheLimit) {
  Side server(context, server_config());
  Streams::Config config;
  config.limits.send_queue_bytes = 1'000'000;
  Side client(context, config);
  connect(server, client);
  // Without turning the loop nothing leaves, so exactly the limit fits.
  client.streams->carry_out(world::SendStream{{2}, std::string(1'000'000, 'x')});
  EXPECT_TRUE(client.events.empty());
  client.streams->carry_out(world::SendStream{{2}, "x"});
  EXPECT_EQ(client.next<world::StreamClosed>().reason, "write: send queue is full");
}

TEST_F(StreamsTest, AnAddressHoldsOnlySoManyRpcConnections) {
  auto config = server_config();
  config.limits.connections_per_ip = 2;
  Side server(context, config);
  Side client(context, {});
  connect(server, client, {2});
  const auto second = connect(server, client, {4});
  client.streams->carry_out(world::OpenStream{{6}, *server.streams->address(world::Listener::rpc)});
  EXPECT_EQ(client.next<world::StreamConnected>().stream.value, 6u);
  const auto closed = client.next<world::StreamClosed>();
  EXPECT_EQ(closed.stream.value, 6u);
  const auto refused = server.next<world::ConnectionRefused>();
  EXPECT_EQ(refused.listener, world::Listener::rpc);
  EXPECT_TRUE(refused.peer.is_loopback());
  EXPECT_EQ(refused.reason, "too many connections, in all or from this address (limits.rpc_max_conns_per_client)");
  EXPECT_TRUE(server.events.empty());
  // A place that is given back is free again; the Serf port does not count.
  connect(server, client, {8}, world::Listener::serf);
  server.streams->carry_out(world::CloseStream{second});
  EXPECT_EQ(client.next<world::StreamClosed>().stream.value, 4u);
  connect(server, client, {10});
}

TEST_F(StreamsTest, APortInUseIsAnErrorInGosWords) {
  Side server(context, server_config());
  Streams::Config config;
  config.rpc = server.streams->address(world::Listener::rpc);
  const auto second = Streams::open(context, config, [](world::Event) {}, std::make_shared<Intake>());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "listen tcp " + config.rpc->text() + ": bind: address already in use");
}

TEST_F(StreamsTest, StoppingSendsWhatIsQueuedAndReportsNothing) {
  Side server(context, server_config());
  Side client(context, {});
  const auto accepted = connect(server, client);
  const auto bytes = many_bytes(3'000'000);
  server.streams->carry_out(world::SendStream{accepted, bytes});
  server.streams->stop();
  EXPECT_EQ(client.receive({2}, bytes.size()), bytes);
  EXPECT_EQ(client.next<world::StreamClosed>().reason, "EOF");
  EXPECT_TRUE(server.events.empty());
}

TEST_F(StreamsTest, IPv6Works) {
  Streams::Config config;
  config.rpc = Address{std::string(15, '\0') + '\1', 0};
  if (const auto probe = Streams::open(context, config, [](world::Event) {}, std::make_shared<Intake>()); !probe)
    GTEST_SKIP() << probe.error();
  Side server(context, config);
  Side client(context, {});
  const auto accepted = connect(server, client);
  client.streams->carry_out(world::SendStream{{2}, "six"});
  EXPECT_EQ(server.receive(accepted, 3), "six");
}

}  // namespace
