// Whether more is taken in from peers. While it is shut their bytes stay in the system's buffers, so that TCP holds
// peers back and datagrams get lost, instead of everything waiting in our memory.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace io_real::net {

/// One for all streams and datagrams of a loop, on whose thread it is used.
class Intake {
 public:
  bool is_shut() const { return shut_; }
  void shut() { shut_ = true; }
  /// Lets those go on that waited.
  void open() {
    shut_ = false;
    for (const auto& go_on : std::exchange(waiting_, {})) go_on();
  }
  /// For who found it shut: `go_on` is called once, when it opens. At most one a socket waits.
  void when_open(std::function<void()> go_on) { waiting_.push_back(std::move(go_on)); }

 private:
  bool shut_ = false;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace io_real::net
