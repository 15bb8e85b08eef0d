// How many connections a peer may hold, and all peers together.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace io_real::net {

class ConnectionLimit {
 public:
  /// Zero means any number.
  ConnectionLimit(std::size_t per_ip, std::size_t total)
      : counts_(std::make_shared<Counts>(Counts{per_ip, total, {}, 0})) {}

  /// A place that is given back when the last copy goes. Null when none is free.
  using Place = std::shared_ptr<void>;
  Place take(const std::string& ip) {
    auto& of_ip = counts_->by_ip[ip];
    const bool full =
        (counts_->per_ip && of_ip >= counts_->per_ip) || (counts_->total && counts_->taken >= counts_->total);
    if (full) {
      if (of_ip == 0) counts_->by_ip.erase(ip);
      return nullptr;
    }
    ++of_ip;
    ++counts_->taken;
    return Place(counts_.get(), [counts = counts_, ip](void*) {
      --counts->taken;
      if (--counts->by_ip[ip] == 0) counts->by_ip.erase(ip);
    });
  }

 private:
  struct Counts {
    std::size_t per_ip;
    std::size_t total;
    std::map<std::string, std::size_t> by_ip;
    std::size_t taken;
  };
  std::shared_ptr<Counts> counts_;
};

}  // namespace io_real::net
