#include "simulator/search/minimise.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "simulator/search/ddmin.hpp"

namespace simulator::search {
namespace {

using Wall = std::chrono::steady_clock;

// How much later than the smallest known run a smaller one may fall.
constexpr core::Duration later_by{5'000'000'000};

std::string_view purpose_of(std::string_view stream) { return stream.substr(0, stream.find('/')); }

// What is not an entry of the timeline is a nemesis.
bool is_fault(const Scenario& scenario, const Operation& operation) {
  if (operation.entry >= scenario.timeline.size()) return true;
  const Action& action = scenario.timeline[operation.entry].action;
  return !std::holds_alternative<RunJob>(action) && !std::holds_alternative<StopJob>(action) &&
         !std::holds_alternative<OperatorCommand>(action);
}

class Minimiser {
 public:
  Minimiser(const Scenario& scenario, std::string invariant, Wall::time_point deadline,
            const std::atomic<bool>* interrupted)
      : scenario_(scenario), invariant_(std::move(invariant)), deadline_(deadline), interrupted_(interrupted) {}

  // Whether the whole case falls, however long that takes: what is kept must have been seen to.
  bool whole_falls(const Case& whole) { return try_out(whole, std::nullopt); }

  void run() {
    for (bool smaller = true; smaller && !over();) {
      const Case before = case_;
      drop_operations();
      drop_nodes();
      drop_streams();
      drop_choices();
      smaller = !(case_ == before);
    }
  }

  Minimised result() && { return {std::move(case_), std::move(*best_), runs_, 0, time_over_}; }

 private:
  bool over() {
    time_over_ = time_over_ || Wall::now() >= deadline_ || (interrupted_ != nullptr && *interrupted_);
    return time_over_;
  }

  bool falls(const Case& candidate) {
    if (over()) return false;
    const bool fell = try_out(candidate, deadline_);
    if (!fell) over();  // it may have been given up
    return fell;
  }

  // Whether the case falls in the same way. If so it is the best so far, without what it did not use.
  bool try_out(const Case& candidate, std::optional<Wall::time_point> deadline) {
    ++runs_;
    RunOptions options = options_for(candidate);
    options.record = true;
    options.deadline = deadline;
    if (deadline) options.give_up = interrupted_;
    // What falls while the run goes on, falls in a smaller run at about the same time; what falls at the end needs one.
    if (best_ && best_->violations[0].at < TrueTime{} + scenario_.until)
      options.stop_at = best_->violations[0].at - TrueTime{} + later_by;
    RunResult result = run_once(scenario_, options);
    if (result.verdict != Verdict::fell || result.violations[0].invariant != invariant_ || result.choices_too_long)
      return false;
    case_ = case_of(result);
    best_ = std::move(result);
    return true;
  }

  // What is expected of a job falls by itself where the job is not run, or has nowhere to run.
  bool needs_its_jobs() const { return invariant_ == "EXPECT"; }

  void drop_operations() {
    std::vector<Operation> all;
    Operations needed;
    for (const Operation& operation : *case_.only) {
      const bool stays = needs_its_jobs() && !is_fault(scenario_, operation);
      if (stays)
        needed.insert(operation);
      else
        all.push_back(operation);
    }
    ddmin(all, [&](const std::vector<Operation>& kept) {
      if (over()) return false;
      Case candidate = case_;
      candidate.only = needed;
      // A smaller run may have fallen before some of them were carried out.
      for (const Operation& operation : kept)
        if (case_.only->contains(operation)) candidate.only->insert(operation);
      return candidate == case_ || falls(candidate);
    });
  }

  void drop_nodes() {
    if (needs_its_jobs()) return;
    drop_some(case_.limit.clients, 0);
    drop_some(case_.limit.servers, 1);
  }

  // The least number that will do, found from below: few nodes make quick runs.
  void drop_some(std::optional<std::size_t>& of, std::size_t least) {
    const bool servers = &of == &case_.limit.servers;
    const std::size_t most = of.value_or(0);
    for (std::size_t count = least; count < most; count = count < 4 ? count + 1 : count * 2) {
      Case candidate = case_;
      (servers ? candidate.limit.servers : candidate.limit.clients) = count;
      if (falls(candidate)) return;
    }
  }

  // Whole streams to the simplest: first all of one purpose, then one by one.
  void drop_streams() {
    std::map<std::string_view, std::size_t> purposes;
    const io_sim::Script all = case_.choices;
    for (const auto& [name, values] : all) purposes[purpose_of(name)] += values.size();
    for (const auto& [purpose, size] : purposes) {
      Case candidate = case_;
      std::erase_if(candidate.choices, [&, which = purpose](const auto& s) { return purpose_of(s.first) == which; });
      if (candidate.choices.size() < case_.choices.size()) falls(candidate);
    }
    std::vector<std::string> names;
    for (const auto& [name, values] : case_.choices) names.push_back(name);
    ddmin(names, [&](const std::vector<std::string>& kept) {
      if (over()) return false;
      Case candidate = case_;
      candidate.choices.clear();
      for (const std::string& name : kept)
        if (const auto values = case_.choices.find(name); values != case_.choices.end())
          candidate.choices.insert(*values);
      return candidate == case_ || falls(candidate);
    });
  }

  // Single numbers to 0, stream by stream, the longest first.
  void drop_choices() {
    std::vector<std::string> names;
    for (const auto& [name, values] : case_.choices) names.push_back(name);
    std::stable_sort(names.begin(), names.end(), [&, all = case_.choices](const auto& a, const auto& b) {
      return all.at(a).size() > all.at(b).size();
    });
    for (const std::string& name : names) {
      const auto stream = case_.choices.find(name);
      if (stream == case_.choices.end()) continue;
      std::vector<std::size_t> used;
      for (std::size_t i = 0; i < stream->second.size(); ++i)
        if (stream->second[i] != 0) used.push_back(i);
      const io_sim::Values before = stream->second;
      ddmin(used, [&](const std::vector<std::size_t>& kept) {
        if (over()) return false;
        Case candidate = case_;
        io_sim::Values values(kept.empty() ? 0 : kept.back() + 1);
        for (const std::size_t i : kept) values[i] = before[i];
        candidate.choices[name] = std::move(values);
        return falls(candidate);
      });
      if (time_over_) return;
    }
  }

  const Scenario& scenario_;
  std::string invariant_;
  Wall::time_point deadline_;
  const std::atomic<bool>* interrupted_;
  Case case_;
  std::optional<RunResult> best_;
  std::uint64_t runs_ = 0;
  bool time_over_ = false;
};

}  // namespace

std::optional<Minimised> minimise(const Scenario& scenario, const Case& failing, const std::string& invariant,
                                  std::chrono::nanoseconds time, const std::atomic<bool>* interrupted) {
  const auto began = Wall::now();
  Minimiser minimiser(scenario, invariant, began + time, interrupted);
  if (!minimiser.whole_falls(failing)) return std::nullopt;
  minimiser.run();
  Minimised out = std::move(minimiser).result();
  out.wall_seconds = std::chrono::duration<double>(Wall::now() - began).count();
  return out;
}

}  // namespace simulator::search
