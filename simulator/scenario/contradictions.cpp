// Timelines that contradict themselves: only what is certain counts, so what each seed draws is left alone.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "simulator/scenario/rules.hpp"

namespace simulator {
namespace {

template <class... A>
bool is_one_of(const Action& action) {
  return (std::holds_alternative<A>(action) || ...);
}

bool takes_down(const Action& action) {
  return is_one_of<Crash, PowerLoss, Leave, Replace, Restart, Reformat, DiskTorn, Upgrade, SyncError, DiskFull,
                   DiskCorrupt>(action);
}
bool needs_up(const Action& action) {
  return is_one_of<Crash, PowerLoss, Pause, Slow, Leave, Restart, Upgrade, DiskTorn>(action);
}

bool certain(const Entry& entry) {
  return entry.at && entry.at->low == entry.at->high && entry.chance.low >= 1 &&
         (!entry.times || entry.times->high == 1);
}

// When it is certainly undone; nothing: not by itself.
std::optional<Duration> until_of(const Entry& entry) {
  return entry.lasts ? std::optional(entry.at->low + entry.lasts->low) : std::nullopt;
}

std::string seconds(Duration at) { return fmt::format("{}s", static_cast<double>(at.count()) / 1e9); }

struct Down {
  const Entry* by;
  std::optional<Duration> until;
};

class Contradictions {
 public:
  Contradictions(const Scenario& scenario, Reading& reading) : scenario_(scenario), reading_(reading) {}

  void check() {
    for (const Entry& entry : scenario_.timeline) check_sides(entry.action);
    for (const Nemesis& nemesis : scenario_.nemeses) check_sides(nemesis.action);
    std::vector<const Entry*> order;
    for (const Entry& entry : scenario_.timeline)
      if (certain(entry)) order.push_back(&entry);
    std::stable_sort(order.begin(), order.end(),
                     [](const Entry* a, const Entry* b) { return a->at->low < b->at->low; });
    for (const Entry* entry : order) look_at(*entry);
    check_undoing();
    check_liveness();
    check_expectations();
  }

 private:
  void check_sides(const Action& action) {
    const auto* sides = std::visit(
        [](const auto& one) -> const Sides* {
          if constexpr (requires { one.sides.form; }) return &one.sides;
          return nullptr;
        },
        action);
    if (sides == nullptr || sides->form != Sides::Form::sides) return;
    std::map<std::string, std::size_t> seen;
    for (std::size_t side = 0; side < sides->sides.size(); ++side)
      for (const Selector& selector : sides->sides[side]) {
        if (selector.kind != Selector::Kind::named) continue;
        const auto [at, is_new] = seen.emplace(selector.name, side);
        if (is_new || at->second == side) continue;
        Place place = selector.place;
        place.column += static_cast<int>(selector.offset);
        return reading_.fail(place, fmt::format("{} on both sides", selector.name), "each node on one side");
      }
  }

  void look_at(const Entry& entry) {
    const Duration now = entry.at->low;
    // "start: down" and "join: ..." may bring anybody back.
    bool named_only = true;
    each_selector(entry.action,
                  [&](const Selector& selector) { named_only &= selector.kind == Selector::Kind::named; });
    if (is_one_of<Start, Join, Resume>(entry.action) && !named_only) return down_.clear();
    each_selector(entry.action, [&](const Selector& selector) {
      if (selector.kind != Selector::Kind::named || scenario_.sets.contains(selector.name)) return;
      node(entry, selector.name, now);
    });
  }

  void node(const Entry& entry, const std::string& name, Duration now) {
    const auto found = down_.find(name);
    const bool is_down = found != down_.end() && (!found->second.until || now < *found->second.until);
    const std::string_view word = action_word(entry.action);
    if (is_down && needs_up(entry.action))
      return reading_.fail(entry.place,
                           fmt::format("{} of {} at {}, where it is down since {} (line {})", word, name, seconds(now),
                                       seconds(found->second.by->at->low), found->second.by->place.line),
                           "a time at which it is up");
    if (is_one_of<Start, Join>(entry.action)) {
      if (found != down_.end() && found->second.by->at->low == now)
        return reading_.fail(entry.place,
                             fmt::format("{} of {} at the very moment of its {} (line {})", word, name,
                                         action_word(found->second.by->action), found->second.by->place.line),
                             "one after the other");
      down_.erase(name);
    } else if (is_one_of<Crash, PowerLoss, Leave, DiskTorn>(entry.action)) {
      down_[name] = {&entry, until_of(entry)};
    } else if (is_one_of<Replace>(entry.action)) {
      down_[name] = {&entry, std::nullopt};
    }
  }

  // What undoes something needs something that does it.
  void check_undoing() {
    const auto any = [&](auto matches) {
      return std::any_of(scenario_.timeline.begin(), scenario_.timeline.end(),
                         [&](const Entry& e) { return matches(e.action); }) ||
             std::any_of(scenario_.nemeses.begin(), scenario_.nemeses.end(),
                         [&](const Nemesis& n) { return matches(n.action); });
    };
    for (const Entry& entry : scenario_.timeline) {
      if (std::holds_alternative<Start>(entry.action) && scenario_.cluster.spares.high == 0 && !any(takes_down))
        reading_.fail(entry.place, "start, and nothing that takes anybody down",
                      "a crash, a power loss or a leave before it");
      if (std::holds_alternative<Resume>(entry.action) && !any(is_one_of<Pause>))
        reading_.fail(entry.place, "resume, and nothing that pauses anybody", "a pause before it");
      if (std::holds_alternative<Heal>(entry.action) && !any(is_one_of<Partition, Flaky, Loss>))
        reading_.fail(entry.place, "heal, and nothing that harms the network", "a partition, flaky or loss before it");
    }
  }

  // A majority of the servers is drawn; that it is one of the voters, and has what they had, must be certain.
  void check_liveness() {
    if (!scenario_.liveness) return;
    const auto fits = [](const Action& action) {
      return !is_one_of<Leave, ForceLeave, Join, Replace, Reformat, DiskCorrupt>(action);
    };
    const auto refuse = [&](const Place& place, const Action& action) {
      reading_.fail(place,
                    fmt::format("{} in a scenario with \"liveness\" (line {})", action_word(action),
                                scenario_.liveness->place.line),
                    "servers that are the same, with all they ever knew, from beginning to end");
    };
    for (const Entry& entry : scenario_.timeline)
      if (!fits(entry.action)) return refuse(entry.place, entry.action);
    for (const Nemesis& nemesis : scenario_.nemeses)
      if (!fits(nemesis.action)) return refuse(nemesis.place, nemesis.action);
    if (scenario_.cluster.spares.high > 0)
      reading_.fail(scenario_.liveness->place, "liveness with spares", "no spares");
  }

  void check_expectations() {
    for (const Expectation& one : scenario_.expect)
      for (const Expectation& other : scenario_.expect) {
        const auto* always = std::get_if<Always>(&one.what);
        const auto* never = std::get_if<Never>(&other.what);
        if (always != nullptr && never != nullptr && always->condition.text == never->condition.text)
          reading_.fail(
              other.place,
              fmt::format("never \"{}\", which line {} expects always", never->condition.text, one.place.line),
              "one of them");
      }
    for (const Expectation& one : scenario_.expect)
      std::visit([&](const auto& what) { check_window(one.place, what); }, one.what);
  }

  // What looks at no moment of the run holds whatever happens.
  template <class T>
  void check_window(const Place& place, const T& what) {
    if constexpr (requires { what.to; })
      if (what.to && *what.to < what.from)
        return reading_.fail(place, "an end before the beginning (\"from\")", "a time after it");
    if constexpr (requires { what.from; })
      if (what.from > scenario_.until) reading_.fail(place, "a time after the end (\"until\")", "a time before it");
  }

  const Scenario& scenario_;
  Reading& reading_;
  std::map<std::string, Down> down_;
};

}  // namespace

void check_contradictions(const Scenario& scenario, Reading& reading) { Contradictions(scenario, reading).check(); }

}  // namespace simulator
