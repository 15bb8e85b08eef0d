#include "simulator/property/gossip_hunt.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_members = 26;  // a letter each
constexpr std::size_t most_operations = 10'000;

bool skip(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  return true;
}

bool read_number(std::string_view& text, std::uint64_t& into) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return error == std::errc{};
}

// "seed 7, 5 members"
std::expected<GossipHistory, std::string> parse_head(std::string_view line) {
  GossipHistory history;
  std::uint64_t members = 0;
  std::string_view left = line;
  if (!skip(left, "seed ") || !read_number(left, history.seed) || !skip(left, ", ") || !read_number(left, members) ||
      left != " members")
    return std::unexpected(fmt::format("wants \"seed N, N members\", found \"{}\"", line.substr(0, 80)));
  if (members < 1 || members > most_members)
    return std::unexpected(fmt::format("wants 1 to {} members, found {}", most_members, members));
  history.members = members;
  return history;
}

// Cuts one history down: each try that still falls takes its place.
class Shrinking {
 public:
  using Falls = std::function<bool(const GossipHistory&)>;

  Shrinking(GossipHistory history, const Falls& falls) : history_(std::move(history)), falls_(falls) {}

  GossipHistory small() {
    for (bool smaller = true; smaller;) {
      smaller = leave_out();
      smaller |= fewer_members();
      smaller |= rounder_times();
    }
    return history_;
  }

 private:
  using Place = std::ptrdiff_t;

  bool take(GossipHistory smaller) {
    if (!falls_(smaller)) return false;
    history_ = std::move(smaller);
    return true;
  }

  // Halves first, then quarters, and so on down to single operations.
  bool leave_out() {
    bool any = join_pauses();
    for (std::size_t length = history_.operations.size(); length > 0; length /= 2)
      for (std::size_t at = history_.operations.size(); at > 0;) {
        const std::size_t from = at > length ? at - length : 0;
        GossipHistory without = history_;
        without.operations.erase(without.operations.begin() + static_cast<Place>(from),
                                 without.operations.begin() + static_cast<Place>(at));
        any |= take(std::move(without));
        at = from;
      }
    any |= join_pauses();
    return any;
  }

  // The same run, told in fewer lines.
  bool join_pauses() {
    GossipHistory joined = history_;
    joined.operations.clear();
    for (const GossipOperation& operation : history_.operations) {
      const auto* const pause = std::get_if<PassTime>(&operation);
      auto* const before = joined.operations.empty() ? nullptr : std::get_if<PassTime>(&joined.operations.back());
      if (pause != nullptr && before != nullptr)
        before->time += pause->time;
      else
        joined.operations.push_back(operation);
    }
    return joined.operations.size() < history_.operations.size() && take(std::move(joined));
  }

  bool fewer_members() {
    bool any = false;
    while (history_.members > 2) {
      GossipHistory fewer = history_;
      --fewer.members;
      if (!take(std::move(fewer))) break;
      any = true;
    }
    return any;
  }

  static core::Duration* time_of(GossipOperation& operation) {
    if (auto* const pause = std::get_if<PassTime>(&operation)) return &pause->time;
    if (auto* const stall = std::get_if<StallMember>(&operation)) return &stall->time;
    return nullptr;
  }

  bool rounder_times() {
    constexpr core::Duration units[] = {10s, 1s, 100ms, 1ms};
    bool any = false;
    for (std::size_t at = 0; at < history_.operations.size(); ++at)
      for (const core::Duration unit : units) {
        GossipHistory rounder = history_;
        core::Duration* const time = time_of(rounder.operations[at]);
        if (time == nullptr || *time % unit == 0ns) break;
        *time -= *time % unit;
        if (*time == 0ns) continue;
        if (!take(std::move(rounder))) continue;
        any = true;
        break;
      }
    return any;
  }

  GossipHistory history_;
  const Falls& falls_;
};

}  // namespace

GossipHistory GossipHistory::drawn(std::uint64_t seed, std::size_t most) {
  core::Rng rng(seed);
  GossipHistory history;
  history.seed = seed;
  history.members = 3 + rng.below(6);
  const std::size_t count = rng.chance(0.5) ? most : 1 + rng.below(most);
  history.operations = draw_gossip_operations(rng, history.members, count);
  return history;
}

std::expected<GossipHistory, std::string> GossipHistory::parse(std::string_view text) {
  std::optional<GossipHistory> history;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto wrong = [&](const std::string& what) {
      return std::unexpected(fmt::format("line {}: {}", number, what));
    };
    if (!history) {
      auto head = parse_head(line);
      if (!head) return wrong(head.error());
      history = std::move(*head);
      continue;
    }
    if (history->operations.size() >= most_operations)
      return wrong(fmt::format("more than {} operations", most_operations));
    const auto operation = parse_operation(line, history->members);
    if (!operation) return wrong(operation.error());
    history->operations.push_back(*operation);
  }
  if (!history) return std::unexpected(std::string("line 1: wants \"seed N, N members\", found nothing"));
  return *history;
}

std::string text(const GossipHistory& history) {
  std::string out = fmt::format("seed {}, {} members\n", history.seed, history.members);
  for (const GossipOperation& operation : history.operations) out += "  " + text(operation, history.members) + "\n";
  return out;
}

std::string run(const GossipHistory& history) {
  GossipPool pool = GossipPool::of(history.members, Draws(history.seed));
  pool.apply(history.operations);
  return pool.settle();
}

std::string law_of(const std::string& violation) { return violation.substr(0, violation.find(' ')); }

GossipHistory cut_down(GossipHistory history, const std::function<bool(const GossipHistory&)>& falls) {
  return Shrinking(std::move(history), falls).small();
}

std::string story(const GossipHistory& history, std::size_t most) {
  GossipPool pool = GossipPool::of(history.members, Draws(history.seed));
  pool.told.clear();  // that they met
  for (const GossipOperation& operation : history.operations) {
    if (!std::holds_alternative<PassTime>(operation))
      pool.told.push_back(fmt::format("{}ms {}", pool.now.ns / 1'000'000, text(operation, history.members)));
    pool.apply(operation);
  }
  if (pool.violation().empty()) pool.told.push_back(fmt::format("{}ms all faults end", pool.now.ns / 1'000'000));
  pool.settle();
  std::string out;
  const std::size_t from = pool.told.size() - std::min(most, pool.told.size());
  if (from > 0) out += fmt::format("  ({} lines before)\n", from);
  for (std::size_t line = from; line < pool.told.size(); ++line) out += "  " + pool.told[line] + "\n";
  return out;
}

}  // namespace simulator::property
