// How long a suspect has to speak up: Lifeguard's suspicion timer (arXiv 1707.00788 §IV-B;
// reference/gossip-wire.md, section 14).
#pragma once

#include <set>
#include <string>

#include "core/base/time.hpp"
#include "core/gossip/config.hpp"

namespace core::gossip {

/// In the place of the accuser's name.
inline constexpr const char* hearsay = "";

/// Starts long, and shortens with each further member that suspects the same.
class Suspicion {
 public:
  /// `living`: members that are alive or suspected, ourselves and the suspect included. The dead do not count:
  /// they confirm nothing, and would only make us wait.
  /// `patience` stretches the least time it takes, up to the longest.
  /// `accuser`: `hearsay` if another's state told it, which does not say whose word that is.
  Suspicion(const Profile& profile, std::size_t living, std::string accuser, Instant now, int patience = 1);

  /// True if `from` had not said so before and still makes a difference. Hearsay makes none; whoever says so first
  /// where there was only hearsay is the accuser.
  bool confirm(const std::string& from);
  Instant expires() const;
  /// After so many confirmations it ends soonest.
  int wanted() const { return wanted_; }
  int confirmations() const { return static_cast<int>(confirmed_by_.size()); }

  static Duration min_timeout(const Profile& profile, std::size_t living);

 private:
  Instant started_;
  Duration min_;
  Duration max_;
  int wanted_;  // confirmations after which the timeout is min_
  std::string accuser_;
  std::set<std::string> confirmed_by_;
};

}  // namespace core::gossip
