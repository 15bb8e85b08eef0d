#include "io-real/net/outbox.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <utility>

namespace io_real::net {

ReadResult read_some(int socket, char* buffer, std::size_t size) {
  while (true) {
    const ssize_t count = ::recv(socket, buffer, size, MSG_DONTWAIT);
    if (count > 0) return {.attempt = Attempt::done, .count = static_cast<std::size_t>(count)};
    if (count == 0) return {.attempt = Attempt::ended};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {.attempt = Attempt::blocked};
    return {.attempt = Attempt::failed, .error = errno};
  }
}

void Outbox::append(std::string bytes) {
  if (empty()) {
    front_ = std::move(bytes);
    sent_ = 0;
  } else if (back_.empty()) {
    back_ = std::move(bytes);
  } else {
    back_ += bytes;
  }
}

Attempt Outbox::write_to(int socket, int& error) {
  while (!empty()) {
    if (sent_ == front_.size()) {
      front_ = std::exchange(back_, {});
      sent_ = 0;
    }
    const ssize_t count = ::send(socket, front_.data() + sent_, front_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Attempt::blocked;
    } else if (errno != EINTR) {
      error = errno;
      return Attempt::failed;
    }
  }
  front_ = {};  // an idle connection keeps no memory
  sent_ = 0;
  return Attempt::done;
}

}  // namespace io_real::net
