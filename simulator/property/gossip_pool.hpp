// A whole gossip pool in memory: real members, a network and a clock of its own, and the laws that must hold
// (gossip_invariants.hpp; VIEW once it has settled). It is driven by operations (`apply`) or by hand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/gossip/gossip.hpp"
#include "simulator/property/draws.hpp"
#include "simulator/property/gossip_invariants.hpp"
#include "simulator/property/gossip_operations.hpp"

namespace simulator::property {

class GossipPool {
 public:
  struct Links {
    core::Duration latency = std::chrono::milliseconds(1);
    double loss = 0;  // of datagrams
    double duplicates = 0;
  };

  explicit GossipPool(std::uint64_t seed, core::gossip::Profile profile = core::gossip::Profile::lan())
      : GossipPool(Draws(seed), profile) {}
  explicit GossipPool(Draws draws, core::gossip::Profile profile = core::gossip::Profile::lan())
      : draws_(std::move(draws)), profile_(profile), invariants_(grace) {}
  /// So many members, all up and joined, and the time they need for it.
  static GossipPool of(std::size_t members, Draws draws);

  /// One operation after the other; time passes in PassTime alone.
  void apply(const GossipOperation& operation);
  void apply(const GossipOperations& operations);
  /// Ends all faults, lets those join that do not know of each other, and asks for VIEW: within ten minutes every
  /// member that is up sees those that are up as alive, and no other, and it stays so. Who left in good order is held
  /// to have left (LEFT), and when there is no news any more, none is told (RATE). Empty, or the first law that fell
  /// and how.
  std::string settle();
  /// Empty, or the first law that fell and how.
  std::string violation() const;

  /// Starts member `i` (again), with nothing remembered. Its address is 127.0.0.1:i+1.
  void start(std::size_t i);
  /// kill -9.
  void kill(std::size_t i);
  void tell(std::size_t i, const core::gossip::Event& event);
  void join(std::size_t i, std::size_t to);
  void run_for(core::Duration time);
  /// Only members of the same group hear each other.
  void partition(std::map<std::size_t, int> groups) { groups_ = std::move(groups); }

  /// "a=alive b=failed".
  std::string view(std::size_t i) const;
  /// Every running member's view, one a line.
  std::string views() const;
  /// True if every running member's view is `expected`.
  bool all_see(const std::string& expected) const;
  core::gossip::Gossip& at(std::size_t i) { return *members_.at(i); }
  static std::string name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
  static core::Address address(std::size_t i) {
    return *core::Address::parse("127.0.0.1", static_cast<std::uint16_t>(i + 1));
  }

  Links links;
  core::Instant now;
  std::vector<std::string> told;  // what happened to members, as "time teller: what"
  std::size_t datagrams = 0;
  std::size_t bytes = 0;
  std::size_t joins_finished = 0;
  std::map<std::size_t, core::Instant> gone;  // who finished its leave, when

 private:
  struct Arrival {
    std::size_t node;
    core::gossip::Event event;
    int life;  // of the node it is meant for
  };
  using End = std::pair<std::size_t, core::gossip::StreamId>;

  void schedule(std::size_t node, core::gossip::Event event, core::Duration delay);
  void carry(std::size_t from, const std::vector<core::gossip::Effect>& effects);
  bool reachable(std::size_t a, std::size_t b) const;

  void act(const PassTime& pass);
  void act(const StartMember& start);
  void act(const KillMember& kill);
  void act(const LeaveMember& leave);
  void act(const ForceLeaveMember& leave);
  void act(const SplitPool& split);
  void act(const HealPool&);
  void act(const LoseDatagrams& lose);
  void act(const StallMember& stall);
  std::optional<std::size_t> another_up(std::size_t than) const;
  void disturb_all();
  bool sees_the_truth(std::size_t i) const;
  bool all_see_the_truth() const;
  bool knows_all(std::size_t i) const;
  std::size_t seen_alive_by(std::size_t i) const;
  core::Instant stalled_until(std::size_t i) const;
  void end_those_that_left();
  void check_departures();
  void check_silence();

  /// Longer than any suspicion lasts in Profile::lan() with as many members as tests have.
  static constexpr core::Duration grace = std::chrono::minutes(3);
  /// Joins and leaves that a member tells of at a time: some for each, and never many.
  static constexpr std::size_t most_intents = 120;

  Draws draws_;
  core::gossip::Profile profile_;
  GossipInvariants invariants_;
  std::size_t members_ever_ = 0;
  bool driven_ = false;  // by operations: who has left also ends
  std::map<std::size_t, core::gossip::Gossip> running_;
  std::map<std::size_t, core::gossip::Gossip*> members_;
  std::map<std::size_t, int> lives_;
  std::map<std::size_t, int> groups_;
  std::map<std::size_t, core::Instant> stalled_;  // until then
  std::set<std::size_t> leaving_in_order_;  // all saw each other when they began, and nothing else has happened since
  std::set<std::size_t> left_in_order_;
  std::map<std::pair<core::Instant, std::uint64_t>, Arrival> queue_;
  std::map<End, End> peers_;
  std::uint64_t order_ = 0;
  std::uint64_t accepted_ = 1;
};

}  // namespace simulator::property
