// A plain blocking socket for tests that speak HTTP by hand. Waits are bounded.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "core/base/address.hpp"

namespace tests {

class RawClient {
 public:
  explicit RawClient(const core::Address& to) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  /// False when the peer takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Reads until `text` is in what has come, and takes all up to its end. Empty when the peer closes before.
  std::string read_until(std::string_view text) {
    while (true) {
      if (const auto at = got_.find(text); at != std::string::npos) {
        const auto taken = got_.substr(0, at + text.size());
        got_.erase(0, taken.size());
        return taken;
      }
      if (!read_more()) return {};
    }
  }
  std::string read(std::size_t size) {
    while (got_.size() < size)
      if (!read_more()) return {};
    const auto taken = got_.substr(0, size);
    got_.erase(0, size);
    return taken;
  }
  /// All that comes until the peer closes.
  std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(got_, {});
  }
  bool closed_cleanly() const { return end_ == 0; }
  void shut_down_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Closes with a reset.
  void abort() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

 private:
  bool read_more() {
    char buffer[65536];
    end_ = ::recv(fd_, buffer, sizeof buffer, 0);
    if (end_ <= 0) return false;
    got_.append(buffer, static_cast<std::size_t>(end_));
    return true;
  }

  int fd_;
  ssize_t end_ = 1;
  std::string got_;
};

}  // namespace tests
