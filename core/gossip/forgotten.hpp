// Members that were forgotten, remembered just enough that old news does not bring them back (memberlist#312).
#pragma once

#include <map>
#include <string>

#include "core/gossip/config.hpp"
#include "core/gossip/ids.hpp"

namespace core::gossip {

class Forgotten {
 public:
  struct Entry {
    Address address;
    Incarnation incarnation;
    Instant since;
    Instant accused;  ///< when we last told it so
  };

  void add(const std::string& name, Entry entry) {
    if (entries_.size() >= max_forgotten) drop_oldest();
    entries_.insert_or_assign(name, std::move(entry));
  }
  void erase(const std::string& name) { entries_.erase(name); }
  /// The word that has to be exceeded before the name is believed to live again at its address.
  Entry* find(const std::string& name) {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }

 private:
  void drop_oldest() {
    auto oldest = entries_.begin();
    for (auto at = entries_.begin(); at != entries_.end(); ++at)
      if (at->second.since < oldest->second.since) oldest = at;
    entries_.erase(oldest);
  }

  std::map<std::string, Entry> entries_;
};

}  // namespace core::gossip
