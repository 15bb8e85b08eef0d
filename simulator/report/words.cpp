#include "simulator/report/words.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "simulator/report/story.hpp"

namespace simulator::report {
namespace {

std::uint64_t runs_of(const FallenTogether& group) {
  std::uint64_t out = 0;
  for (const SeedOutcome* seed : group.seeds) out += seed->runs;
  return out;
}

}  // namespace

std::string first_invariant(const SeedOutcome& seed) {
  return seed.failures.empty() ? "?" : seed.failures.front().invariant;
}

std::string first_line(const SeedOutcome& seed) {
  if (seed.failures.empty()) return "nothing is known of it";
  const Failure& first = seed.failures.front();
  return fmt::format("{} (at {})", first.what, time_text(io_sim::TrueTime{} + first.at));
}

std::string details(const SeedOutcome& seed) {
  std::string out;
  for (const Failure& failure : seed.failures)
    out += fmt::format("{:>12}  {} fell: {}\n", time_text(io_sim::TrueTime{} + failure.at), failure.invariant,
                       failure.what);
  if (!seed.cause.empty()) out += "\nThis came of:\n" + seed.cause;
  out += fmt::format("\nreplay: {}\n", seed.replay);
  return out;
}

std::optional<Spot> spot_of(std::string_view text) {
  std::string_view place = text.substr(0, text.find(": "));
  std::vector<std::string_view> numbers;
  while (numbers.size() < 2) {
    const auto colon = place.rfind(':');
    if (colon == std::string_view::npos) break;
    const std::string_view number = place.substr(colon + 1);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) break;
    numbers.push_back(number);
    place = place.substr(0, colon);
  }
  if (numbers.empty() || place.empty()) return std::nullopt;
  return Spot{std::string(place), std::string(numbers.back())};
}

std::string seeds_text(const std::vector<const SeedOutcome*>& seeds) {
  constexpr std::size_t most = 5;
  const std::size_t named = std::min(seeds.size(), most);
  std::uint64_t runs = 0;
  for (const SeedOutcome* seed : seeds) runs += seed->runs;
  std::string out = named == 1 ? "seed" : "seeds";
  for (std::size_t i = 0; i < named; ++i) out += fmt::format("{}{}", i == 0 ? " " : ", ", seeds[i]->seed);
  if (runs > named) out += fmt::format(" and {} more run{}", runs - named, runs - named == 1 ? "" : "s");
  return out;
}

std::string with_commas(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::vector<FallenTogether> by_invariant(const ScenarioOutcome& scenario) {
  std::map<std::string, FallenTogether> groups;
  for (const SeedOutcome& seed : scenario.kept) {
    if (seed.how != SeedOutcome::How::fell) continue;
    FallenTogether& group = groups[first_invariant(seed)];
    group.invariant = first_invariant(seed);
    group.seeds.push_back(&seed);
  }
  std::vector<FallenTogether> out;
  for (auto& [invariant, group] : groups) {
    out.push_back(std::move(group));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return runs_of(a) > runs_of(b); });
  return out;
}

}  // namespace simulator::report
