#include "simulator/search/hunt.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "simulator/run/difference.hpp"
#include "simulator/search/points.hpp"

namespace simulator::search {
namespace {

using Wall = std::chrono::steady_clock;

// One run to be made.
struct Round {
  std::size_t scenario = 0;
  std::uint64_t number = 0;
  io_sim::Lineage lineage;
};

// What is known of a scenario's rounds, so that each is guided by exactly those well before it.
struct Course {
  explicit Course(std::uint64_t first_seed) : guide(first_seed) {}
  Guide guide;
  std::uint64_t noted = 0;  // rounds the guide knows of
  struct Ended {
    io_sim::Lineage lineage;
    Points points;
  };
  std::map<std::uint64_t, Ended> ended;  // those it does not know of yet
};

class Hunt {
 public:
  Hunt(const std::vector<Scenario>& scenarios, const HuntOptions& options,
       const std::function<void(const Hunted&)>& seen, const std::function<void(const Failure&)>& found)
      : scenarios_(scenarios), options_(options), seen_(seen), found_(found), began_(Wall::now()) {
    if (options.time) deadline_ = began_ + *options.time;
    for (const Scenario& scenario : scenarios) {
      total_.tallies.push_back({.scenario = scenario.name});
      courses_.emplace_back(options.first_seed);
    }
  }

  Hunted run() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    for (const auto& [key, group] : groups_) total_.groups.push_back(group);
    std::sort(total_.groups.begin(), total_.groups.end(), [](const Group& a, const Group& b) {
      return std::pair(a.first.round, a.first.scenario) < std::pair(b.first.round, b.first.scenario);
    });
    total_.wall_seconds = std::chrono::duration<double>(Wall::now() - began_).count();
    return std::move(total_);
  }

 private:
  void work() {
    while (const auto round = next()) {
      const Scenario& scenario = scenarios_[round->scenario];
      RunResult result = run_once(scenario, {.seed = round->lineage[0],
                                             .descent = {round->lineage.begin() + 1, round->lineage.end()},
                                             .deadline = deadline_,
                                             .give_up = options_.interrupted});
      const bool finished = result.verdict == Verdict::held || result.verdict == Verdict::fell;
      std::string difference;
      if (options_.check_determinism && finished) difference = find_difference(scenario, result);
      const auto first = take(*round, std::move(result), std::move(difference));
      if (first && found_) found_(*first);
    }
  }

  // Rounds are given out one by one, in order.
  std::optional<Round> next() {
    const std::lock_guard in_order(giving_out_);
    std::unique_lock guard(lock_);
    const std::size_t count = scenarios_.size();
    Round round{given_out_ % count, given_out_ / count, {}};
    Course& course = courses_[round.scenario];
    const std::uint64_t known = round.number > Guide::lag ? round.number - Guide::lag : 0;
    while (!over() && !has_all(course, known)) ended_.wait(guard);
    if (over() || (options_.seeds && round.number >= *options_.seeds)) return std::nullopt;
    while (course.noted < known) {
      const auto entry = course.ended.find(course.noted);
      course.guide.note(entry->second.lineage, entry->second.points);
      course.ended.erase(entry);
      ++course.noted;
    }
    ++given_out_;
    round.lineage =
        options_.guided ? course.guide.next(round.number) : io_sim::Lineage{options_.first_seed + round.number};
    return round;
  }

  static bool has_all(const Course& course, std::uint64_t known) {
    for (std::uint64_t number = course.noted; number < known; ++number)
      if (!course.ended.contains(number)) return false;
    return true;
  }

  bool is_interrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }

  // Under the lock: whether nothing more is to be run.
  bool over() {
    if (is_interrupted()) total_.interrupted = stop_ = true;
    if (deadline_ && Wall::now() >= *deadline_) {
      const bool all_given_out = options_.seeds && given_out_ >= *options_.seeds * scenarios_.size();
      total_.time_over = total_.time_over || !all_given_out;
      stop_ = true;
    }
    return stop_;
  }

  // The failure, if it is the first of its group.
  std::optional<Failure> take(const Round& round, RunResult result, std::string difference) {
    const std::lock_guard guard(lock_);
    std::optional<Failure> first;
    if (result.verdict == Verdict::stopped) {
      (is_interrupted() ? total_.interrupted : total_.time_over) = true;
      stop_ = true;
    } else if (result.verdict == Verdict::scenario_wrong) {
      if (total_.error.empty()) {
        total_.error = result.error;
        total_.wrong_scenario = round.scenario;
      }
      stop_ = true;
    } else {
      first = count(round, std::move(result), std::move(difference));
    }
    ended_.notify_all();
    return first;
  }

  std::optional<Failure> count(const Round& round, RunResult result, std::string difference) {
    Tally& tally = total_.tallies[round.scenario];
    const bool fell = result.verdict == Verdict::fell;
    ++(!difference.empty() ? tally.not_deterministic : fell ? tally.fell : tally.held);
    const double seconds = static_cast<double>(result.virtual_time.count()) / 1e9;
    tally.run_seconds += result.wall_seconds;
    tally.virtual_seconds += seconds;
    tally.node_seconds += seconds * static_cast<double>(result.servers + result.clients);
    tally.events += result.events;
    Points points = points_of(result);
    for (const auto& [name, times] : points) {
      tally.reached[name] += times > 0 ? 1 : 0;
      tally.totals[name] += times;
    }
    courses_[round.scenario].ended.emplace(round.number, Course::Ended{round.lineage, std::move(points)});
    std::optional<Failure> first;
    if (fell || !difference.empty()) {
      Failure failure{round.scenario, round.number, std::move(result), std::move(difference)};
      Group& group = groups_[{round.scenario, cause_of(failure)}];
      if (group.count == 0) first = failure;
      if (group.count == 0 || failure.round < group.first.round) group.first = std::move(failure);
      ++group.count;
      if (!options_.keep_going) stop_ = true;
    }
    total_.wall_seconds = std::chrono::duration<double>(Wall::now() - began_).count();
    seen_(total_);
    return first;
  }

  const std::vector<Scenario>& scenarios_;
  const HuntOptions& options_;
  const std::function<void(const Hunted&)>& seen_;
  const std::function<void(const Failure&)>& found_;
  Wall::time_point began_;
  std::optional<Wall::time_point> deadline_;
  std::mutex giving_out_;  // taken before lock_
  std::mutex lock_;        // of all that follows
  std::condition_variable ended_;
  std::vector<Course> courses_;
  std::uint64_t given_out_ = 0;
  bool stop_ = false;
  Hunted total_;
  std::map<std::pair<std::size_t, std::string>, Group> groups_;
};

}  // namespace

std::string cause_of(const Failure& failure) {
  if (!failure.difference.empty()) return "not deterministic";
  const checkers::Violation& violation = failure.result.violations[0];
  std::string out = violation.invariant + ":";
  std::string_view left = violation.what;
  while (!left.empty()) {
    const std::string_view word = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(word.size() + 1, left.size()));
    // Names and numbers: server-2, 17, an id.
    out += word.find_first_of("0123456789") == std::string_view::npos ? fmt::format(" {}", word) : " #";
  }
  return out;
}

Hunted hunt(const std::vector<Scenario>& scenarios, const HuntOptions& options,
            const std::function<void(const Hunted&)>& seen, const std::function<void(const Failure&)>& found) {
  if (scenarios.empty()) return {};
  return Hunt(scenarios, options, seen, found).run();
}

}  // namespace simulator::search
