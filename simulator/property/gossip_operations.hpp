// What can be done to a gossip pool, as plain values: a test is a list of them, of any length, which shrinks.
//
// Every list is a valid run. Members are numbers, taken modulo how many there are; what makes no sense at the moment
// does nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace simulator::property {

struct PassTime {
  core::Duration time{};
};
/// The member starts with nothing remembered, and joins another that is up.
struct StartMember {
  std::size_t member = 0;
};
/// kill -9.
struct KillMember {
  std::size_t member = 0;
};
/// It leaves in good order, and ends.
struct LeaveMember {
  std::size_t member = 0;
};
/// `by` is told to count `member` as left, if that has failed.
struct ForceLeaveMember {
  std::size_t by = 0;
  std::size_t member = 0;
};
/// Members whose bit is set hear each other, and the others hear each other.
struct SplitPool {
  std::uint64_t side = 0;
};
struct HealPool {};
/// The share of datagrams that is lost from now on, in percent.
struct LoseDatagrams {
  std::uint64_t percent = 0;
};
/// For so long the member neither sends nor receives, while its timers go on: what comes, and what it sends, waits.
/// A process that gets no processor, as in Lifeguard's experiments.
struct StallMember {
  std::size_t member = 0;
  core::Duration time{};
};

using GossipOperation = std::variant<PassTime, StartMember, KillMember, LeaveMember, ForceLeaveMember, SplitPool,
                                     HealPool, LoseDatagrams, StallMember>;
using GossipOperations = std::vector<GossipOperation>;

/// A history of `count` operations with time between them. What may happen at all, how long the pauses are and whom
/// it happens to most are drawn first: a history in which everything happens at once shows little.
GossipOperations draw_gossip_operations(core::Rng& rng, std::size_t members, std::size_t count);

/// "c is killed"
std::string text(const GossipOperation& operation, std::size_t members);
/// The operation of such a line, or what is wrong with it.
std::expected<GossipOperation, std::string> parse_operation(std::string_view line, std::size_t members);

}  // namespace simulator::property
