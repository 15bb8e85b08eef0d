// Whom a line of a scenario means: "leader", "server-2", "2 random clients in dc2", "leader + 1 random server | rest".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/scenario/problem.hpp"
#include "simulator/scenario/values.hpp"

namespace simulator {

struct Selector {
  enum class Kind {
    leader,
    named,  // a node, or one of the scenario's sets
    random_servers,
    random_clients,
    random_followers,
    servers,
    clients,
    followers,
    minority,
    rest,
    down,
    spares,
    it,  // whom the event concerned that the entry waited for
  };
  Kind kind = Kind::leader;
  std::string name;           // of `named`
  Count count;                // of the random ones
  std::string in;             // only those of this region, datacenter, rack, class or pool; empty: all
  std::size_t offset = 0;     // of its name in the text it was parsed from
  std::size_t in_offset = 0;  // of `in`
  Place place;
};
/// One side of a partition, or the target of an action: everyone that any of the parts means.
using Selectors = std::vector<Selector>;

/// Which ways are cut.
struct Sides {
  enum class Form {
    sides,   // no side reaches another; with `one_way` only the way from the first to the second is cut
    ring,    // each reaches its two neighbours only
    bridge,  // two halves that only one member in the middle can talk to
    star,    // all reach one of them, which is drawn, and nobody else
    links,   // a share of the links, drawn
  };
  Form form = Form::sides;
  std::vector<Selectors> sides;  // one, unless the form is `sides`
  bool one_way = false;
  Share share;  // of `links`
};

struct SelectorError {
  std::size_t offset = 0;  // in the text
  std::string found;
  std::string hint;
};
/// "leader", "random": a word that a set cannot be called by.
bool is_word_of_selectors(std::string_view word);
std::expected<Selectors, SelectorError> parse_selectors(std::string_view text);
std::expected<Sides, SelectorError> parse_sides(std::string_view text);
inline constexpr const char* selectors_wanted =
    "leader, a node's or a set's name, [N] random server(s), client(s) or follower(s), a minority of servers, servers, "
    "clients, followers, spares, down, rest or it, each with \"in NAME\" if need be, joined by +";
inline constexpr const char* sides_wanted =
    "sides such as \"leader + 1 random server | rest\", \"leader -> rest\" for one way, \"ring of servers\", \"bridge "
    "of servers\", \"star of servers\" or \"30% of links of servers\"";

}  // namespace simulator
