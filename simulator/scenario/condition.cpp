#include "simulator/scenario/condition.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "simulator/scenario/values.hpp"

namespace simulator {
namespace {

using Kind = Quantity::Kind;
using Op = Comparison::Op;

constexpr std::array<QuantityPhrase, 16> phrases{{
    {"job", "running", Kind::job_running, true, "allocations of the job that run"},
    {"job", "pending", Kind::job_pending, true, "those that are placed and do not run yet"},
    {"job", "complete", Kind::job_complete, true, "those that have ended well"},
    {"job", "failed", Kind::job_failed, true, "those that have failed"},
    {"job", "lost", Kind::job_lost, true, "those that were given up with their node"},
    {"job", "live", Kind::job_live, true, "those that are to run and have not ended"},
    {"nodes", "ready", Kind::nodes_ready, false, "clients that are ready"},
    {"nodes", "down", Kind::nodes_down, false, "clients that are down"},
    {"nodes", "known", Kind::nodes_known, false, "clients that have registered"},
    {"servers", "up", Kind::servers_up, false, "servers whose process runs"},
    {"servers", "alive", Kind::servers_alive, false, "servers that live, as the leader's gossip has it"},
    {"voters", "", Kind::voters, false, "voters in the leader's configuration"},
    {"leaders", "", Kind::leaders, false, "servers that believe they lead"},
    {"evaluations", "pending", Kind::evaluations_pending, false, "evaluations that wait for a scheduler"},
    {"evaluations", "blocked", Kind::evaluations_blocked, false, "evaluations that wait for room"},
    {"tasks", "running", Kind::tasks_running, false, "tasks that run on the clients' hosts"},
}};

constexpr std::array<std::pair<std::string_view, Op>, 6> ops{{{"!=", Op::unequal},
                                                              {"<=", Op::at_most},
                                                              {">=", Op::at_least},
                                                              {"=", Op::equal},
                                                              {"<", Op::less},
                                                              {">", Op::more}}};

struct Piece {
  std::string_view text;
  std::size_t offset;
};

Piece trimmed(Piece piece) {
  while (!piece.text.empty() && piece.text.front() == ' ') {
    piece.text.remove_prefix(1);
    ++piece.offset;
  }
  while (!piece.text.empty() && piece.text.back() == ' ') piece.text.remove_suffix(1);
  return piece;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    if (end > i) out.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

std::optional<Quantity> phrase_of(const std::vector<std::string_view>& words) {
  for (const QuantityPhrase& phrase : phrases) {
    const std::size_t length = 1 + (phrase.named ? 1 : 0) + (phrase.verb.empty() ? 0 : 1);
    if (words.size() != length || words[0] != phrase.subject) continue;
    if (!phrase.verb.empty() && words.back() != phrase.verb) continue;
    return Quantity{phrase.kind, phrase.named ? std::string(words[1]) : "", "", {}};
  }
  return std::nullopt;
}

std::expected<Quantity, ConditionError> parse_quantity(Piece piece) {
  constexpr std::string_view count_of = "count of ";
  if (piece.text.starts_with(count_of)) {
    std::string hint;
    const std::string_view what = piece.text.substr(count_of.size());
    auto happening = parse_happening(what, hint);
    if (!happening)
      return std::unexpected(
          ConditionError{piece.offset + count_of.size(), fmt::format("\"{}\"", what), happening_wanted, hint});
    return Quantity{Kind::count_of, "", "", std::move(*happening)};
  }
  auto words = words_of(piece.text);
  if (auto found = phrase_of(words)) return std::move(*found);
  if (words.size() > 2 && words[words.size() - 2] == "in") {
    const std::string_view region = words.back();
    words.resize(words.size() - 2);
    if (auto found = phrase_of(words)) {
      found->region = region;
      return std::move(*found);
    }
  }
  std::vector<std::string> known;
  for (const QuantityPhrase& phrase : phrases) {
    std::string name(phrase.subject);
    if (phrase.named) name += fmt::format(" {}", words.size() == 3 ? words[1] : "NAME");
    if (!phrase.verb.empty()) name += fmt::format(" {}", phrase.verb);
    known.push_back(std::move(name));
  }
  return std::unexpected(ConditionError{piece.offset, fmt::format("\"{}\"", piece.text), condition_wanted,
                                        nearest(piece.text, {known.begin(), known.end()})});
}

std::expected<Comparison, ConditionError> parse_comparison(Piece piece) {
  for (std::size_t i = 0; i < piece.text.size(); ++i) {
    for (const auto& [sign, op] : ops) {
      if (!piece.text.substr(i).starts_with(sign)) continue;
      auto quantity = parse_quantity(trimmed({piece.text.substr(0, i), piece.offset}));
      if (!quantity) return std::unexpected(quantity.error());
      const Piece number = trimmed({piece.text.substr(i + sign.size()), piece.offset + i + sign.size()});
      const auto count = parse_count(number.text);
      if (!count || count->low != count->high)
        return std::unexpected(
            ConditionError{number.offset, fmt::format("\"{}\"", number.text), "a whole number up to 100000", ""});
      return Comparison{std::move(*quantity), op, count->low};
    }
  }
  // Without a sign it is something that happens: at least once.
  std::string hint;
  auto happening = parse_happening(piece.text, hint);
  if (happening) return Comparison{Quantity{Kind::count_of, "", "", std::move(*happening)}, Op::at_least, 1};
  return std::unexpected(ConditionError{piece.offset, fmt::format("\"{}\"", piece.text), condition_wanted, hint});
}

}  // namespace

std::expected<Condition, ConditionError> parse_condition(std::string_view text) {
  constexpr std::string_view conjunction = " and ";
  Condition out;
  out.text = text;
  std::size_t from = 0;
  for (;;) {
    const auto next = text.find(conjunction, from);
    auto one = parse_comparison(trimmed({text.substr(from, next - from), from}));
    if (!one) return std::unexpected(one.error());
    out.all.push_back(std::move(*one));
    if (next == std::string_view::npos) return out;
    from = next + conjunction.size();
  }
}

std::span<const QuantityPhrase> quantity_phrases() { return phrases; }

std::string quantity_text(const Quantity& quantity) {
  if (quantity.kind == Kind::count_of) return "count of " + happening_text(quantity.of);
  for (const QuantityPhrase& phrase : phrases)
    if (phrase.kind == quantity.kind)
      return fmt::format("{}{}{}{}{}", phrase.subject, quantity.job.empty() ? "" : " " + quantity.job,
                         phrase.verb.empty() ? "" : " ", phrase.verb,
                         quantity.region.empty() ? "" : " in " + quantity.region);
  return "";
}

bool holds(const Comparison& comparison, std::uint64_t value) {
  switch (comparison.op) {
    case Op::equal:
      return value == comparison.number;
    case Op::unequal:
      return value != comparison.number;
    case Op::less:
      return value < comparison.number;
    case Op::at_most:
      return value <= comparison.number;
    case Op::more:
      return value > comparison.number;
    case Op::at_least:
      return value >= comparison.number;
  }
  return false;
}

}  // namespace simulator
