// One call of Gossip::handle: its moment, its chance, and where its effects go.
#pragma once

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

  void note(Level level, std::string text) { out.push_back(Note{level, std::move(text)}); }
};

}  // namespace core::gossip
