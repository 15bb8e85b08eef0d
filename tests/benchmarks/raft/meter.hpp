// What both contestants of raft_replicas count: commits, and how long each took, after a warm-up.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace benchmarks {

class Meter {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds warm_up{500};

  explicit Meter(std::chrono::seconds length) : length_(length) {}

  /// Starts the warm-up.
  void begin() { began_ = Clock::now(); }
  void done(Clock::time_point asked, Clock::time_point now) {
    if (now - began_ < warm_up) return;
    micros_.push_back(static_cast<float>(std::chrono::duration<double, std::micro>(now - asked).count()));
  }
  bool over(Clock::time_point now) const { return now - began_ >= warm_up + length_; }

  /// {"what":"raft","proposers":64,"per_second":...,"p50_us":...,"p99_us":...}
  void print(std::string_view what, std::size_t proposers) {
    std::sort(micros_.begin(), micros_.end());
    const auto at = [&](double share) {
      return micros_.empty() ? 0.F
                             : micros_[std::min(micros_.size() - 1,
                                                static_cast<std::size_t>(share * static_cast<double>(micros_.size())))];
    };
    std::printf(R"({"what":"%s","proposers":%zu,"per_second":%.0f,"p50_us":%.0f,"p99_us":%.0f})"
                "\n",
                std::string(what).c_str(), proposers,
                static_cast<double>(micros_.size()) / static_cast<double>(length_.count()),
                static_cast<double>(at(0.5)), static_cast<double>(at(0.99)));
    std::fflush(stdout);
  }

 private:
  std::chrono::seconds length_;
  Clock::time_point began_{};
  std::vector<float> micros_;
};

}  // namespace benchmarks
