// The UDP socket on the Serf port.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "io-real/net/intake.hpp"
#include "io-real/net/report.hpp"

namespace io_real::net {

class Datagrams {
 public:
  /// Binds. Receives while `intake` is open, which must not open any more when this is gone. The error is Go's: "listen
  /// udp 127.0.0.1:4648: bind: address already in use".
  static std::expected<std::unique_ptr<Datagrams>, std::string> open(boost::asio::io_context& context,
                                                                     const core::Address& address, Report report,
                                                                     std::shared_ptr<Intake> intake);
  ~Datagrams();

  /// Where it is bound; the port is the real one when 0 was asked for.
  core::Address address() const;
  /// Reports DatagramReceived from now on.
  void start();
  /// Sends at once, or not at all when the system has no room or no way.
  void carry_out(const core::world::SendDatagram& send);
  /// Receives no more.
  void stop();

 private:
  struct Impl;
  explicit Datagrams(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io_real::net
