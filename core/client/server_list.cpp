#include "core/client/server_list.hpp"

#include <algorithm>

namespace core::client {

void ServerList::set(std::vector<Address> servers, Rng& rng) {
  std::erase_if(servers, [](const Address& server) { return !server.is_set() || server.port == 0; });
  std::sort(servers.begin(), servers.end());
  servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
  if (servers.size() > max_servers) servers.resize(max_servers);
  if (servers.empty()) return;
  std::vector<Address> known = servers_;
  std::sort(known.begin(), known.end());
  if (known == servers) return;
  former_.insert(former_.begin(), servers_.begin(), servers_.end());
  std::erase_if(former_, [&](const Address& one) { return std::binary_search(servers.begin(), servers.end(), one); });
  if (former_.size() > max_former) former_.resize(max_former);
  rng.shuffle(servers);
  servers_ = std::move(servers);
}

void ServerList::set(const std::vector<std::string>& servers, Rng& rng) {
  std::vector<Address> addresses;
  for (const std::string& text : servers)
    if (const auto address = Address::parse(text)) addresses.push_back(*address);
  set(std::move(addresses), rng);
}

void ServerList::failed(const Address& server) {
  if (!servers_.empty() && servers_.front() == server)
    std::rotate(servers_.begin(), servers_.begin() + 1, servers_.end());
}

void ServerList::all_failed() {
  servers_.insert(servers_.end(), former_.begin(), former_.end());
  former_.clear();
}

}  // namespace core::client
