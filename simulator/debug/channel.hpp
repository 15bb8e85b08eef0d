// What the debugger and the processes that hold its moments say to each other: frames over a socket, now and then with
// the descriptor of another such socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace simulator::debug {

/// A request has only text. An answer tells where the run stands as well.
struct Frame {
  enum class Kind : std::uint8_t {
    request,
    answer,
    moment  // a process that keeps this instant was made: its channel comes with the frame
  };
  Kind kind = Kind::request;
  bool over = false;         // the run has come to its end
  bool fell = false;         // an invariant has fallen
  std::uint64_t event = 0;   // the last that was handled
  std::int64_t time_ns = 0;  // true time
  std::string text;
};

class Channel {
 public:
  Channel() = default;
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  Channel(Channel&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Channel& operator=(Channel&& other) noexcept;
  ~Channel() { close(); }

  static std::pair<Channel, Channel> pair();

  /// False when nobody is there any more.
  bool send(const Frame& frame, const Channel* passed = nullptr) const;
  /// Nothing when nobody is there any more, or what came is no frame.
  std::optional<Frame> receive(Channel* passed = nullptr) const;
  bool is_open() const { return descriptor_ >= 0; }
  void close();

 private:
  int descriptor_ = -1;
};

}  // namespace simulator::debug
