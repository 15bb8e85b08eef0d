#include "simulator/scenario/selector.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "simulator/scenario/problem.hpp"

namespace simulator {
namespace {

constexpr std::uint64_t max_count = 100'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stopped != end || out > max_count) return std::nullopt;
  return out;
}

struct Word {
  std::string text;
  std::size_t offset;
};

std::vector<Word> words_of(std::string_view text, std::size_t offset) {
  std::vector<Word> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '[' || text[i] == ']') {
      ++i;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" []", i), text.size());
    out.push_back({std::string(text.substr(i, end - i)), offset + i});
    i = end;
  }
  return out;
}

bool is_node_name(const std::string& word) {
  for (const std::string_view kind : {"server-", "client-"})
    if (word.starts_with(kind) && number(std::string_view(word).substr(kind.size()))) return true;
  return false;
}

std::unexpected<SelectorError> wrong(const Word& word) {
  static const std::vector<std::string_view> known{"leader", "server",   "servers", "client", "clients",  "follower",
                                                   "random", "minority", "rest",    "down",   "followers"};
  return std::unexpected(SelectorError{word.offset, "\"" + word.text + "\"", nearest(word.text, known)});
}

std::expected<Selector, SelectorError> parse_one(std::string_view text, std::size_t offset) {
  std::vector<Word> words = words_of(text, offset);
  if (words.empty()) return std::unexpected(SelectorError{offset, "nothing", ""});
  if (words.size() == 4 && words[0].text == "a" && words[1].text == "minority" && words[2].text == "of" &&
      words[3].text == "servers")
    return Selector{Selector::Kind::minority, "", {}};
  Selector out;
  std::size_t at = 0;
  bool counted = false;
  if (words[at].text == "the" || words[at].text == "a" || words[at].text == "one") ++at;
  if (at < words.size()) {
    if (const auto count = parse_count(words[at].text)) {
      out.count = *count;
      counted = true;
      ++at;
    }
  }
  bool random = counted;
  if (at < words.size() && words[at].text == "random") {
    random = true;
    ++at;
  }
  if (at >= words.size()) return wrong(words.back());
  const std::string& word = words[at].text;
  if (at + 1 < words.size()) return wrong(words[at + 1]);
  using Kind = Selector::Kind;
  if (word == "server" || (random && word == "servers"))
    out.kind = Kind::random_servers;
  else if (word == "client" || (random && word == "clients"))
    out.kind = Kind::random_clients;
  else if (word == "follower" || (random && word == "followers"))
    out.kind = Kind::random_followers;
  else if (random)
    return wrong(words[at]);
  else if (word == "leader")
    out.kind = Kind::leader;
  else if (word == "servers")
    out.kind = Kind::servers;
  else if (word == "clients")
    out.kind = Kind::clients;
  else if (word == "rest")
    out.kind = Kind::rest;
  else if (word == "down")
    out.kind = Kind::down;
  else if (is_node_name(word))
    out = {Kind::named, word, {}};
  else
    return wrong(words[at]);
  return out;
}

struct Piece {
  std::string_view text;
  std::size_t offset;
};

std::vector<Piece> split(std::string_view text, std::string_view separators, std::size_t offset) {
  std::vector<Piece> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && separators.find(text[i]) == std::string_view::npos) continue;
    out.push_back({text.substr(from, i - from), offset + from});
    from = i + 1;
  }
  return out;
}

std::expected<Selectors, SelectorError> parse_side(std::string_view text, std::size_t offset) {
  Selectors out;
  for (const Piece& piece : split(text, "+,", offset)) {
    auto one = parse_one(piece.text, piece.offset);
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace

std::expected<Count, std::string> parse_count(std::string_view text) {
  const auto dots = text.find("..");
  const auto low = number(text.substr(0, dots));
  const auto high = dots == std::string_view::npos ? low : number(text.substr(dots + 2));
  if (!low || !high || *high < *low) return std::unexpected("a whole number up to 100000, or a range such as 2..5");
  return Count{*low, *high};
}

std::expected<Selectors, SelectorError> parse_selectors(std::string_view text) { return parse_side(text, 0); }

std::expected<Sides, SelectorError> parse_sides(std::string_view text) {
  Sides out;
  std::vector<Piece> pieces;
  if (const auto arrow = text.find("->"); arrow != std::string_view::npos) {
    out.one_way = true;
    pieces = {{text.substr(0, arrow), 0}, {text.substr(arrow + 2), arrow + 2}};
  } else {
    pieces = split(text, "|", 0);
  }
  if (pieces.size() < 2) return std::unexpected(SelectorError{0, "only one side", "... | rest"});
  for (const Piece& piece : pieces) {
    auto side = parse_side(piece.text, piece.offset);
    if (!side) return std::unexpected(side.error());
    out.sides.push_back(std::move(*side));
  }
  return out;
}

}  // namespace simulator
