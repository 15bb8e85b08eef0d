#include "simulator/explore/explorer.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator::explore {
namespace {

using Wall = std::chrono::steady_clock;
constexpr std::uint64_t transitions_between_looks = 4096;  // at the real clock
constexpr std::size_t longest_run = 10'000;                // steps until quiet: more would be a livelock of messages

class Search {
 public:
  Search(const ExploreOptions& options, Explored& out) : options_(options), model_(options.model), out_(out) {}

  // False when the search is over.
  bool round(unsigned choices) {
    steps_.clear();
    first_ = true;
    dive(model_.initial(), static_cast<std::uint8_t>(choices));
    out_.states = visited_.size();
    return !over_;
  }

 private:
  void finish(Explored::End end) {
    over_ = true;
    out_.end = end;
  }

  bool step(State& state, Choice choice) {
    model_.carry_out(state, choice);
    steps_.push_back(choice);
    out_.longest = std::max(out_.longest, steps_.size());
    if (++out_.transitions % transitions_between_looks == 0) {
      if (options_.deadline && Wall::now() > *options_.deadline) finish(Explored::End::time_over);
      if (visited_.size() > options_.max_states) finish(Explored::End::too_many_states);
    }
    if (const auto& broken = state.invariants->broken()) {
      finish(Explored::End::fell);
      out_.broken = *broken;
      out_.path = steps_;
    }
    return !over_;
  }

  void dive(State state, std::uint8_t choices_left) {
    const std::size_t mark = steps_.size();
    std::vector<Choice> choices;
    for (std::size_t run = 0; run < longest_run; ++run) {
      if (!visited_.enter(state.key(options_.model.servers), choices_left)) {
        ++out_.equal_states;
        break;
      }
      const auto usual = model_.usual(state);
      if (choices_left > 0) {
        choices.clear();
        model_.alternatives(state, usual, choices, out_.commuting);
        // At first all servers are alike: what one of them can begin with, all can.
        if (first_) std::erase_if(choices, [](Choice choice) { return choice.which > 0; });
        first_ = false;
        for (const Choice choice : choices) {
          State other = state;
          if (step(other, choice)) dive(std::move(other), static_cast<std::uint8_t>(choices_left - 1));
          if (over_) return;
          steps_.pop_back();
        }
      }
      if (!usual) break;
      if (!step(state, *usual)) return;
    }
    steps_.resize(mark);
  }

  const ExploreOptions& options_;
  Model model_;
  Explored& out_;
  Visited visited_;
  std::vector<Choice> steps_;
  bool first_ = true;
  bool over_ = false;
};

}  // namespace

Explored explore(const ExploreOptions& options, const std::function<void(const Explored&)>& round) {
  Explored out;
  const auto began = Wall::now();
  Search search(options, out);
  for (unsigned choices = 0; choices <= options.depth; ++choices) {
    const bool goes_on = search.round(choices);
    out.seconds = std::chrono::duration<double>(Wall::now() - began).count();
    if (!goes_on) {
      if (out.end == Explored::End::fell)
        out.depth = static_cast<unsigned>(
            std::count_if(out.path.begin(), out.path.end(), [](Choice choice) { return !is_usual(choice.kind); }));
      return out;
    }
    out.depth = choices;
    round(out);
  }
  return out;
}

std::string story(const ModelOptions& options, const std::vector<Choice>& path) {
  Model model(options);
  State state = model.initial();
  std::string out;
  std::size_t number = 0;
  for (const Choice choice : path) {
    // Whom it happens to: of a late message its receiver, which the choice does not name.
    const std::size_t at = choice.kind == ChoiceKind::arrive_late ? state.late[choice.which].to : choice.which;
    const std::string before = model.text(state, at);
    out += fmt::format("{:>4} {} {}\n", ++number, is_usual(choice.kind) ? ' ' : '*', model.text(state, choice));
    model.carry_out(state, choice);
    if (std::string after = model.text(state, at); after != before) out += fmt::format("         {}\n", after);
  }
  return out;
}

}  // namespace simulator::explore
