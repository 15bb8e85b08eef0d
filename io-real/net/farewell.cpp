#include "io-real/net/farewell.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "io-real/net/outbox.hpp"

namespace io_real::net {
namespace {

using boost::asio::ip::tcp;

constexpr std::chrono::seconds patience{2};
constexpr std::size_t max_discarded_bytes = 1 << 20;

class Farewell : public std::enable_shared_from_this<Farewell> {
 public:
  explicit Farewell(tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  void start() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    timer_.expires_after(patience);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code) { self->end(); });
    discard();
  }

 private:
  void discard() {
    std::array<char, 16384> bytes;
    for (int round = 0; round < 4; ++round) {
      const auto result = read_some(socket_.native_handle(), bytes.data(), bytes.size());
      if (result.attempt == Attempt::blocked) break;
      discarded_ += result.count;
      if (result.attempt != Attempt::done || discarded_ > max_discarded_bytes) return end();
    }
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
      if (!error && self->socket_.is_open()) self->discard();
    });
  }
  void end() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

  tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::size_t discarded_ = 0;
};

}  // namespace

void say_farewell(tcp::socket socket) {
  if (socket.is_open()) std::make_shared<Farewell>(std::move(socket))->start();
}

}  // namespace io_real::net
