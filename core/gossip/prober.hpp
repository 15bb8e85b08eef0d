// One round of SWIM failure detection: ping a member directly, then by way of helpers, then give it up
// (SWIM §3.1; reference/gossip-wire.md, section 13).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/time.hpp"
#include "core/gossip/ids.hpp"

namespace core::gossip {

/// Invariant: at most one round is open. It closes once, by an ack or by its end.
class Prober {
 public:
  struct Round {
    std::string target;
    SeqNo seq_no;
    Instant started;
    Instant helpers_at;  ///< patience with the direct ping before helpers are asked
    Instant ends;        ///< patience with the whole round
    bool helpers_asked = false;
    int nacks_expected = 0;
    int nacks = 0;
    bool tcp_contact = false;
  };
  enum class Due { nothing, helpers, end };

  void open(Round round) {
    check(!round_, "a round starts only after the last one has closed");
    round_ = std::move(round);
  }
  /// The round this ack closes. Late and repeated acks are ordinary and close none.
  std::optional<Round> ack(SeqNo seq_no) {
    if (!round_ || round_->seq_no != seq_no) return std::nullopt;
    return std::exchange(round_, std::nullopt);
  }
  /// A helper is alive but got no answer: the fault is hardly ours.
  void nack(SeqNo seq_no) {
    if (round_ && round_->seq_no == seq_no) round_->nacks = std::min(round_->nacks + 1, round_->nacks_expected);
  }
  void tcp_contact(SeqNo seq_no) {
    if (round_ && round_->seq_no == seq_no) round_->tcp_contact = true;
  }
  void helpers_asked(int nacks_expected) {
    round_->helpers_asked = true;
    round_->nacks_expected = nacks_expected;
  }
  Round close() { return *std::exchange(round_, std::nullopt); }

  Due due(Instant now) const {
    if (!round_) return Due::nothing;
    if (now >= round_->ends) return Due::end;
    return !round_->helpers_asked && now >= round_->helpers_at ? Due::helpers : Due::nothing;
  }
  Instant deadline() const {
    if (!round_) return Instant::never();
    return round_->helpers_asked ? round_->ends : std::min(round_->helpers_at, round_->ends);
  }
  const std::optional<Round>& round() const { return round_; }

 private:
  std::optional<Round> round_;
};

}  // namespace core::gossip
