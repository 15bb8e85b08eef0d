// NOFALSE: a server that is up and reachable is not declared failed; neither are the others by one that hears nobody,
// which knows that the fault may be its own (Lifeguard). LEFT: one that left stays left until it starts again, and who
// left in good order is held for that and not for failed. Both look at every server's list of members.
#pragma once

#include <map>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class NoFalse final : public Checker {
 public:
  explicit NoFalse(std::size_t servers) : failed_(servers * servers), deaf_(servers) {}
  std::string_view invariant() const override { return "NOFALSE"; }
  std::optional<std::string> at_intervals(const Round& round) override;

  /// How long all must have been together before a false alarm is one: longer than the longest suspicion lasts.
  static constexpr core::Duration calm{90'000'000'000};

  /// A pool in which a suspicion waits for others to confirm it (Profile::wan), and how long it does so at least
  /// without.
  static constexpr std::size_t enough_to_confirm = 6;
  static constexpr core::Duration patience{120'000'000'000};

 private:
  /// Whoever hears nobody any more: since when, and whether all was well before.
  struct Deaf {
    TrueTime since = TrueTime::never();
    bool all_was_well = false;
  };
  void look_who_is_deaf(const Round& round, ServerSet everybody);

  std::vector<bool> failed_;  // by pair: as the first holds the second
  std::vector<Deaf> deaf_;    // by server
  bool was_calm_ = false;     // at the last look
};

class Left final : public Checker {
 public:
  explicit Left(std::size_t servers) : left_(servers * servers), leaves_(servers) {}
  std::string_view invariant() const override { return "LEFT"; }
  std::optional<std::string> at_intervals(const Round& round) override;

 private:
  struct Seen {
    std::uint64_t observer_life = 0;
    std::uint64_t life = 0;  // in which it left; zero: it is not held to have left
  };
  /// One that left while all were together and well.
  struct Leave {
    bool in_good_order = false;
    bool was_well = false;  // at the last look, while it was a member: it and all others, for long
    TrueTime at;
    std::uint64_t life = 0;
  };
  /// How long the others may take to agree that it has left: two exchanges of whole states, and some.
  static constexpr core::Duration time_to_agree{180'000'000'000};
  static constexpr core::Duration together_before{60'000'000'000};
  std::optional<std::string> not_held_for_left(const Round& round);

  std::vector<Seen> left_;     // by pair
  std::vector<Leave> leaves_;  // by server
};

}  // namespace simulator::checkers
