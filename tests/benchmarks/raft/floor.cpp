#include "tests/benchmarks/raft/floor.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/storage/crc32c.hpp"
#include "tests/benchmarks/raft/meter.hpp"

namespace benchmarks {
namespace {

constexpr std::size_t payload_bytes = 256;
constexpr std::size_t header_bytes = 24;  // checksum of all that follows it, size, index, a word to spare
constexpr std::size_t record_bytes = header_bytes + payload_bytes;
constexpr std::size_t batch_records = 4096;                    // at most, in one write
constexpr std::size_t ring_records = 4 * batch_records;        // what a follower may be behind
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

struct Header {
  std::uint32_t crc;
  std::uint32_t size;
  std::uint64_t index;
  std::uint64_t spare;
};
static_assert(sizeof(Header) == header_bytes);

std::uint32_t checksum(const char* record) {
  return core::storage::crc32c({record + sizeof(Header::crc), record_bytes - sizeof(Header::crc)});
}

// Records are numbered from 0 on.
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
  struct Range {
    const char* bytes;
    std::uint64_t records;
  };

  // Each proposer's entry becomes a record; one that finds no room waits for the slowest.
  void propose(std::uint64_t count) {
    const auto now = Meter::Clock::now();
    waiting_ += count;
    const std::uint64_t room = *std::min_element(durable_.begin(), durable_.end()) + ring_records;
    for (; waiting_ > 0 && proposed_ < room; --waiting_) {
      char* const record = ring_.data() + proposed_ % ring_records * record_bytes;
      Header header{0, payload_bytes, proposed_, 0};
      std::memcpy(record, &header, sizeof header);
      std::memcpy(record + sizeof header, payload_.data(), payload_.size());
      header.crc = checksum(record);
      std::memcpy(record, &header.crc, sizeof header.crc);
      asked_.push_back(now);
      ++proposed_;
    }
    more_.notify_all();
  }

  // What is there past `done`, once there is anything.
  Range wait_for_more(std::uint64_t done) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [&] { return proposed_ > done; });
    const std::uint64_t at = done % ring_records;
    return {ring_.data() + at * record_bytes, std::min({proposed_ - done, batch_records, ring_records - at})};
  }

  void reached(std::size_t who, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    durable_[who] = count;
    auto sorted = durable_;
    std::sort(sorted.begin(), sorted.end());
    const auto now = Meter::Clock::now();
    const std::uint64_t before = committed_;
    for (; committed_ < sorted[1]; ++committed_) {
      meter_.done(asked_.front(), now);
      asked_.pop_front();
    }
    if (meter_.over(now)) return over_.notify_all();
    if (committed_ > before || waiting_ > 0) propose(committed_ - before);
  }

  void write_log() {
    for (std::uint64_t done = 0;;) {
      const Range more = wait_for_more(done);
      log_.append(more.bytes, more.records * record_bytes);
      reached(0, done += more.records);
    }
  }
  void send_to(std::size_t follower) {
    for (std::uint64_t done = 0;;) {
      const Range more = wait_for_more(done);
      send_all(sockets_[follower], more.bytes, more.records * record_bytes);
      done += more.records;
    }
  }
  void hear(std::size_t follower) {
    for (std::uint64_t count = 0;;) {
      if (recv(sockets_[follower], &count, sizeof count, MSG_WAITALL) != sizeof count) fail("recv");
      reached(follower + 1, count);
    }
  }

  const FloorSettings& settings_;
  const std::string payload_ = std::string(payload_bytes, 'x');
  LogFile log_;
  std::vector<int> sockets_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable over_;
  Meter meter_;
  std::vector<char> ring_ = std::vector<char>(ring_records * record_bytes);
  std::uint64_t proposed_ = 0;  // records in the ring, ever
  std::uint64_t waiting_ = 0;   // proposals that found no room
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
  std::vector<char> bytes(batch_records * record_bytes);
  std::size_t held = 0;  // bytes, from the beginning of a record on
  std::uint64_t taken = 0;
  for (;;) {
    const ssize_t got = recv(leader, bytes.data() + held, bytes.size() - held, 0);
    if (got <= 0) std::_Exit(0);
    held += static_cast<std::size_t>(got);
    const std::size_t whole = held / record_bytes * record_bytes;
    if (whole == 0) continue;
    for (std::size_t next = 0; next < whole; next += record_bytes, ++taken) {
      Header header;
      std::memcpy(&header, bytes.data() + next, sizeof header);
      if (header.crc != checksum(bytes.data() + next) || header.index != taken) fail("a broken record");
    }
    log.append(bytes.data(), whole);
    std::memmove(bytes.data(), bytes.data() + whole, held -= whole);
    if (send(leader, &taken, sizeof taken, MSG_NOSIGNAL) != sizeof taken) std::_Exit(0);
  }
}

void lead(const FloorSettings& settings) { Leader(settings).run(); }

}  // namespace benchmarks
