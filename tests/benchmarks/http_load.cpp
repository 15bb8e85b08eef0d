// A load generator for an agent's HTTP API: registers a new, tiny job (one group of count 0) again and again over a
// number of keep-alive connections, each with one request under way, and prints one JSON line of what was answered.
//
//   http_load 127.0.0.1 4646 CONNECTIONS SECONDS
//
// Each answer of 200 was at least one Raft commit: written and synced by a majority of the servers before it was given.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto warm_up = 500ms;  // not counted: connections, caches, the first segments of the log
constexpr auto patience = 10s;   // with a server that answers nothing at all
constexpr std::size_t max_answer = 64 * 1024;
constexpr int max_connections = 1'000;

struct Connection {
  int socket = -1;
  std::string received;
  Clock::time_point asked;
};

/// An answer that has arrived whole: its status, and how many bytes it took.
struct Answer {
  int status = 0;
  std::size_t length = 0;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Nothing while more bytes are to come; the error names what is not HTTP/1.1 with a Content-Length.
std::expected<std::optional<Answer>, std::string> read_answer(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos)
    return bytes.size() > max_answer
               ? std::expected<std::optional<Answer>, std::string>(std::unexpected("the answer's head has no end"))
               : std::nullopt;
  if (!bytes.starts_with("HTTP/1.1 ")) return std::unexpected("not an HTTP/1.1 answer");
  Answer answer;
  std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
  const std::string fields = lower(bytes.substr(0, head + 2));
  constexpr std::string_view name = "\r\ncontent-length: ";
  const std::size_t at = fields.find(name);
  if (at == std::string::npos) return std::unexpected("an answer without Content-Length");
  std::size_t body = 0;
  const char* digits = fields.data() + at + name.size();
  if (std::from_chars(digits, fields.data() + fields.size(), body).ec != std::errc{} || body > max_answer)
    return std::unexpected("a Content-Length that is no length");
  answer.length = head + 4 + body;
  return bytes.size() < answer.length ? std::nullopt : std::optional(answer);
}

/// What happened from the end of the warm-up to the end of the run.
struct Tally {
  std::vector<double> milliseconds;  // of each 200
  std::uint64_t refused = 0;         // answers with any other status
  std::string first_refusal;
};

class Load {
 public:
  Load(sockaddr_in server, int connections) : server_(server), connections_(static_cast<std::size_t>(connections)) {}
  ~Load() {
    for (const Connection& connection : connections_)
      if (connection.socket >= 0) close(connection.socket);
    if (epoll_ >= 0) close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Empty when the run went to its end, otherwise why it did not.
  std::string run(Clock::duration length, Tally& tally) {
    if (std::string error = connect_all(); !error.empty()) return error;
    counted_from_ = Clock::now() + warm_up;
    const Clock::time_point end = counted_from_ + length;
    for (std::size_t i = 0; i < connections_.size(); ++i)
      if (std::string error = ask(i); !error.empty()) return error;
    std::vector<epoll_event> ready(connections_.size());
    while (Clock::now() < end) {
      const int wait = static_cast<int>(std::chrono::milliseconds(patience).count());
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), wait);
      if (count < 0 && errno != EINTR) return std::strerror(errno);
      if (count == 0) return "the server answered nothing for 10 s";
      for (int i = 0; i < count; ++i)
        if (std::string error = serve(ready[static_cast<std::size_t>(i)].data.u64, tally); !error.empty()) return error;
    }
    return "";
  }

 private:
  std::string connect_all() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return std::strerror(errno);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connection.socket < 0 ||
          connect(connection.socket, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0)
        return fmt::format("connection {}: {}", i, std::strerror(errno));
      const int one = 1;
      setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      epoll_event interest{.events = EPOLLIN, .data = {.u64 = i}};
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &interest) != 0) return std::strerror(errno);
    }
    return "";
  }

  // A request is far smaller than a socket's buffer and the buffer is empty when it is written: it goes out whole.
  std::string ask(std::size_t at) {
    const std::string id = fmt::format("load-{}-{}", getpid(), ++jobs_);
    const std::string body = fmt::format(
        R"({{"Job":{{"ID":"{0}","Name":"{0}","Type":"batch","Datacenters":["dc1"],"TaskGroups":[{{"Name":"none",)"
        R"("Count":0,"Tasks":[{{"Name":"none","Driver":"raw_exec","Config":{{"command":"/bin/true"}}}}]}}]}}}})",
        id);
    const std::string request = fmt::format(
        "PUT /v1/jobs HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    Connection& connection = connections_[at];
    connection.asked = Clock::now();
    const ssize_t sent = send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) return fmt::format("sending: {}", std::strerror(errno));
    return "";
  }

  std::string serve(std::size_t at, Tally& tally) {
    Connection& connection = connections_[at];
    char bytes[16 * 1024];
    const ssize_t count = recv(connection.socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count == 0) return "the server closed a connection";
    if (count < 0) return errno == EAGAIN || errno == EINTR ? "" : fmt::format("receiving: {}", std::strerror(errno));
    connection.received.append(bytes, static_cast<std::size_t>(count));
    const auto answer = read_answer(connection.received);
    if (!answer) return answer.error();
    if (!*answer) return "";
    note(connection, **answer, tally);
    connection.received.erase(0, (*answer)->length);
    return ask(at);
  }

  void note(const Connection& connection, const Answer& answer, Tally& tally) const {
    const Clock::time_point now = Clock::now();
    if (now < counted_from_) return;
    if (answer.status == 200) {
      tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(now - connection.asked).count());
    } else if (tally.refused++ == 0) {
      tally.first_refusal = connection.received.substr(0, std::min<std::size_t>(answer.length, 400));
    }
  }

  sockaddr_in server_;
  std::vector<Connection> connections_;
  Clock::time_point counted_from_;
  int epoll_ = -1;
  std::uint64_t jobs_ = 0;
};

double percentile(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0.0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

int measure(const sockaddr_in& server, int connections, double seconds) {
  Tally tally;
  Load load(server, connections);
  const auto length = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  if (const std::string error = load.run(length, tally); !error.empty()) {
    fmt::print(stderr, "http_load: {}\n", error);
    return 1;
  }
  if (tally.refused != 0) fmt::print(stderr, "http_load: the first refusal: {}\n", tally.first_refusal);
  std::ranges::sort(tally.milliseconds);
  fmt::print(
      "{{\"connections\":{},\"seconds\":{},\"registered\":{},\"refused\":{},\"per_second\":{:.1f},\"p50_ms\":{:.3f},"
      "\"p99_ms\":{:.3f}}}\n",
      connections, seconds, tally.milliseconds.size(), tally.refused,
      static_cast<double>(tally.milliseconds.size()) / seconds, percentile(tally.milliseconds, 0.50),
      percentile(tally.milliseconds, 0.99));
  return tally.milliseconds.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  sockaddr_in server{};
  server.sin_family = AF_INET;
  const int port = argc == 5 ? std::atoi(argv[2]) : 0;
  const int connections = argc == 5 ? std::atoi(argv[3]) : 0;
  const double seconds = argc == 5 ? std::atof(argv[4]) : 0;
  if (port <= 0 || port > 65535 || connections <= 0 || connections > max_connections || !(seconds > 0) ||
      inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
    fmt::print(stderr, "usage: http_load IPV4-ADDRESS PORT CONNECTIONS SECONDS\n");
    return 2;
  }
  server.sin_port = htons(static_cast<std::uint16_t>(port));
  return measure(server, connections, seconds);
}
