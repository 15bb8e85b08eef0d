// HEAL, while faults last: where a server could be elected, somebody leads soon. It could be, when for long it has been
// well, and so has a majority of the voters, which it reaches both ways and whose logs are not ahead of its own; the
// others may do what they like, and need not reach each other.
#pragma once

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class Electable final : public Checker {
 public:
  /// Of one region.
  Electable(std::size_t region, const Health& health) : region_(region), health_(health) {}
  std::string_view invariant() const override { return "HEAL"; }
  std::optional<std::string> saw(const Sight& sight) override;
  std::optional<std::string> at_intervals(const Round& round) override;

  /// How many election timeouts it may take: each try fails with a chance only.
  static constexpr std::int64_t patience = 40;

 private:
  /// The voters, itself among them, that would have elected the server at any time since then.
  std::size_t supporters(const Round& round, NodeId server, TrueTime since) const;

  std::size_t region_;
  const Health& health_;
  TrueTime led_at_;  // when a server that is well last led
};

}  // namespace simulator::checkers
