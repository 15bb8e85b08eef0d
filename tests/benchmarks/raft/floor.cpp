#include "tests/benchmarks/raft/floor.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/benchmarks/raft/meter.hpp"

namespace benchmarks {
namespace {

constexpr std::size_t entry_bytes = 256 + 32;                  // with what a log needs beside
constexpr std::size_t batch_entries = 4096;                    // at most, in one write
constexpr std::uint64_t file_bytes = std::uint64_t{64} << 20;  // written once before, and then again and again

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

class LogFile {
 public:
  explicit LogFile(const std::string& folder) : file_(open((folder + "/floor.log").c_str(), O_CREAT | O_RDWR, 0600)) {
    if (file_ < 0) fail("floor.log");
    const std::vector<char> zeros(1 << 20);
    for (std::uint64_t at = 0; at < file_bytes; at += zeros.size())
      if (pwrite(file_, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) fail("write");
    if (fsync(file_) != 0) fail("fsync");
  }
  void append(const char* bytes, std::size_t count) {
    if (at_ + count > file_bytes) at_ = 0;
    if (pwrite(file_, bytes, count, static_cast<off_t>(at_)) != static_cast<ssize_t>(count)) fail("write");
    if (fdatasync(file_) != 0) fail("fdatasync");
    at_ += count;
  }

 private:
  int file_;
  std::uint64_t at_ = 0;
};

sockaddr_in on_loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

void at_once(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int connect_to(std::uint16_t port) {
  const sockaddr_in to = on_loopback(port);
  for (int tries = 0; tries < 1000; ++tries) {
    const int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(out, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return at_once(out), out;
    close(out);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fail("connect");
}

void send_all(int socket, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
}

// Index i is the i-th entry, from 1 on.
class Leader {
 public:
  Leader(const FloorSettings& settings) : settings_(settings), log_(settings.folder), meter_(settings.length) {
    for (const std::uint16_t port : settings.ports) sockets_.push_back(connect_to(port));
  }

  void run() {
    meter_.begin();
    {
      const std::lock_guard lock(mutex_);
      propose(settings_.proposers);
    }
    std::vector<std::thread> threads;
    threads.emplace_back([this] { write_log(); });
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      threads.emplace_back([this, i] { send_to(i); });
      threads.emplace_back([this, i] { hear(i); });
    }
    std::unique_lock lock(mutex_);
    over_.wait(lock, [&] { return meter_.over(Meter::Clock::now()); });
    meter_.print("floor", settings_.proposers);
    std::_Exit(0);
  }

 private:
  void propose(std::uint64_t count) {
    const auto now = Meter::Clock::now();
    for (; count > 0; --count) asked_.push_back(now), ++proposed_;
    more_.notify_all();
  }

  // How many are there past `done`, once there are any.
  std::uint64_t wait_for_more(std::uint64_t done) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [&] { return proposed_ > done; });
    return std::min<std::uint64_t>(proposed_ - done, batch_entries);
  }

  void reached(std::size_t who, std::uint64_t index) {
    const std::lock_guard lock(mutex_);
    durable_[who] = index;
    auto sorted = durable_;
    std::sort(sorted.begin(), sorted.end());
    const auto now = Meter::Clock::now();
    const std::uint64_t before = committed_;
    for (; committed_ < sorted[1]; ++committed_) {
      meter_.done(asked_.front(), now);
      asked_.pop_front();
    }
    if (meter_.over(now)) return over_.notify_all();
    if (committed_ > before) propose(committed_ - before);
  }

  void write_log() {
    const std::vector<char> bytes(batch_entries * entry_bytes, 'x');
    for (std::uint64_t done = 0;;) {
      const std::uint64_t count = wait_for_more(done);
      log_.append(bytes.data(), count * entry_bytes);
      reached(0, done += count);
    }
  }
  void send_to(std::size_t follower) {
    const std::vector<char> bytes(batch_entries * entry_bytes, 'x');
    for (std::uint64_t done = 0;;) {
      const std::uint64_t count = wait_for_more(done);
      send_all(sockets_[follower], bytes.data(), count * entry_bytes);
      done += count;
    }
  }
  void hear(std::size_t follower) {
    for (std::uint64_t index = 0;;) {
      if (recv(sockets_[follower], &index, sizeof index, MSG_WAITALL) != sizeof index) fail("recv");
      reached(follower + 1, index);
    }
  }

  const FloorSettings& settings_;
  LogFile log_;
  std::vector<int> sockets_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable over_;
  Meter meter_;
  std::uint64_t proposed_ = 0;
  std::uint64_t committed_ = 0;
  std::array<std::uint64_t, 3> durable_{};
  std::deque<Meter::Clock::time_point> asked_;  // of what is not committed
};

}  // namespace

void follow(const FloorSettings& settings, std::size_t follower) {
  LogFile log(settings.folder);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in at = on_loopback(settings.ports[follower]);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(listener, 1) != 0)
    fail("listen");
  const int leader = accept(listener, nullptr, nullptr);
  if (leader < 0) fail("accept");
  at_once(leader);
  std::vector<char> bytes(batch_entries * entry_bytes);
  std::uint64_t taken = 0;  // bytes
  for (;;) {
    const ssize_t got = recv(leader, bytes.data(), bytes.size(), 0);
    if (got <= 0) std::_Exit(0);
    log.append(bytes.data(), static_cast<std::size_t>(got));
    taken += static_cast<std::uint64_t>(got);
    const std::uint64_t index = taken / entry_bytes;
    if (send(leader, &index, sizeof index, MSG_NOSIGNAL) != sizeof index) std::_Exit(0);
  }
}

void lead(const FloorSettings& settings) { Leader(settings).run(); }

}  // namespace benchmarks
