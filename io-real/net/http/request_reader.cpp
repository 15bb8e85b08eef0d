#include "io-real/net/http/request_reader.hpp"

#include <algorithm>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace io_real::net::http {
namespace {

namespace beast = boost::beast;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return out;
}

// "http://host:4646/v1/jobs" names what "/v1/jobs" does (RFC 9112 §3.2.2).
std::string origin_form(std::string_view target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return std::string(target);
  const auto path = target.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return "/";
  return (target[path] == '?' ? "/" : "") + std::string(target.substr(path));
}

}  // namespace

class RequestReader::Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(std::size_t max_header_bytes, std::size_t max_body_bytes, LargeBody large_body)
      : max_header_bytes_(max_header_bytes), large_body_(std::move(large_body)) {
    eager(true);
    // Beast counts what one call shows it; header_bytes_ counts the whole.
    header_limit(static_cast<std::uint32_t>(max_header_bytes));
    body_limit(max_body_bytes);
  }

  HttpRequest request;
  State state = State::in_header;
  std::uint16_t refusal = 400;

  void refuse(const beast::error_code& error) {
    state = State::refused;
    if (error == beast::http::error::body_limit) refusal = 413;
    if (error == beast::http::error::header_limit) refusal = 431;
  }

 private:
  using string_view = beast::string_view;
  using error_code = beast::error_code;

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override {
    request.method = std::string(method);
    request.target = origin_form({target.data(), target.size()});
    request.chunks_understood = version >= 11;
    header_bytes_ = method.size() + target.size();
    // Before the headers that tell the length: it is checked as soon as they are read.
    const bool writes = request.method == "PUT" || request.method == "POST";
    if (writes && !large_body_.path.empty() && request.target.substr(0, request.target.find('?')) == large_body_.path)
      body_limit(large_body_.bytes);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code& error) override {
    header_bytes_ += name.size() + value.size() + 4;
    if (header_bytes_ > max_header_bytes_) {
      error = beast::http::error::header_limit;
      return;
    }
    if (state != State::in_header) return;  // a trailer: nothing of ours reads any
    auto& kept = request.headers[lower({name.data(), name.size()})];
    if (!kept.empty()) kept += ", ";
    kept.append(value.data(), value.size());
  }
  void on_header_impl(error_code& error) override {
    // As Go: an HTTP/1.1 request names its host (RFC 9112 §3.2).
    if (request.chunks_understood && !request.headers.contains("host")) error = beast::http::error::bad_field;
    state = State::in_body;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override { state = State::complete; }

  std::size_t max_header_bytes_;
  LargeBody large_body_;
  std::size_t header_bytes_ = 0;
};

RequestReader::RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes, LargeBody large_body)
    : parser_(std::make_unique<Parser>(max_header_bytes, max_body_bytes, std::move(large_body))) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && parser_->state != State::complete && parser_->state != State::refused) {
    beast::error_code error;
    const auto count = parser_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
    taken += count;
    if (error && error != beast::http::error::need_more) parser_->refuse(error);
    if (error || count == 0) break;
  }
  return taken;
}

RequestReader::State RequestReader::state() const { return parser_->state; }

std::uint16_t RequestReader::refusal() const { return parser_->refusal; }

bool RequestReader::expects_continue() const {
  const auto found = parser_->request.headers.find("expect");
  return parser_->state == State::in_body && parser_->request.chunks_understood &&
         found != parser_->request.headers.end() && lower(found->second) == "100-continue";
}

HttpRequest RequestReader::finish() {
  parser_->request.keep_alive = parser_->keep_alive();
  return std::move(parser_->request);
}

}  // namespace io_real::net::http
