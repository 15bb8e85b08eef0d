// UDP between two carriers over the loopback, and names.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "io-real/net/datagrams.hpp"
#include "io-real/net/go_error.hpp"
#include "io-real/net/resolver.hpp"
#include "tests/io-real/answers.hpp"

namespace {

namespace world = core::world;
using core::Address;
using io_real::net::Datagrams;

const Address loopback{std::string("\x7f\0\0\1", 4), 0};

struct DatagramsTest : testing::Test {
  std::unique_ptr<Datagrams> open(const Address& address, std::vector<world::DatagramReceived>& received) {
    auto opened = Datagrams::open(
        context, address,
        [&received](world::Event event) { received.push_back(std::get<world::DatagramReceived>(std::move(event))); },
        intake);
    if (!opened) {
      ADD_FAILURE() << opened.error();
      return nullptr;
    }
    (*opened)->start();
    return std::move(*opened);
  }
  void run_until_received(const std::vector<world::DatagramReceived>& received, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (received.size() < count && std::chrono::steady_clock::now() < deadline) context.run_one_until(deadline);
    ASSERT_GE(received.size(), count);
  }

  boost::asio::io_context context;
  std::shared_ptr<io_real::net::Intake> intake = std::make_shared<io_real::net::Intake>();
  std::vector<world::DatagramReceived> at_a;
  std::vector<world::DatagramReceived> at_b;
};

TEST_F(DatagramsTest, StayWhereTheyAreWhileTheIntakeIsShut) {
  const auto a = open(loopback, at_a);
  const auto b = open(loopback, at_b);
  intake->shut();
  for (const auto* bytes : {"one", "two"}) {
    a->carry_out({b->address(), bytes});
    context.restart();
    context.run_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(at_b.empty());
  }
  intake->open();
  context.restart();
  run_until_received(at_b, 2);
  EXPECT_EQ(at_b[1].bytes, "two");
}

TEST_F(DatagramsTest, ArriveWholeAndSayWhereFrom) {
  const auto a = open(loopback, at_a);
  const auto b = open(loopback, at_b);
  const std::string big(60'000, 'x');
  a->carry_out({b->address(), "ping"});
  a->carry_out({b->address(), big});
  a->carry_out({b->address(), ""});
  run_until_received(at_b, 3);
  EXPECT_EQ(at_b[0].from, a->address());
  EXPECT_EQ(at_b[0].bytes, "ping");
  EXPECT_EQ(at_b[1].bytes, big);
  EXPECT_EQ(at_b[2].bytes, "");
}

TEST_F(DatagramsTest, ToNobodyAreLostWithoutAWord) {
  const auto a = open(loopback, at_a);
  auto b = open(loopback, at_b);
  const auto nobody = b->address();
  b.reset();
  a->carry_out({nobody, "lost"});
  a->carry_out({Address{}, "no address"});
  a->carry_out({Address{std::string(15, '\0') + '\1', 9}, "another family"});
  a->carry_out({a->address(), std::string(70'000, 'x')});  // larger than any datagram
  a->carry_out({a->address(), "still alive"});
  run_until_received(at_a, 1);
  EXPECT_EQ(at_a[0].bytes, "still alive");
}

TEST_F(DatagramsTest, ASocketOnAllAddressesSpeaksIPv4) {
  const Address everywhere{std::string(16, '\0'), 0};
  if (!Datagrams::open(context, everywhere, [](world::Event) {}, intake)) GTEST_SKIP() << "no IPv6 here";
  const auto a = open(everywhere, at_a);
  const auto b = open(loopback, at_b);
  a->carry_out({b->address(), "ping"});
  run_until_received(at_b, 1);
  b->carry_out({Address{loopback.ip, a->address().port}, "pong"});
  run_until_received(at_a, 1);
  EXPECT_EQ(at_a[0].from, b->address()) << "mapped addresses are IPv4 addresses";
}

TEST_F(DatagramsTest, APortInUseIsAnErrorInGosWords) {
  const auto a = open(loopback, at_a);
  const auto second = Datagrams::open(context, a->address(), [](world::Event) {}, intake);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "listen udp " + a->address().text() + ": bind: address already in use");
}

TEST(Resolver, FindsAddressesOrSaysWhyNot) {
  tests::Answers answers;
  io_real::net::Resolver resolver([&](world::Event event) { answers.push(std::move(event)); });
  resolver.carry_out({{1}, "127.0.0.1"});
  auto event = answers.next();
  ASSERT_TRUE(event);
  auto resolved = std::get<world::NameResolved>(*event);
  EXPECT_EQ(resolved.token.value, 1u);
  EXPECT_EQ(resolved.error, "");
  EXPECT_EQ(resolved.addresses, std::vector{loopback});

  resolver.carry_out({{2}, "localhost"});
  event = answers.next();
  ASSERT_TRUE(event);
  resolved = std::get<world::NameResolved>(*event);
  ASSERT_FALSE(resolved.addresses.empty()) << resolved.error;
  EXPECT_TRUE(std::ranges::all_of(resolved.addresses, &Address::is_loopback));

  resolver.carry_out({{3}, "not a host name"});
  event = answers.next();
  ASSERT_TRUE(event);
  resolved = std::get<world::NameResolved>(*event);
  EXPECT_TRUE(resolved.addresses.empty());
  EXPECT_TRUE(resolved.error.starts_with("lookup not a host name: ")) << resolved.error;
}

TEST(Resolver, AnswersEveryNameOfMany) {
  tests::Answers answers;
  io_real::net::Resolver resolver([&](world::Event event) { answers.push(std::move(event)); });
  constexpr std::uint64_t count = 300;
  for (std::uint64_t i = 0; i < count; ++i) resolver.carry_out({{i}, "127.0.0.1"});
  std::vector<bool> seen(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto event = answers.next();
    ASSERT_TRUE(event);
    seen[std::get<world::NameResolved>(*event).token.value] = true;
  }
  EXPECT_EQ(std::ranges::count(seen, false), 0);
}

TEST(GoError, WordsErrorsAsGoDoes) {
  EXPECT_EQ(io_real::net::go_error(ECONNREFUSED), "connection refused");
  EXPECT_EQ(io_real::net::go_error(EADDRINUSE), "address already in use");
  EXPECT_EQ(io_real::net::go_error(ECONNRESET), "connection reset by peer");
  EXPECT_EQ(io_real::net::go_error(EHOSTUNREACH), "no route to host");
}

}  // namespace
