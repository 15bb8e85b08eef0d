// A run from within: goes on as far as the debugger asks, and answers what it asks in between. It lives in a process
// of its own, which can be doubled (fork): the double keeps this instant, with all of the world in it, at the cost of
// what either of the two changes later. That is how one goes back, and how one future after the other is tried.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simulator/debug/channel.hpp"
#include "simulator/debug/chronicle.hpp"
#include "simulator/debug/request.hpp"
#include "simulator/run/run.hpp"

namespace simulator::debug {

class Inspector final : public Visitor, private io_sim::Watcher {
 public:
  /// The text of a file with which such a run can be run again, or why there is none.
  using FileOf = std::function<std::expected<std::string, std::string>(const RunResult&)>;
  Inspector(Channel channel, FileOf file_of) : channel_(std::move(channel)), file_of_(std::move(file_of)) {}

  /// Waits for the first request.
  void enter(const Inside& inside) override;
  bool passed() override;
  /// Answers until the debugger closes; never returns.
  void over(const RunResult& result) override;

 private:
  using Wall = std::chrono::steady_clock;

  void handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
               const core::world::Effects& effects) override;
  /// Answers requests until one lets the run go on.
  void serve();
  /// Whether the run goes on.
  bool answer(const std::string& request);
  std::string answer_text(const std::vector<std::string>& words);
  void reply(Frame::Kind kind, std::string text, const Channel* passed = nullptr) const;
  /// True in the double.
  bool fork_moment();
  void stop(std::string why);

  std::optional<std::string> newly_fallen();
  std::string breakpoint_that_holds();
  /// Nothing: it does not hold. Otherwise what there is to say of it, if anything.
  std::optional<std::string> holds(const Breakpoint& breakpoint);
  std::optional<std::string> changed(const Breakpoint& breakpoint);
  std::string list(std::uint64_t count, const std::string& node) const;
  std::string line(std::uint64_t number) const;
  std::string with_names(std::string text) const;
  std::string why(std::uint64_t number) const;

  Channel channel_;
  FileOf file_of_;
  const RunResult* result_ = nullptr;  // once the run is over
  std::optional<Inside> inside_;
  Chronicle chronicle_;
  Run run_;
  bool between_steps_ = false;  // of the world, of which one may have many events; nor has anything begun
  bool over_ = false;
  bool fell_ = false;
  std::string verdict_;
  Wall::time_point last_moment_ = Wall::now();
  std::map<std::string, std::uint64_t> coverage_;                          // as it was at the last look, if asked for
  std::map<std::pair<io_sim::NodeId, std::string>, std::string> watched_;  // fields of servers, as they were
};

}  // namespace simulator::debug
