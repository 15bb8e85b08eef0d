// What allocations hold of a node that does not add up: host ports and whole CPU cores.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/model/job.hpp"
#include "core/model/node.hpp"

namespace core::scheduler {

/// "22,80,8500-8600" as inclusive ranges. What cannot be read is left out: the client has validated it.
std::vector<std::pair<std::int32_t, std::int32_t>> parse_port_ranges(std::string_view text);
inline constexpr std::size_t max_port_ranges = 1024;

/// Megahertz of one core, what `cores = 1` stands for.
std::int64_t mhz_per_core(const model::Node& node);

/// The node must outlive it.
class Holdings {
 public:
  explicit Holdings(const model::Node& node);

  /// Takes what an allocation holds. Says what was held already: "reserved port collision: 8080" or "cores".
  std::optional<std::string> add(const model::AllocatedResources& resources);

  /// Why the group could not get its ports and cores here, as AllocMetric.dimension_exhausted has it
  /// ("network: reserved port collision http=8080"); empty when it can.
  std::optional<std::string> refuses(const model::TaskGroup& group) const;

  /// Completes `resources`, which has the group's tasks, with ports and cores. Only after refuses() was empty.
  /// Dynamic ports are drawn; cores are the lowest free ones.
  void assign(const model::TaskGroup& group, Rng& rng, model::AllocatedResources& resources);

 private:
  bool held(std::string_view address, std::int32_t port) const;
  bool reserved(std::int32_t port) const;
  /// At least so many are free, on whichever address.
  std::int64_t free_dynamic_ports() const;
  std::string_view address_of(std::string_view host_network) const;
  std::vector<std::uint16_t> free_cores() const;
  std::int32_t draw_port(std::string_view address, Rng& rng);
  model::NetworkResource assign(const model::NetworkResource& ask, Rng& rng, std::vector<model::AllocatedPort>* ports);

  const model::Node* node_;
  std::vector<std::pair<std::int32_t, std::int32_t>> reserved_;
  std::map<std::int32_t, std::vector<std::string>> ports_;  // port to the addresses on which it is held
  std::set<std::uint16_t> cores_;
};

/// Does the group ask for ports or cores at all?
bool asks_for_holdings(const model::TaskGroup& group);

}  // namespace core::scheduler
