#include "simulator/debug/channel.hpp"

#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"

namespace simulator::debug {
namespace {

constexpr std::uint64_t longest_text = 1 << 30;

// As it is on the socket, before the text. Both ends are forks of one program.
struct Header {
  std::uint8_t kind = 0;
  std::uint8_t over = 0;
  std::uint8_t fell = 0;
  std::uint64_t event = 0;
  std::int64_t time_ns = 0;
  std::uint64_t length = 0;
};

bool write_all(int descriptor, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = ::send(descriptor, bytes, size, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool read_all(int descriptor, char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = ::read(descriptor, bytes, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

union Ancillary {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

void Channel::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::pair<Channel, Channel> Channel::pair() {
  int ends[2] = {-1, -1};
  core::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a process may open a pair of sockets");
  return {Channel(ends[0]), Channel(ends[1])};
}

bool Channel::send(const Frame& frame, const Channel* passed) const {
  Header header{
      static_cast<std::uint8_t>(frame.kind), frame.over, frame.fell, frame.event, frame.time_ns, frame.text.size()};
  iovec part{&header, sizeof header};
  Ancillary ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (passed != nullptr) {
    message.msg_control = ancillary.bytes;
    message.msg_controllen = sizeof ancillary.bytes;
    cmsghdr* const control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(control), &passed->descriptor_, sizeof(int));
  }
  // A header is far smaller than a socket's buffer: it goes whole or not at all.
  if (::sendmsg(descriptor_, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof header)) return false;
  return write_all(descriptor_, frame.text.data(), frame.text.size());
}

std::optional<Frame> Channel::receive(Channel* passed) const {
  Header header;
  iovec part{&header, sizeof header};
  Ancillary ancillary{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.bytes;
  message.msg_controllen = sizeof ancillary.bytes;
  ssize_t got = 0;
  do got = ::recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof header) || header.length > longest_text) return std::nullopt;
  if (const cmsghdr* const control = CMSG_FIRSTHDR(&message); control != nullptr && control->cmsg_type == SCM_RIGHTS) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
    Channel received(descriptor);
    if (passed != nullptr) *passed = std::move(received);
  }
  Frame frame{
      static_cast<Frame::Kind>(header.kind), header.over != 0, header.fell != 0, header.event, header.time_ns, {}};
  frame.text.resize(header.length);
  if (!read_all(descriptor_, frame.text.data(), frame.text.size())) return std::nullopt;
  return frame;
}

}  // namespace simulator::debug
