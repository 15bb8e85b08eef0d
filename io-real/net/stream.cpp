#include "io-real/net/stream.hpp"

#include <chrono>

#include <boost/asio/post.hpp>

#include "io-real/net/endpoint.hpp"
#include "io-real/net/farewell.hpp"
#include "io-real/net/go_error.hpp"

namespace io_real::net {
namespace asio = boost::asio;
namespace world = core::world;
using asio::ip::tcp;

namespace {

// How long what was sent before CloseStream may take to get out.
constexpr std::chrono::seconds close_patience{10};
// How many chunks one stream reads before the others and the agent get their turn.
constexpr int read_burst = 4;

}  // namespace

Stream::Stream(std::shared_ptr<StreamShop> shop, world::StreamId id, tcp::socket socket, ConnectionLimit::Place place)
    : shop_(std::move(shop)),
      id_(id),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      place_(std::move(place)) {}

void Stream::connect(const core::Address& to) {
  if (!to.is_set()) return fail("connect: no address");
  const auto endpoint = tcp_endpoint(to);
  boost::system::error_code error;
  socket_.open(endpoint.protocol(), error);
  if (error) return fail("socket: " + go_error(error.value()));
  set_stream_options(socket_);
  socket_.async_connect(endpoint,
                        [self = shared_from_this()](boost::system::error_code result) { self->connected(result); });
  expire_after(shop_->limits.connect_timeout);
}

void Stream::connected(boost::system::error_code error) {
  if (over_) return;
  if (error) return fail("connect: " + go_error(error.value()));
  timer_.expires_at(std::chrono::steady_clock::time_point::max());
  connected_ = true;
  if (!closing_) {
    if (!shop_->silent) shop_->report(world::StreamConnected{id_});
  } else {
    expire_after(close_patience);
  }
  begin();
  flush();
}

void Stream::begin() {
  connected_ = true;
  wait_to_read();
}

void Stream::wait_to_read() {
  if (shop_->intake->is_shut())
    return shop_->intake->when_open([self = shared_from_this()] {
      if (!self->over_) self->wait_to_read();
    });
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (!self->over_ && error != asio::error::operation_aborted) self->read();
  });
}

void Stream::read() {
  for (int i = 0; i < read_burst && !shop_->intake->is_shut(); ++i) {
    const auto result = read_some(socket_.native_handle(), shop_->buffer.data(), shop_->buffer.size());
    if (result.attempt == Attempt::blocked) break;
    if (result.attempt == Attempt::failed) return fail("read: " + go_error(result.error));
    if (result.attempt == Attempt::ended) {
      // A peer that only closed its half may still read what core sent before its CloseStream.
      if (!closing_) fail("EOF");
      return;
    }
    if (!closing_) shop_->report(world::StreamReceived{id_, {shop_->buffer.data(), result.count}});
    if (result.count < shop_->buffer.size()) break;  // that was all there is; the wait tells of more
  }
  wait_to_read();
}

void Stream::send(std::string bytes) {
  outbox_.append(std::move(bytes));
  if (outbox_.size() > shop_->limits.send_queue_bytes) return fail("write: send queue is full");
  schedule_flush();
}

void Stream::schedule_flush() {
  if (!connected_ || flushing_) return;
  flushing_ = true;
  // Not at once: what the agent sends within one turn goes out in one write.
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flushing_ = false;
    self->flush();
  });
}

void Stream::flush() {
  if (over_ || flushing_) return;
  int error = 0;
  switch (outbox_.write_to(socket_.native_handle(), error)) {
    case Attempt::done:
      if (closing_) finish();
      return;
    case Attempt::blocked:
      flushing_ = true;
      return socket_.async_wait(tcp::socket::wait_write,
                                [self = shared_from_this()](boost::system::error_code stopped) {
                                  self->flushing_ = false;
                                  if (stopped != asio::error::operation_aborted) self->flush();
                                });
    case Attempt::ended:
    case Attempt::failed:
      return fail("write: " + go_error(error));
  }
}

void Stream::close() {
  if (over_ || closing_) return;
  closing_ = true;
  shop_->forget(id_);
  if (connected_) {
    expire_after(close_patience);
    schedule_flush();
  } else if (outbox_.empty()) {
    fail({});
  }
}

void Stream::expire_after(core::Duration patience) {
  timer_.expires_after(patience);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    // An expiry that was queued before the timer was set anew still comes: look at the clock.
    if (!error && self->timer_.expiry() <= std::chrono::steady_clock::now()) self->fail("i/o timeout");
  });
}

void Stream::fail(std::string reason) {
  if (over_) return;
  over_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  place_.reset();
  if (closing_) return;
  shop_->forget(id_);
  if (!shop_->silent) shop_->report(world::StreamClosed{id_, std::move(reason)});
}

void Stream::finish() {
  over_ = true;
  timer_.cancel();
  place_.reset();
  // Away from the wait that still reads: the farewell waits for itself.
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  say_farewell(std::move(socket_));
}

}  // namespace io_real::net
