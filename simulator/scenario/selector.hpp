// Whom a line of a scenario means: "leader", "server-2", "2 random clients", "leader + 1 random server | rest".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// A count that may be drawn: [low, high].
struct Count {
  std::uint64_t low = 1;
  std::uint64_t high = 1;
};

struct Selector {
  enum class Kind {
    leader,
    named,
    random_servers,
    random_clients,
    random_followers,
    servers,
    clients,
    minority,
    rest,
    down
  };
  Kind kind = Kind::leader;
  std::string name;  // of `named`
  Count count;       // of the random ones
};
/// One side of a partition, or the target of an action: everyone that any of the parts means.
using Selectors = std::vector<Selector>;

/// Sides that cannot reach each other; with `one_way` only the way from the first to the second is cut.
struct Sides {
  std::vector<Selectors> sides;
  bool one_way = false;
};

struct SelectorError {
  std::size_t offset = 0;  // in the text
  std::string found;
  std::string hint;
};
std::expected<Selectors, SelectorError> parse_selectors(std::string_view text);
std::expected<Sides, SelectorError> parse_sides(std::string_view text);
inline constexpr const char* selectors_wanted =
    "leader, a node's name, [N] random server(s), client(s) or follower(s), a minority of servers, servers, clients, "
    "down or rest";

/// "7" or "2..5".
std::expected<Count, std::string> parse_count(std::string_view text);

}  // namespace simulator
