// One call of Gossip::handle: its moment, its chance, and where its effects go.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/gossip/events.hpp"

namespace core::gossip {

struct Turn {
  Instant now;
  Rng& rng;
  std::vector<Effect>& out;
  std::size_t answers = 0;  // to what a packet asked, or accused us of
  bool complained = false;

  /// A packet of an honest member asks once, and brings some news besides.
  static constexpr std::size_t max_answers = 4;

  void note(Level level, std::string text) { out.push_back(Note{level, std::move(text)}); }
  /// Of what another got wrong: one line an event, however much rubbish is in it.
  void complain(Level level, std::string text) {
    if (!std::exchange(complained, true)) note(level, std::move(text));
  }
  /// Whether one more answer may go out: a small packet, unpacked, may ask for thousands, and name somebody else as the
  /// one who asks.
  bool may_answer() { return answers++ < max_answers; }
};

}  // namespace core::gossip
