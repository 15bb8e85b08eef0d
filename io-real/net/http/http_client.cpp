#include "io-real/net/http/http_client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/base/address.hpp"
#include "io-real/net/go_error.hpp"
#include "io-real/net/http/gzip.hpp"
#include "io-real/net/http/response_reader.hpp"

namespace io_real::net::http {
namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Clock::time_point deadline_after(core::Duration patience) {
  return patience.count() > 0 ? Clock::now() + patience : Clock::time_point::max();
}

/// Waits until `socket` is ready for `events`; false when `deadline` comes first.
bool wait_for(int socket, short events, Clock::time_point deadline) {
  while (true) {
    int patience = -1;
    if (deadline != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      patience = static_cast<int>(std::min<std::int64_t>(left, 60'000));
    }
    pollfd waiting{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, patience);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
}

core::Address address_of(const addrinfo& info) {
  const auto bytes = [](const auto& ip) { return std::string_view(reinterpret_cast<const char*>(&ip), sizeof ip); };
  if (info.ai_family == AF_INET) {
    const auto& in = *reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    return core::Address::from_bytes(bytes(in.sin_addr), ntohs(in.sin_port)).value_or(core::Address{});
  }
  const auto& in = *reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
  return core::Address::from_bytes(bytes(in.sin6_addr), ntohs(in.sin6_port)).value_or(core::Address{});
}

std::expected<Socket, std::string> dial(const addrinfo& info, Clock::time_point deadline) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected("dial tcp " + address_of(info).text() + ": " + why);
  };
  Socket socket(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return failed("socket: " + go_error(errno));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(socket.get(), info.ai_addr, info.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return failed("connect: " + go_error(errno));
  if (!wait_for(socket.get(), POLLOUT, deadline)) return failed("i/o timeout");
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return failed("connect: " + go_error(error));
  return socket;
}

std::expected<Socket, std::string> dial(const std::string& host, const std::string& port, Clock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    const std::string why = code == EAI_NONAME ? "no such host" : ::gai_strerror(code);
    return std::unexpected("dial tcp: lookup " + host + ": " + why);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &::freeaddrinfo);
  std::string first_error;
  for (const addrinfo* each = found; each; each = each->ai_next) {
    auto socket = dial(*each, deadline);
    if (socket) return socket;
    if (first_error.empty()) first_error = socket.error();
  }
  return std::unexpected(first_error);
}

/// Whether it went out. A peer that answers early and closes is not an error: its answer is read.
std::expected<void, std::string> send_all(int socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket, POLLOUT, deadline)) return std::unexpected("net/http: timeout writing request");
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return {};
    } else if (errno != EINTR) {
      return std::unexpected("write: " + go_error(errno));
    }
  }
  return {};
}

std::string request_bytes(const HttpCall& call, const boost::urls::url_view& url) {
  const auto view = [](auto text) { return std::string(text.data(), text.size()); };
  auto target = view(url.encoded_target());
  if (!target.starts_with('/')) target = "/" + target;
  std::string out = call.method + " " + target + " HTTP/1.1\r\nHost: " + view(url.encoded_host_and_port()) + "\r\n";
  for (const auto& [name, value] : call.headers) out += name + ": " + value + "\r\n";
  const bool has_body = !call.body.empty() || call.method == "POST" || call.method == "PUT";
  if (has_body) out += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return out + "Connection: close\r\n\r\n" + call.body;
}

std::expected<HttpAnswer, std::string> read_answer(int socket, const HttpCall& call, Clock::time_point deadline) {
  HttpAnswer answer;
  bool stopped = false;
  std::string too_large;
  ResponseReader* current = nullptr;
  const auto on_body = [&](std::string_view piece) {
    if (call.on_chunk && current->status() / 100 == 2) {
      stopped = stopped || !call.on_chunk(piece);
    } else if (answer.body.size() + piece.size() > max_answer_bytes) {
      too_large = "response body is too large";
    } else {
      answer.body += piece;
    }
  };
  auto reader = std::make_unique<ResponseReader>(call.method == "HEAD", on_body);
  std::string input;
  std::array<char, 65536> buffer;
  while (true) {
    current = reader.get();
    input.erase(0, reader->take(input));
    if (!reader->error().empty()) return std::unexpected(reader->error());
    if (!too_large.empty()) return std::unexpected(too_large);
    if (reader->complete() && reader->status() / 100 == 1) {  // "100 Continue": the answer proper follows
      reader = std::make_unique<ResponseReader>(call.method == "HEAD", on_body);
      continue;
    }
    if (reader->complete() || stopped) break;
    if (!wait_for(socket, POLLIN, deadline))
      return std::unexpected(
          reader->header_complete()
              ? "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
              : "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return std::unexpected("read: " + go_error(errno));
    if (count == 0) {
      if (reader->end()) break;
      return std::unexpected(reader->header_complete() ? "unexpected EOF" : "EOF");
    }
    input.append(buffer.data(), static_cast<std::size_t>(count));
  }
  answer.status = reader->status();
  answer.headers = reader->headers();
  return answer;
}

}  // namespace

std::expected<HttpAnswer, std::string> request(const HttpCall& call) {
  const auto parsed = boost::urls::parse_uri(call.url);
  if (!parsed) return std::unexpected("parse \"" + call.url + "\": " + parsed.error().message());
  const auto& url = *parsed;
  if (url.scheme() != "http")
    return std::unexpected("unsupported protocol scheme \"" + std::string(url.scheme()) + "\"");
  if (url.host().empty()) return std::unexpected("http: no Host in request URL");
  const auto deadline = deadline_after(call.timeout);
  const auto port = url.port().empty() ? std::string("80") : std::string(url.port());
  const auto socket = dial(url.host_address(), port, std::min(deadline, deadline_after(call.connect_timeout)));
  if (!socket) return std::unexpected(socket.error());
  if (const auto sent = send_all(socket->get(), request_bytes(call, url), deadline); !sent)
    return std::unexpected(sent.error());
  auto answer = read_answer(socket->get(), call, deadline);
  if (!answer || answer->body.empty()) return answer;
  if (const auto coding = answer->headers.find("content-encoding");
      coding != answer->headers.end() && coding->second == "gzip") {
    auto plain = gunzip(answer->body, max_answer_bytes);
    if (!plain) return std::unexpected(plain.error());
    answer->body = std::move(*plain);
  }
  return answer;
}

}  // namespace io_real::net::http
