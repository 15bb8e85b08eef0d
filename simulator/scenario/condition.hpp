// What an expectation says of a moment of a run: "job fleet running = 300 and nodes down = 0", or that something has
// happened: "leader elected", "count of leader elected <= 3".
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/scenario/happening.hpp"

namespace simulator {

struct Quantity {
  enum class Kind {
    job_running,  // allocations of a job, by their client status
    job_pending,
    job_complete,
    job_failed,
    job_lost,
    job_live,  // that are meant to run and have not ended
    nodes_ready,
    nodes_down,
    nodes_known,
    servers_up,     // processes
    servers_alive,  // as the leader's gossip has them
    voters,         // of the leader's configuration
    leaders,        // servers that believe to lead
    evaluations_pending,
    evaluations_blocked,
    tasks_running,  // on the hosts
    count_of,       // how often something has happened
  };
  Kind kind = Kind::leaders;
  std::string job;
  std::string region;  // empty: the first server's
  Happening of;        // of count_of
};

struct Comparison {
  enum class Op { equal, unequal, less, at_most, more, at_least };
  Quantity quantity;
  Op op = Op::equal;
  std::uint64_t number = 0;
};

/// All of them hold.
struct Condition {
  std::vector<Comparison> all;
  std::string text;  // as written
  Place place;
};

struct ConditionError {
  std::size_t offset = 0;
  std::string found;
  std::string wanted;
  std::string hint;
};
std::expected<Condition, ConditionError> parse_condition(std::string_view text);

struct QuantityPhrase {
  std::string_view subject;
  std::string_view verb;  // empty: the subject is all
  Quantity::Kind kind;
  bool named;  // a job's name stands between them
  std::string_view about;
};
std::span<const QuantityPhrase> quantity_phrases();
std::string quantity_text(const Quantity& quantity);
bool holds(const Comparison& comparison, std::uint64_t value);
inline constexpr const char* condition_wanted =
    "a condition such as \"job web running >= 3\" or \"leaders <= 1\", several joined by \"and\", or something that "
    "happens, such as \"leader elected\"";

}  // namespace simulator
