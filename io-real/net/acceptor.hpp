// A listening TCP socket that hands over each connection, and survives running out of descriptors.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/base/address.hpp"

namespace io_real::net {

class Acceptor {
 public:
  using Accepted = std::function<void(boost::asio::ip::tcp::socket, core::Address peer)>;

  /// Binds and listens. The error is Go's: "listen tcp 127.0.0.1:4647: bind: address already in use".
  static std::expected<std::unique_ptr<Acceptor>, std::string> open(boost::asio::io_context& context,
                                                                    const core::Address& address);
  /// Where it listens; the port is the real one when 0 was asked for.
  core::Address address() const;
  /// Hands over connections from now on, and tells when the system has none to give, ten times a second at most.
  using Failed = std::function<void(std::string error)>;
  void start(Accepted accepted, Failed failed);
  /// Takes no more.
  void stop();

 private:
  explicit Acceptor(boost::asio::io_context& context) : acceptor_(context), retry_(context) {}
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  Accepted accepted_;
  Failed failed_;
};

}  // namespace io_real::net
