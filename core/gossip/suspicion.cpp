#include "core/gossip/suspicion.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/mutant.hpp"

namespace core::gossip {
namespace {

int confirmations_wanted(const Profile& profile, std::size_t living) {
  const int wanted = profile.suspicion_mult - 2;
  // With fewer members than that beside accuser and suspect nobody is left to confirm.
  return static_cast<std::int64_t>(living) - 2 < wanted ? 0 : std::max(wanted, 0);
}

}  // namespace

Duration Suspicion::min_timeout(const Profile& profile, std::size_t living) {
  const double scale = std::max(1.0, std::log10(std::max(1.0, static_cast<double>(living))));
  // In thousandths, cut off, as memberlist computes it.
  const auto thousandths = static_cast<std::int64_t>(scale * 1000);
  return profile.suspicion_mult * thousandths * profile.probe_interval / 1000;
}

Suspicion::Suspicion(const Profile& profile, std::size_t living, std::string accuser, Instant now, int patience)
    : started_(now),
      min_(min_timeout(profile, living) * std::clamp(patience, 1, profile.suspicion_max_timeout_mult)),
      max_(base::mutant("K40") ? min_ : min_timeout(profile, living) * profile.suspicion_max_timeout_mult),
      wanted_(confirmations_wanted(profile, living)),
      accuser_(std::move(accuser)) {}

bool Suspicion::confirm(const std::string& from) {
  if (from == hearsay) return false;
  if (accuser_ == hearsay) {
    accuser_ = from;
    return true;
  }
  if (from == accuser_ || confirmations() >= wanted_) return false;
  return confirmed_by_.insert(from).second;
}

Instant Suspicion::expires() const {
  if (wanted_ < 1) return started_ + min_;
  const double share = std::log(confirmations() + 1.0) / std::log(wanted_ + 1.0);
  const double seconds =
      std::chrono::duration<double>(max_).count() - share * std::chrono::duration<double>(max_ - min_).count();
  const auto whole = Duration{std::chrono::milliseconds(static_cast<std::int64_t>(std::floor(seconds * 1000)))};
  return started_ + std::max(min_, whole);
}

}  // namespace core::gossip
