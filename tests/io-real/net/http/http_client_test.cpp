// The CLI's client, against our server and against hand-written answers.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "io-real/net/http/gzip.hpp"
#include "io-real/net/http/http_client.hpp"
#include "tests/io-real/net/http/running_server.hpp"

namespace {

namespace world = core::world;
namespace http = io_real::net::http;
using namespace std::chrono_literals;
using tests::RunningServer;

/// Accepts one connection, and answers the head it reads with given bytes before it closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes) : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::thread([this, bytes = std::move(bytes)] {
      boost::system::error_code error;
      auto socket = acceptor_.accept(error);
      std::string got;
      char buffer[4096];
      while (!error && got.find("\r\n\r\n") == std::string::npos)
        got.append(buffer, socket.read_some(boost::asio::buffer(buffer), error));
      boost::asio::write(socket, boost::asio::buffer(bytes), error);
    });
  }
  ~OneAnswer() { thread_.join(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/x"; }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

TEST(HttpClient, AsksAndGetsTheAnswer) {
  RunningServer server({}, [](const world::ApiRequested& asked) {
    return world::ApiAnswered{
        asked.request,
        403,
        {{"X-Nomad-Index", "7"}},
        asked.method + " " + asked.target + " " + asked.headers.at("x-nomad-token") + " " + asked.body,
        false};
  });
  const auto answer = http::request({.method = "PUT",
                                     .url = "http://" + server.address.text() + "/v1/jobs?region=global",
                                     .headers = {{"X-Nomad-Token", "secret"}},
                                     .body = "{}"});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->headers.at("x-nomad-index"), "7");
  EXPECT_EQ(answer->body, "PUT /v1/jobs?region=global secret {}");
}

TEST(HttpClient, UnpacksWhatItAskedToBePacked) {
  const std::string body(100'000, 'x');
  RunningServer server(
      {}, [&](const world::ApiRequested& asked) { return world::ApiAnswered{asked.request, 200, {}, body, false}; });
  const auto answer =
      http::request({.url = "http://" + server.address.text() + "/", .headers = {{"Accept-Encoding", "gzip"}}});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->headers.at("content-encoding"), "gzip");
  EXPECT_EQ(answer->body, body);
}

TEST(HttpClient, HeadHasNoBody) {
  RunningServer server(
      {}, [](const world::ApiRequested& asked) { return world::ApiAnswered{asked.request, 200, {}, "body", false}; });
  const auto answer = http::request({.method = "HEAD", .url = "http://" + server.address.text()});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(answer->headers.at("content-length"), "4");
}

TEST(HttpClient, StreamsComePieceByPieceUntilTheCallerHasEnough) {
  RunningServer::Limits limits;
  limits.half_closed_grace = 1ms;
  RunningServer server(limits);
  std::string got;
  std::thread asking([&] {
    const auto answer = http::request(
        {.url = "http://" + server.address.text() + "/v1/agent/monitor", .on_chunk = [&](std::string_view piece) {
           got += piece;
           return got.find("three") == std::string::npos;
         }});
    EXPECT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer.value_or(http::HttpAnswer{}).body, "");
  });
  const auto asked = server.next<world::ApiRequested>();
  server.carry_out(world::ApiAnswered{asked.request, 200, {}, "one ", true});
  server.carry_out(world::ApiStreamed{asked.request, "two ", true});
  server.carry_out(world::ApiStreamed{asked.request, "three", true});
  EXPECT_EQ(server.next<world::ApiCancelled>().request, asked.request) << "the caller had enough and hung up";
  asking.join();
  EXPECT_EQ(got, "one two three");
}

TEST(HttpClient, TheBodyOfAnErrorIsKeptEvenForAStream) {
  RunningServer server({}, [](const world::ApiRequested& asked) {
    return world::ApiAnswered{asked.request, 400, {}, "bad input", false};
  });
  const auto answer = http::request(
      {.url = "http://" + server.address.text() + "/", .on_chunk = [](std::string_view) { return true; }});
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->body, "bad input");
}

TEST(HttpClient, ErrorsAreWordedAsGoDoes) {
  std::string nobody;
  {
    RunningServer server;
    nobody = server.address.text();
  }
  const auto error_of = [](const http::HttpCall& call) {
    const auto answer = http::request(call);
    return answer ? "answered" : answer.error();
  };
  EXPECT_EQ(error_of({.url = "http://" + nobody + "/"}), "dial tcp " + nobody + ": connect: connection refused");
  EXPECT_EQ(error_of({.url = "https://127.0.0.1:1/"}), "unsupported protocol scheme \"https\"");
  EXPECT_TRUE(error_of({.url = "nonsense"}).starts_with("parse \"nonsense\": "));
  RunningServer silent;
  EXPECT_EQ(error_of({.url = "http://" + silent.address.text() + "/", .timeout = 30ms}),
            "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
}

TEST(HttpClient, BrokenAnswersAreErrors) {
  const auto answer_to = [](const std::string& bytes) {
    const OneAnswer server(bytes);
    return http::request({.url = server.url()});
  };
  EXPECT_EQ(answer_to("").error(), "EOF");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").error(), "unexpected EOF");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").error(), "unexpected EOF");
  EXPECT_TRUE(answer_to("SSH-2.0-OpenSSH\r\n\r\n").error().starts_with("malformed HTTP response: "));
  const auto until_closed = answer_to("HTTP/1.1 200 OK\r\n\r\nall of it");
  ASSERT_TRUE(until_closed) << until_closed.error();
  EXPECT_EQ(until_closed->body, "all of it");
  const auto continued = answer_to("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_TRUE(continued) << continued.error();
  EXPECT_EQ(continued->status, 200);
  EXPECT_EQ(continued->body, "hi");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc").error(),
            "gzip: invalid");
}

TEST(Gzip, IsBounded) {
  const auto packed = http::gzip(std::string(1'000'000, 'x'));
  EXPECT_EQ(http::gunzip(packed, 1000).error(), "gzip: too large");
  EXPECT_EQ(http::gunzip(packed, 1'000'000)->size(), 1'000'000u);
  EXPECT_EQ(http::gunzip(packed.substr(0, 20), 1'000'000).error(), "gzip: invalid");
}

}  // namespace
