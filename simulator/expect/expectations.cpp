#include "simulator/expect/expectations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulator/expect/measure.hpp"

namespace simulator {
namespace {

// What does not show in a leader's state is looked at this often.
constexpr core::Duration look_interval{50'000'000};

std::string seconds(core::Duration at) { return fmt::format("{}s", static_cast<double>(at.count()) / 1e9); }

}  // namespace

Expectations::Expectations(Cluster& cluster, const Scenario& scenario, Happenings& happenings)
    : cluster_(cluster), scenario_(scenario), progress_(scenario.expect.size()), applied_(cluster.regions().size()) {
  for (std::size_t i = 0; i < scenario_.expect.size(); ++i) {
    const auto count = [&](const Happening& happening, core::Duration from, std::optional<core::Duration> to) {
      const std::size_t counter = progress_[i].counts.size();
      progress_[i].counts.push_back(0);
      happenings.listen(happening, [this, i, counter, from, to](std::optional<NodeId>) {
        if (within(from, to)) ++progress_[i].counts[counter];
      });
    };
    const auto count_all = [&](const Condition& condition, core::Duration from, std::optional<core::Duration> to) {
      for (const Comparison& comparison : condition.all)
        if (comparison.quantity.kind == Quantity::Kind::count_of) count(comparison.quantity.of, from, to);
    };
    std::visit(
        [&]<class T>(const T& one) {
          if constexpr (std::same_as<T, AtTheEnd>) {
            count_all(one.condition, {}, std::nullopt);
          } else if constexpr (std::same_as<T, Always> || std::same_as<T, Never>) {
            count_all(one.condition, one.from, one.to);
            looks_ = true;
          } else if constexpr (std::same_as<T, CountOf>) {
            count(one.happening, one.from, one.to);
            looks_ = true;
          } else if constexpr (std::same_as<T, Eventually>) {
            count_all(one.condition, one.from, std::nullopt);
            looks_ = true;
            if (one.after)
              happenings.listen(*one.after, [this, i](std::optional<NodeId>) { wait_for(i); });
            else
              cluster_.world().at(TrueTime{} + one.from, [this, i] { wait_for(i); });
          }
        },
        scenario_.expect[i].what);
  }
}

bool Expectations::within(core::Duration from, const std::optional<core::Duration>& to) const {
  const core::Duration now = cluster_.world().now() - TrueTime{};
  return now >= from && (!to || now <= *to);
}

void Expectations::wait_for(std::size_t number) {
  const auto& eventually = std::get<Eventually>(scenario_.expect[number].what);
  if (!within(eventually.from, std::nullopt) || progress_[number].due) return;
  const TrueTime due = cluster_.world().now() + eventually.within;
  progress_[number].due = due;
  // What happened before does not count.
  std::fill(progress_[number].counts.begin(), progress_[number].counts.end(), 0);
  cluster_.world().at(due, [this, number, due] {
    if (progress_[number].due == due) is_due(number);
  });
}

void Expectations::is_due(std::size_t number) {
  const auto& eventually = std::get<Eventually>(scenario_.expect[number].what);
  look_at(scenario_.expect[number], progress_[number]);
  if (progress_[number].due)
    fall(fmt::format("{}: not within {}: {}", scenario_.line_of(scenario_.expect[number].place),
                     seconds(eventually.within), shown(eventually.condition, progress_[number])));
}

void Expectations::fall(std::string what) {
  if (!fallen_) fallen_ = std::move(what);
}

void Expectations::handled(NodeId node, TrueTime at, const core::world::Event&, const core::world::Effects&) {
  if (!looks_) return;
  const core::server::Server* const server = cluster_.server(node);
  std::uint64_t& applied = applied_[cluster_.region_of(node)];
  const bool changed = server != nullptr && server->raft() != nullptr && server->state().index() > applied;
  if (!changed && at < looked_ + look_interval) return;
  if (changed) applied = server->state().index();
  looked_ = at;
  look();
}

void Expectations::look() {
  for (std::size_t i = 0; i < scenario_.expect.size() && !fallen_; ++i) look_at(scenario_.expect[i], progress_[i]);
}

void Expectations::look_at(const Expectation& expectation, Progress& progress) {
  std::visit(
      [&]<class T>(const T& one) {
        if constexpr (std::same_as<T, Always> || std::same_as<T, Never>) {
          constexpr bool wanted = std::same_as<T, Always>;
          if (!within(one.from, one.to)) return;
          const auto now = holds_now(one.condition, progress);
          if (now && *now != wanted)
            fall(fmt::format("{}: {}: {}", scenario_.line_of(expectation.place), wanted ? "not always" : "not never",
                             shown(one.condition, progress)));
        } else if constexpr (std::same_as<T, Eventually>) {
          if (progress.due && holds_now(one.condition, progress).value_or(false)) progress.due.reset();
        } else if constexpr (std::same_as<T, CountOf>) {
          if (progress.counts[0] > one.is.high)
            fall(fmt::format("{}: {} has happened {} times, at most {} are expected",
                             scenario_.line_of(expectation.place), happening_text(one.happening), progress.counts[0],
                             one.is.high));
        }
      },
      expectation.what);
}

std::optional<bool> Expectations::holds_now(const Condition& condition, const Progress& progress) const {
  std::size_t counter = 0;
  bool known = true;
  for (const Comparison& comparison : condition.all) {
    const bool counts = comparison.quantity.kind == Quantity::Kind::count_of;
    const auto value = counts ? std::optional(progress.counts[counter++]) : measure(comparison.quantity, cluster_);
    if (!value)
      known = false;
    else if (!holds(comparison, *value))
      return false;
  }
  return known ? std::optional(true) : std::nullopt;
}

std::string Expectations::shown(const Condition& condition, const Progress& progress) const {
  std::size_t counter = 0;
  std::string values;
  for (const Comparison& comparison : condition.all) {
    const bool counts = comparison.quantity.kind == Quantity::Kind::count_of;
    const auto value = counts ? std::optional(progress.counts[counter++]) : measure(comparison.quantity, cluster_);
    values += fmt::format("{}{} is {}", values.empty() ? "" : ", ", quantity_text(comparison.quantity),
                          value ? std::to_string(*value) : "unknown");
  }
  return fmt::format("{} ({})", condition.text, values);
}

std::optional<std::string> Expectations::wrong_at_the_end(const Expectation& expectation,
                                                          const Progress& progress) const {
  const std::string line = scenario_.line_of(expectation.place);
  if (const auto* end = std::get_if<AtTheEnd>(&expectation.what)) {
    if (!holds_now(end->condition, progress).value_or(false))
      return fmt::format("{}: not at the end: {}", line, shown(end->condition, progress));
  } else if (const auto* eventually = std::get_if<Eventually>(&expectation.what)) {
    const bool begins_later = !eventually->after && !within(eventually->from, std::nullopt);
    if (progress.due || begins_later)
      return fmt::format("{}: not yet: {}", line, shown(eventually->condition, progress));
  } else if (const auto* count = std::get_if<CountOf>(&expectation.what)) {
    if (progress.counts[0] < count->is.low)
      return fmt::format("{}: {} has happened {} times, at least {} are expected", line,
                         happening_text(count->happening), progress.counts[0], count->is.low);
  } else if (const auto* job = std::get_if<JobAtTheEnd>(&expectation.what)) {
    for (const auto& [kind, wanted, word] : {std::tuple{Quantity::Kind::job_running, job->running, "running"},
                                             std::tuple{Quantity::Kind::job_complete, job->complete, "complete"}}) {
      const auto value = measure({kind, job->job, job->region, {}}, cluster_);
      if (wanted && value != *wanted)
        return fmt::format("{}: job {} has {} {}, and {} are expected", line, job->job, value.value_or(0), word,
                           *wanted);
    }
  }
  return std::nullopt;
}

std::vector<std::string> Expectations::missing() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < scenario_.expect.size(); ++i)
    if (auto wrong = wrong_at_the_end(scenario_.expect[i], progress_[i])) out.push_back(std::move(*wrong));
  return out;
}

}  // namespace simulator
