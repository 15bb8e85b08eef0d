// Laws of the request reader: however the bytes are cut, the same request comes out, or none.
#include <gtest/gtest.h>
// RapidCheck wants gtest first.
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "io-real/net/http/request_reader.hpp"
#include "io-real/net/http/response.hpp"

namespace {

namespace http = io_real::net::http;
using State = http::RequestReader::State;

/// Shows `bytes` piece by piece, each as long as the next of `cuts`, and says what came of it.
std::string read_in_pieces(const std::string& bytes, const std::vector<std::size_t>& cuts) {
  http::RequestReader reader(2000, 500);
  std::string shown;
  std::size_t at = 0;
  std::size_t cut = 0;
  while (at < bytes.size() && reader.state() != State::complete && reader.state() != State::refused) {
    const auto size = cuts.empty() ? bytes.size() : cuts[cut++ % cuts.size()];
    shown += bytes.substr(at, size);
    at += size;
    const auto taken = reader.take(shown);
    RC_ASSERT(taken <= shown.size());
    shown.erase(0, taken);
  }
  if (reader.state() == State::refused) return "refused " + std::to_string(reader.refusal());
  if (reader.state() != State::complete) return "incomplete";
  const auto request = reader.finish();
  std::string text = request.method + " " + request.target + (request.keep_alive ? " keep-alive" : " close");
  for (const auto& [name, value] : request.headers) text += "\n" + name + ": " + value;
  return text + "\n" + request.body;
}

rc::Gen<std::string> almost_http() {
  const auto piece = rc::gen::element<std::string>(
      "GET / HTTP/1.1\r\n", "POST /v1/jobs?x=y HTTP/1.1\r\n", "PUT /x HTTP/1.0\r\n", "Host: a\r\n",
      "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
      "X-A: " + std::string(700, 'x') + "\r\n", "\r\n", "hello", "5\r\nhello\r\n", "0\r\n\r\n", "ff;a=b\r\n",
      " folded\r\n", "\n", std::string(1, '\0'), ":", "Content-Length: 501\r\n");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (const auto& each : pieces) bytes += each;
    return bytes;
  });
}

RC_GTEST_PROP(RequestReader, CutsDoNotMatter, ()) {
  const auto bytes = *almost_http();
  const auto cuts =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 40)));
  // What is wrong may show later when the bytes come singly: a half read head is looked at when it is whole.
  const auto request_of = [](const std::string& result) {
    return result == "incomplete" || result.starts_with("refused ") ? std::string("none") : result;
  };
  const auto whole = request_of(read_in_pieces(bytes, {}));
  RC_CLASSIFY(whole != "none");
  RC_ASSERT(request_of(read_in_pieces(bytes, cuts)) == whole);
}

RC_GTEST_PROP(RequestReader, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  const auto result = read_in_pieces(bytes, {1});
  RC_ASSERT(!result.empty());
}

TEST(RequestReader, OnePathMayHaveALargerBody) {
  const auto read = [](const std::string& head, std::size_t bytes) {
    http::RequestReader reader(2000, 500, {"/v1/large", 5000});
    reader.take(head + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                std::string(bytes, 'x'));
    return reader.state() == State::complete ? reader.finish().body.size() : reader.refusal();
  };
  EXPECT_EQ(read("PUT /v1/large?region=eu", 5000), 5000u);
  EXPECT_EQ(read("PUT http://host/v1/large", 5000), 5000u);
  EXPECT_EQ(read("PUT /v1/large", 5001), 413u);
  EXPECT_EQ(read("GET /v1/large", 501), 413u);
  EXPECT_EQ(read("PUT /v1/larger", 501), 413u);
}

TEST(Response, NamesAreSpelledAsGoDoes) {
  EXPECT_EQ(http::canonical_name("x-nomad-KNOWNLEADER"), "X-Nomad-Knownleader");
  EXPECT_EQ(http::canonical_name("a b:c\r\n"), "Abc");
  EXPECT_EQ(http::http_date(1795381200), "Sun, 22 Nov 2026 21:00:00 GMT");
}

TEST(Response, AcceptEncodingIsReadAsAList) {
  EXPECT_TRUE(http::accepts_gzip("gzip"));
  EXPECT_TRUE(http::accepts_gzip("deflate , gzip ; q=0.1"));
  EXPECT_FALSE(http::accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(http::accepts_gzip("gzip;q=0.000, br"));
  EXPECT_FALSE(http::accepts_gzip("x-gzip"));
  EXPECT_FALSE(http::accepts_gzip(""));
}

}  // namespace
