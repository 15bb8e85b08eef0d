#include "simulator/scenario/selector.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace simulator {
namespace {

using Kind = Selector::Kind;

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

bool is_name(std::string_view word) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !word.empty() && std::all_of(word.begin(), word.end(), fits);
}

struct Noun {
  std::string_view word;
  Kind kind;
  bool random;  // when a count or "random" stands before it
};
constexpr Noun nouns[] = {
    {"server", Kind::random_servers, true},
    {"servers", Kind::random_servers, true},
    {"client", Kind::random_clients, true},
    {"clients", Kind::random_clients, true},
    {"follower", Kind::random_followers, true},
    {"followers", Kind::random_followers, true},
    {"leader", Kind::leader, false},
    {"servers", Kind::servers, false},
    {"clients", Kind::clients, false},
    {"followers", Kind::followers, false},
    {"rest", Kind::rest, false},
    {"down", Kind::down, false},
    {"spares", Kind::spares, false},
    {"it", Kind::it, false},
};

std::unexpected<SelectorError> wrong(const Word& word) {
  std::vector<std::string_view> known{"random", "minority"};
  for (const Noun& noun : nouns) known.push_back(noun.word);
  return std::unexpected(SelectorError{word.offset, "\"" + word.text + "\"", nearest(word.text, known)});
}

std::expected<Selector, SelectorError> parse_one(std::string_view text, std::size_t offset) {
  std::vector<Word> words = words_of(text, offset);
  if (words.empty()) return std::unexpected(SelectorError{offset, "nothing", ""});
  Selector out;
  if (words.size() > 2 && words[words.size() - 2].text == "in") {
    out.in = words.back().text;
    out.in_offset = words.back().offset;
    words.resize(words.size() - 2);
  }
  if (words.size() == 4 && words[0].text == "a" && words[1].text == "minority" && words[2].text == "of" &&
      words[3].text == "servers") {
    out.kind = Kind::minority;
    return out;
  }
  std::size_t at = 0;
  bool random = false;
  const bool article = words[at].text == "the" || words[at].text == "a" || words[at].text == "one";
  if (article && words.size() > 1) ++at;
  if (const auto count = parse_count(words[at].text)) {
    out.count = *count;
    random = true;
    ++at;
  }
  if (at < words.size() && words[at].text == "random") {
    random = true;
    ++at;
  }
  if (at >= words.size()) return wrong(words.back());
  if (at + 1 < words.size()) return wrong(random && !is_word_of_selectors(words[at].text) ? words[at] : words[at + 1]);
  out.offset = words[at].offset;
  const std::string& word = words[at].text;
  for (const Noun& noun : nouns) {
    if (noun.word != word || noun.random != (random || (noun.random && !word.ends_with('s')))) continue;
    out.kind = noun.kind;
    return out;
  }
  // Whether there is such a node or set is looked at when all of the scenario is known.
  if (random || article || !is_name(word)) return wrong(words[at]);
  out.kind = Kind::named;
  out.name = word;
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

// "ring of servers": what stands before " of ", and the rest of the text with its offset.
std::optional<std::pair<Sides, Piece>> shaped(std::string_view text) {
  Sides out;
  const auto after = [&](std::string_view head) { return Piece{text.substr(head.size()), head.size()}; };
  for (const auto& [head, form] : {std::pair<std::string_view, Sides::Form>{"ring of ", Sides::Form::ring},
                                   std::pair<std::string_view, Sides::Form>{"bridge of ", Sides::Form::bridge},
                                   std::pair<std::string_view, Sides::Form>{"star of ", Sides::Form::star}}) {
    if (!text.starts_with(head)) continue;
    out.form = form;
    return std::pair{out, after(head)};
  }
  constexpr std::string_view of_links = " of links of ";
  const auto at = text.find(of_links);
  if (at == std::string_view::npos) return std::nullopt;
  const auto share = parse_share(text.substr(0, at));
  if (!share) return std::nullopt;
  out.form = Sides::Form::links;
  out.share = *share;
  return std::pair{out, after(text.substr(0, at + of_links.size()))};
}

}  // namespace

bool is_word_of_selectors(std::string_view word) {
  constexpr std::string_view others[] = {"random", "minority", "in", "of", "a", "the", "one"};
  return std::ranges::find(others, word) != std::end(others) ||
         std::ranges::find(nouns, word, &Noun::word) != std::end(nouns);
}

std::expected<Selectors, SelectorError> parse_selectors(std::string_view text) { return parse_side(text, 0); }

std::expected<Sides, SelectorError> parse_sides(std::string_view text) {
  std::vector<Piece> pieces;
  Sides out;
  if (const auto form = shaped(text)) {
    out = form->first;
    pieces = {form->second};
  } else if (const auto arrow = text.find("->"); arrow != std::string_view::npos) {
    out.one_way = true;
    pieces = {{text.substr(0, arrow), 0}, {text.substr(arrow + 2), arrow + 2}};
  } else {
    pieces = split(text, "|", 0);
    if (pieces.size() < 2) return std::unexpected(SelectorError{0, "only one side", "... | rest"});
  }
  for (const Piece& piece : pieces) {
    auto side = parse_side(piece.text, piece.offset);
    if (!side) return std::unexpected(side.error());
    out.sides.push_back(std::move(*side));
  }
  return out;
}

}  // namespace simulator
