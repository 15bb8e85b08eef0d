// The HTTP server, spoken to by hand.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "io-real/net/http/gzip.hpp"
#include "tests/io-real/net/http/raw_client.hpp"
#include "tests/io-real/net/http/running_server.hpp"

namespace {

namespace world = core::world;
using namespace std::chrono_literals;
using tests::RawClient;
using tests::RunningServer;

/// Says what was asked: "METHOD target body".
world::ApiAnswered echo(const world::ApiRequested& asked) {
  return {.request = asked.request,
          .status = 200,
          .headers = {{"x-nomad-index", "7"}, {"content-type", "text/plain"}},
          .body = asked.method + " " + asked.target + " " + asked.body,
          .more = false};
}

/// The head of an answer, without its Date line.
std::string without_date(std::string head) {
  const auto at = head.find("Date: ");
  EXPECT_NE(at, std::string::npos) << head;
  if (at != std::string::npos) head.erase(at, head.find("\r\n", at) + 2 - at);
  return head;
}

TEST(HttpServer, ARequestBecomesAnEventAndTheAnswerGoesBack) {
  RunningServer server;
  RawClient client(server.address);
  client.send(
      "PUT /v1/jobs?pretty=1 HTTP/1.1\r\nHost: a\r\nX-Nomad-TOKEN: t\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Length: "
      "4\r\n\r\nbody");
  const auto asked = server.next<world::ApiRequested>();
  EXPECT_EQ(asked.method, "PUT");
  EXPECT_EQ(asked.target, "/v1/jobs?pretty=1");
  EXPECT_EQ(asked.headers.at("x-nomad-token"), "t");
  EXPECT_EQ(asked.headers.at("x-two"), "1, 2");
  EXPECT_EQ(asked.body, "body");
  server.carry_out(world::ApiAnswered{
      asked.request, 404, {{"x-nomad-index", "7"}, {"Bad\r\nName", "a\r\nb"}}, "job not found", false});
  EXPECT_EQ(without_date(client.read_until("\r\n\r\n")),
            "HTTP/1.1 404 Not Found\r\nBadname: a  b\r\nContent-Type: text/plain; charset=utf-8\r\nX-Nomad-Index: 7\r\n"
            "Content-Length: 13\r\n\r\n");
  EXPECT_EQ(client.read(13), "job not found");
}

TEST(HttpServer, AConnectionServesManyRequestsInTurn) {
  RunningServer server({}, echo);
  RawClient client(server.address);
  for (int i = 0; i < 20; ++i) {
    const auto n = std::to_string(i);
    client.send("GET /" + n + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.read_until("GET /" + n + " "), "");
  }
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server;
  RawClient client(server.address);
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET /3 "
      "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (const std::string target : {"/1", "/2", "/3"}) {
    const auto asked = server.next<world::ApiRequested>();
    EXPECT_EQ(asked.target, target);
    EXPECT_EQ(asked.body, target == "/2" ? "hi" : "");
    server.carry_out(world::ApiAnswered{asked.request, 200, {}, "<" + target + ">", false});
    EXPECT_NE(client.read_until("<" + target + ">"), "");
  }
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.closed_cleanly());
}

TEST(HttpServer, ARequestMayComeByteByByte) {
  RunningServer server({}, echo);
  RawClient client(server.address);
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: "
      "t\r\n\r\n";
  for (const char byte : request) client.send({&byte, 1});
  EXPECT_NE(client.read_until("POST /x abcde"), "");
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_until("GET /next "), "");
}

TEST(HttpServer, HeadHasTheHeadersAndNoBody) {
  RunningServer server({}, echo);
  RawClient client(server.address);
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 8\r\n"), std::string::npos) << head;
  EXPECT_TRUE(client.read(12) == "HTTP/1.1 200") << "the next answer follows at once";
}

TEST(HttpServer, Http10AndCloseEndTheConnection) {
  RunningServer server({}, echo);
  for (const std::string request :
       {"GET /x HTTP/1.0\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
    RawClient client(server.address);
    client.send(request);
    const auto answer = client.read_to_end();
    EXPECT_TRUE(answer.ends_with("GET /x ")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client.closed_cleanly());
  }
}

TEST(HttpServer, ContinueIsSaidWhenAskedFor) {
  RunningServer server({}, echo);
  RawClient client(server.address);
  client.send("PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_NE(client.read_until("PUT /x abc"), "");
}

TEST(HttpServer, AbsoluteTargetsLoseTheirHost) {
  RunningServer server({}, echo);
  RawClient client(server.address);
  client.send("GET http://host:4646/v1/jobs?a=b HTTP/1.1\r\nHost: host\r\n\r\n");
  EXPECT_NE(client.read_until("GET /v1/jobs?a=b "), "");
}

TEST(HttpServer, ListensOnEveryAddress) {
  RunningServer server({}, echo);
  RawClient client(server.second_address);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_until("GET /x "), "");
}

struct BadRequest {
  std::string bytes;
  std::string status;
};
class HttpServerRefuses : public testing::TestWithParam<BadRequest> {};

TEST_P(HttpServerRefuses, AndCloses) {
  RunningServer::Limits limits;
  limits.header_bytes = 4096;
  limits.body_bytes = 1000;
  RunningServer server(limits, echo);
  RawClient client(server.address);
  client.send(GetParam().bytes);
  const auto answer = client.read_to_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + GetParam().status + "\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + GetParam().status)) << answer;
  EXPECT_TRUE(client.closed_cleanly());
  // And lives on.
  RawClient another(server.address);
  another.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(another.read_until("GET /x "), "");
}

const std::string host = " HTTP/1.1\r\nHost: a\r\n";
INSTANTIATE_TEST_SUITE_P(
    Http, HttpServerRefuses,
    testing::Values(
        BadRequest{"\x16\x03\x01\x02 not HTTP at all\r\n\r\n", "400 Bad Request"},
        BadRequest{"GET /" + host + "no colon here\r\n\r\n", "400 Bad Request"},
        BadRequest{"GET / HTTP/9.9\r\nHost: a\r\n\r\n", "400 Bad Request"},
        BadRequest{"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},  // no host
        BadRequest{"GET / x y" + host + "\r\n", "400 Bad Request"},
        BadRequest{"POST /" + host + "Content-Length: -1\r\n\r\n", "400 Bad Request"},
        BadRequest{"POST /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400 Bad Request"},
        BadRequest{"POST /" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "400 Bad Request"},
        BadRequest{"POST /" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request"},
        BadRequest{"POST /" + host + "Content-Length: 1001\r\n\r\n", "413 Request Entity Too Large"},
        BadRequest{
            "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n",
            "413 Request Entity Too Large"},
        BadRequest{"GET /" + std::string(5000, 'x') + host + "\r\n", "431 Request Header Fields Too Large"},
        BadRequest{"GET /" + host + "A: " + std::string(5000, 'x') + "\r\n\r\n", "431 Request Header Fields Too Large"},
        BadRequest{"GET /" + host + "A: " + std::string(5000, 'x'), "431 Request Header Fields Too Large"}));

TEST(HttpServer, ManySmallHeadersAreLimitedToo) {
  RunningServer::Limits limits;
  limits.header_bytes = 4096;
  RunningServer server(limits, echo);
  RawClient client(server.address);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  bool sent = true;
  for (int i = 0; i < 1000 && sent; ++i) sent = client.send("X-" + std::to_string(i) + ": y\r\n");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 431 "));
}

TEST(HttpServer, AStreamIsSentInChunks) {
  RunningServer server;
  RawClient client(server.address);
  client.send("GET /v1/agent/monitor HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto asked = server.next<world::ApiRequested>();
  server.carry_out(world::ApiAnswered{asked.request, 200, {{"content-type", "application/json"}}, "first", true});
  const auto head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
  EXPECT_EQ(client.read_until("first\r\n"), "5\r\nfirst\r\n");
  server.carry_out(world::ApiStreamed{asked.request, std::string(20, 'x'), true});
  EXPECT_EQ(client.read(26), "14\r\n" + std::string(20, 'x') + "\r\n");
  server.carry_out(world::ApiStreamed{asked.request, "", true});
  server.carry_out(world::ApiStreamed{asked.request, "end", false});
  EXPECT_EQ(client.read(13), "3\r\nend\r\n0\r\n\r\n");
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server.next<world::ApiRequested>().target, "/next");
}

TEST(HttpServer, AStreamToHttp10EndsWithTheConnection) {
  RunningServer server;
  RawClient client(server.address);
  client.send("GET /s HTTP/1.0\r\n\r\n");
  const auto asked = server.next<world::ApiRequested>();
  server.carry_out(world::ApiAnswered{asked.request, 200, {}, "one", true});
  server.carry_out(world::ApiStreamed{asked.request, "two", false});
  EXPECT_TRUE(client.read_to_end().ends_with("\r\n\r\nonetwo"));
}

TEST(HttpServer, HangingUpCancelsTheRequest) {
  RunningServer::Limits limits;
  limits.half_closed_grace = 1ms;
  RunningServer server(limits);
  for (const bool hard : {false, true}) {
    RawClient client(server.address);
    client.send("GET /v1/jobs?index=7 HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto asked = server.next<world::ApiRequested>();
    hard ? client.abort() : client.close();
    EXPECT_EQ(server.next<world::ApiCancelled>().request, asked.request);
    server.carry_out(world::ApiAnswered{asked.request, 200, {}, "nobody hears", false});
  }
}

TEST(HttpServer, WhoOnlyStopsSendingStillGetsTheAnswer) {
  RunningServer::Limits limits;
  limits.half_closed_grace = 20s;
  RunningServer server(limits);
  RawClient client(server.address);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  client.shut_down_sending();
  const auto asked = server.next<world::ApiRequested>();
  server.carry_out(world::ApiAnswered{asked.request, 200, {}, "heard", false});
  EXPECT_TRUE(client.read_to_end().ends_with("heard"));
}

TEST(HttpServer, AStreamNobodyReadsIsCutAtTheLimit) {
  RunningServer::Limits limits;
  limits.send_queue_bytes = 1'000'000;
  RunningServer server(limits);
  RawClient client(server.address);
  client.send("GET /s HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto asked = server.next<world::ApiRequested>();
  server.carry_out(world::ApiAnswered{asked.request, 200, {}, "", true});
  for (int i = 0; i < 40; ++i) server.carry_out(world::ApiStreamed{asked.request, std::string(900'000, 'x'), true});
  EXPECT_EQ(server.next<world::ApiCancelled>().request, asked.request);
}

TEST(HttpServer, BigAnswersArriveWhole) {
  std::string big(30'000'000, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
  RunningServer server(
      {}, [&](const world::ApiRequested& asked) { return world::ApiAnswered{asked.request, 200, {}, big, false}; });
  RawClient client(server.address);
  client.send("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client.read_until("\r\n\r\n");
  EXPECT_TRUE(client.read_to_end() == big);
}

TEST(HttpServer, SilenceAndSlownessEndTheConnection) {
  RunningServer::Limits limits;
  limits.header_timeout = 20ms;
  limits.progress_timeout = 20ms;
  limits.idle_timeout = 20ms;
  RunningServer server(limits, echo);
  RawClient silent(server.address);
  EXPECT_EQ(silent.read_to_end(), "");
  RawClient half(server.address);
  half.send("GET / HT");
  EXPECT_TRUE(half.read_to_end().starts_with("HTTP/1.1 408 "));
  RawClient half_body(server.address);
  half_body.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_TRUE(half_body.read_to_end().starts_with("HTTP/1.1 408 "));
  RawClient idle(server.address);
  idle.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(idle.read_to_end().ends_with("GET /x "));
}

TEST(HttpServer, ALongPollOutlivesEveryTimeout) {
  RunningServer::Limits limits;
  limits.header_timeout = limits.progress_timeout = limits.idle_timeout = 20ms;
  RunningServer server(limits);
  RawClient poll(server.address);
  poll.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto asked = server.next<world::ApiRequested>();
  for (int i = 0; i < 3; ++i) RawClient(server.address).read_to_end();  // each of these lives for one timeout
  server.carry_out(world::ApiAnswered{asked.request, 200, {}, "woken", false});
  EXPECT_NE(poll.read_until("woken"), "");
}

TEST(HttpServer, AClientHoldsOnlySoManyConnections) {
  RunningServer::Limits limits;
  limits.connections_per_ip = 2;
  RunningServer server(limits, echo);
  RawClient one(server.address);
  auto two = std::make_unique<RawClient>(server.address);
  for (auto* client : {&one, two.get()}) {
    client->send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client->read_until("GET /x "), "");
  }
  RawClient three(server.address);
  const auto refused = three.read_to_end();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << refused;
  EXPECT_TRUE(refused.ends_with("Your IP is issuing too many concurrent connections, please rate limit your calls\n"));
  two->send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  two->read_to_end();
  two.reset();
  // The place is free once the server has seen the end, which it has when a connection is taken again.
  std::string answer;
  for (int tries = 0; tries < 1000 && !answer.starts_with("HTTP/1.1 200"); ++tries) {
    RawClient four(server.address);
    four.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    answer = four.read_to_end();
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
}

TEST(HttpServer, LongAnswersAreCompressedForThoseWhoAsk) {
  const std::string body(5000, 'x');
  RunningServer server({}, [&](const world::ApiRequested& asked) {
    return world::ApiAnswered{asked.request, 200, {}, asked.target == "/long" ? body : "short", false};
  });
  const auto ask = [&](const std::string& target, const std::string& accept) {
    RawClient client(server.address);
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + accept + "\r\n");
    return client.read_to_end();
  };
  const auto body_of = [](const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); };
  const auto packed = ask("/long", "Accept-Encoding: deflate, gzip;q=0.5\r\n");
  EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_NE(packed.find("Vary: Accept-Encoding\r\n"), std::string::npos);
  EXPECT_EQ(io_real::net::http::gunzip(body_of(packed), 10'000), body);
  EXPECT_LT(packed.size(), 1000u);
  EXPECT_EQ(body_of(ask("/long", "")), body);
  EXPECT_EQ(body_of(ask("/long", "Accept-Encoding: gzip;q=0\r\n")), body);
  EXPECT_EQ(body_of(ask("/short", "Accept-Encoding: gzip\r\n")), "short");
}

TEST(HttpServer, StoppingSendsWhatWasAnswered) {
  RunningServer server;
  const std::string big(5'000'000, 'x');
  RawClient client(server.address);
  RawClient waiting(server.address);
  waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server.next<world::ApiRequested>().target, "/wait");
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  server.carry_out(world::ApiAnswered{server.next<world::ApiRequested>().request, 200, {}, big, false});
  server.stop();
  EXPECT_TRUE(client.read_to_end().ends_with(big));
  EXPECT_EQ(waiting.read_to_end(), "");
}

}  // namespace
