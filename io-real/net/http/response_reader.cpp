#include "io-real/net/http/response_reader.hpp"

#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace io_real::net::http {
namespace {

namespace beast = boost::beast;

constexpr std::uint32_t max_header_bytes = 1024 * 1024;  // as Go's client

}  // namespace

class ResponseReader::Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(bool head_only, OnBody on_body) : on_body_(std::move(on_body)) {
    eager(true);
    skip(head_only);
    header_limit(max_header_bytes);
    body_limit(boost::none);  // the reader of the body bounds what it keeps
  }

  std::uint16_t status = 0;
  std::map<std::string, std::string> headers;
  std::string error_text;

 private:
  using string_view = beast::string_view;
  using error_code = beast::error_code;

  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override { status = static_cast<std::uint16_t>(code); }
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code& error) override {
    header_bytes_ += name.size() + value.size();
    if (header_bytes_ > max_header_bytes) {
      error = beast::http::error::header_limit;
      return;
    }
    std::string lower(name.data(), name.size());
    for (auto& letter : lower)
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    auto& kept = headers[lower];
    if (!kept.empty()) kept += ", ";
    kept.append(value.data(), value.size());
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    on_body_({body.data(), body.size()});
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    on_body_({body.data(), body.size()});
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  OnBody on_body_;
  std::size_t header_bytes_ = 0;
};

ResponseReader::ResponseReader(bool head_only, OnBody on_body)
    : parser_(std::make_unique<Parser>(head_only, std::move(on_body))) {}
ResponseReader::~ResponseReader() = default;

std::size_t ResponseReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !parser_->is_done() && parser_->error_text.empty()) {
    beast::error_code error;
    const auto count = parser_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
    taken += count;
    if (error && error != beast::http::error::need_more)
      parser_->error_text = "malformed HTTP response: " + error.message();
    if (error || count == 0) break;
  }
  return taken;
}

bool ResponseReader::end() {
  if (parser_->is_done()) return true;
  if (!parser_->got_some()) return false;
  beast::error_code error;
  parser_->put_eof(error);
  return !error;
}

bool ResponseReader::complete() const { return parser_->is_done(); }
bool ResponseReader::header_complete() const { return parser_->is_header_done(); }
const std::string& ResponseReader::error() const { return parser_->error_text; }
std::uint16_t ResponseReader::status() const { return parser_->status; }
const std::map<std::string, std::string>& ResponseReader::headers() const { return parser_->headers; }

}  // namespace io_real::net::http
