// The servers a client talks to: one at a time, the next when it fails (client-internals.md §4). Those that are named
// no more are not forgotten: a server that has just started names only itself, and may be gone the next moment
// (nomad#4666).
#pragma once

#include <string>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/rng.hpp"

namespace core::client {

class ServerList {
 public:
  static constexpr std::size_t max_servers = 256;
  static constexpr std::size_t max_former = 16;

  /// A new set is shuffled, so that clients spread over servers; a set that is the same keeps its order.
  /// An empty one is ignored. Who was known and is not of the set is kept for `all_failed`.
  void set(std::vector<Address> servers, Rng& rng);
  /// What the servers say of themselves: "ip:port" each. Entries that cannot be read are left out.
  void set(const std::vector<std::string>& servers, Rng& rng);
  /// Moves `server` to the end if it is the first.
  void failed(const Address& server);
  /// Whoever was asked of them all failed: those that were known before are asked, too, after them.
  void all_failed();

  bool empty() const { return servers_.empty(); }
  std::size_t size() const { return servers_.size(); }
  const Address& first() const { return servers_.front(); }
  const std::vector<Address>& all() const { return servers_; }

 private:
  std::vector<Address> servers_;
  std::vector<Address> former_;  // the last known first
};

}  // namespace core::client
