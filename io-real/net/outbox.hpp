// Bytes on their way out of a socket, and the plain reads and writes under streams and HTTP connections.
#pragma once

#include <cstddef>
#include <string>

namespace io_real::net {

/// What one attempt to read or write came to.
enum class Attempt {
  done,     // all written, or `count` bytes read
  blocked,  // the socket has no more for now
  ended,    // the peer sends no more
  failed,   // `error` says why
};

struct ReadResult {
  Attempt attempt = Attempt::blocked;
  std::size_t count = 0;
  int error = 0;
};
/// One read that does not wait. `size` > 0.
ReadResult read_some(int socket, char* buffer, std::size_t size);

class Outbox {
 public:
  /// Queues `bytes` behind what is there.
  void append(std::string bytes);
  bool empty() const { return sent_ == front_.size() && back_.empty(); }
  /// How many bytes wait.
  std::size_t size() const { return front_.size() - sent_ + back_.size(); }
  /// Writes until all is out or the socket takes no more. `error` is set when it failed.
  Attempt write_to(int socket, int& error);

 private:
  std::string front_;  // being written, from sent_ on
  std::string back_;   // gathered while front_ waits: many small messages become one write
  std::size_t sent_ = 0;
};

}  // namespace io_real::net
