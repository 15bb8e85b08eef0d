#include "io-real/net/http/connection.hpp"

#include <chrono>
#include <ctime>
#include <utility>

#include "io-real/net/farewell.hpp"
#include "io-real/net/http/gzip.hpp"
#include "io-real/net/http/response.hpp"

namespace io_real::net::http {
namespace asio = boost::asio;
namespace world = core::world;
using asio::ip::tcp;

Connection::Connection(std::shared_ptr<HttpShop> shop, tcp::socket socket, ConnectionLimit::Place place)
    : shop_(std::move(shop)), socket_(std::move(socket)), timer_(socket_.get_executor()), place_(std::move(place)) {}

Connection::~Connection() { shop_->connections.erase(this); }

void Connection::begin() {
  shop_->connections.emplace(this, weak_from_this());
  set_timer();
  wait_to_read();
}

void Connection::wait_to_read() {
  if (over_ || reading_ || peer_done_) return;
  if (request_ && input_.size() >= shop_->limits.ahead_bytes) return;  // resumed when it is answered
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->reading_ = false;
    if (!self->over_ && error != asio::error::operation_aborted) self->read();
  });
}

void Connection::read() {
  const auto result = read_some(socket_.native_handle(), shop_->buffer.data(), shop_->buffer.size());
  switch (result.attempt) {
    case Attempt::blocked:
      break;
    case Attempt::failed:
      return end();
    case Attempt::ended:
      return peer_sends_no_more();
    case Attempt::done:
      if (close_after_) break;
      input_.append(shop_->buffer.data(), result.count);
      parse();
  }
  wait_to_read();
}

void Connection::parse() {
  while (!over_ && !request_ && !close_after_ && !input_.empty()) {
    if (!reader_) {
      // Empty lines before a request are skipped (RFC 9112 §2.2).
      const auto first = input_.find_first_not_of("\r\n");
      input_.erase(0, first);
      if (input_.empty()) break;
      reader_ = std::make_unique<RequestReader>(shop_->limits.header_bytes, shop_->limits.body_bytes,
                                                shop_->limits.large_body);
      continued_ = false;
    }
    const bool had_head = reader_->state() == RequestReader::State::in_body;
    const auto taken = reader_->take(input_);
    input_.erase(0, taken);
    const auto state = reader_->state();
    if (state == RequestReader::State::complete) {
      auto request = reader_->finish();
      reader_.reset();
      begun_ = false;
      ask(std::move(request));
      break;
    }
    if (state == RequestReader::State::refused) return refuse(reader_->refusal());
    if (input_.size() > shop_->limits.header_bytes) return refuse(431);
    if (!continued_ && reader_->expects_continue()) {
      continued_ = true;
      write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    // A head has one deadline from its first byte on; a body only has to move.
    if (!begun_ || had_head || state == RequestReader::State::in_body) {
      begun_ = true;
      set_timer();
    }
    break;  // it wants more bytes
  }
}

void Connection::ask(HttpRequest request) {
  request_ = ++shop_->last_request;
  head_only_ = request.method == "HEAD";
  chunks_understood_ = request.chunks_understood;
  close_after_ = !request.keep_alive || !chunks_understood_;
  const auto accepted = request.headers.find("accept-encoding");
  gzip_ = accepted != request.headers.end() && accepts_gzip(accepted->second);
  shop_->waiting.emplace(*request_, shared_from_this());
  set_timer();
  shop_->report(world::ApiRequested{*request_, std::move(request.method), std::move(request.target),
                                    std::move(request.headers), std::move(request.body)});
}

void Connection::refuse(std::uint16_t status) {
  reader_.reset();
  input_.clear();
  close_after_ = true;
  write(refusal(status, {}, std::time(nullptr)));
}

void Connection::answer(world::ApiAnswered answer) {
  if (over_) return;
  ResponseHead head{.status = answer.status, .headers = {}, .date = std::time(nullptr)};
  for (auto& [name, value] : answer.headers) head.headers[canonical_name(name)] = std::move(value);
  const bool body_allowed = has_body(answer.status);
  if (!answer.body.empty() || answer.more) head.headers.try_emplace("Content-Type", "text/plain; charset=utf-8");
  if (answer.more && body_allowed) {
    chunked_ = chunks_understood_;
    head.chunked = chunked_;
  } else if (body_allowed) {
    const bool worth_it =
        answer.body.size() > shop_->limits.gzip_from_bytes && !head.headers.contains("Content-Encoding");
    if (worth_it) head.headers.try_emplace("Vary", "Accept-Encoding");
    if (worth_it && gzip_) {
      head.headers["Content-Encoding"] = "gzip";
      answer.body = gzip(answer.body);
    }
    head.content_length = answer.body.size();
  }
  head.keep_alive = !close_after_;
  auto bytes = to_bytes(head);
  if (!head_only_ && body_allowed) bytes += chunked_ ? chunk(answer.body) : answer.body;
  if (!answer.more) answered_in_full();
  write(std::move(bytes));
  if (!request_) parse();
  wait_to_read();
}

void Connection::stream(world::ApiStreamed streamed) {
  if (over_) return;
  std::string bytes;
  if (!head_only_) {
    bytes = chunked_ ? chunk(streamed.bytes) : std::move(streamed.bytes);
    if (chunked_ && !streamed.more) bytes += last_chunk;
  }
  if (!streamed.more) answered_in_full();
  write(std::move(bytes));
  if (!request_) parse();
  wait_to_read();
}

void Connection::answered_in_full() {
  shop_->waiting.erase(*request_);
  request_.reset();
  chunked_ = false;
  served_ = true;
  if (peer_done_) close_after_ = true;
}

void Connection::write(std::string bytes) {
  outbox_.append(std::move(bytes));
  if (outbox_.size() > shop_->limits.send_queue_bytes && request_) return end();
  flush();
}

void Connection::flush() {
  if (over_ || writing_) return;
  int error = 0;
  switch (outbox_.write_to(socket_.native_handle(), error)) {
    case Attempt::done:
      if (close_after_ && !request_ && !reader_) {
        over_ = true;
        timer_.cancel();
        boost::system::error_code ignored;
        socket_.cancel(ignored);
        return say_farewell(std::move(socket_));
      }
      return set_timer();
    case Attempt::blocked:
      writing_ = true;
      set_timer();
      return socket_.async_wait(tcp::socket::wait_write,
                                [self = shared_from_this()](boost::system::error_code stopped) {
                                  self->writing_ = false;
                                  if (stopped != asio::error::operation_aborted) self->flush();
                                });
    case Attempt::ended:
    case Attempt::failed:
      return end();
  }
}

void Connection::peer_sends_no_more() {
  peer_done_ = true;
  if (!request_) {
    if (outbox_.empty()) return end();
    close_after_ = true;
    reader_.reset();
    return;
  }
  // Some clients close their half and wait for the answer ("printf ... | nc -N"); most have hung up.
  expire(shop_->limits.half_closed_grace);
}

void Connection::cancel_request() {
  if (!request_) return;
  const auto request = *std::exchange(request_, std::nullopt);
  const auto self = shared_from_this();
  shop_->waiting.erase(request);
  if (!shop_->stopping) shop_->report(world::ApiCancelled{request});
}

void Connection::end() {
  if (over_) return;
  const auto self = shared_from_this();
  over_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  place_.reset();
  cancel_request();
}

void Connection::stop() {
  const auto self = shared_from_this();
  cancel_request();
  reader_.reset();
  input_.clear();
  close_after_ = true;
  flush();
}

void Connection::set_timer() {
  const auto& limits = shop_->limits;
  if (over_) return;
  if (!outbox_.empty()) return expire(limits.progress_timeout);
  if (request_) return peer_done_ ? expire(limits.half_closed_grace) : expire(std::nullopt);
  if (reader_ && reader_->state() == RequestReader::State::in_body) return expire(limits.progress_timeout);
  expire(begun_ || !served_ ? limits.header_timeout : limits.idle_timeout);
}

void Connection::expire(std::optional<core::Duration> patience) {
  // An expiry that is queued already still comes: timed_out() looks at the clock.
  timer_.expires_at(patience ? std::chrono::steady_clock::now() + *patience
                             : std::chrono::steady_clock::time_point::max());
  if (!patience) return;
  timer_.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
    if (!stopped) self->timed_out();
  });
}

void Connection::timed_out() {
  if (over_ || timer_.expiry() > std::chrono::steady_clock::now()) return;
  // Half a request deserves a word; silence and stuck answers do not.
  if (begun_ && !request_ && outbox_.empty()) return refuse(408);
  end();
}

}  // namespace io_real::net::http
