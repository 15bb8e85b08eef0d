#include "core/gossip/identity.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

#include "core/gossip/name_index.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {
namespace {

constexpr std::size_t sweep_after = 64;  // new ones, or as many as there were
static_assert(sizeof(ProtocolVersions) == 6 && std::has_unique_object_representations_v<ProtocolVersions>,
              "it lies in memory as on the wire");

}  // namespace

std::string to_bytes(const ProtocolVersions& v) {
  std::string bytes;
  for (const std::uint8_t byte :
       {v.protocol_min, v.protocol_max, v.protocol_cur, v.delegate_min, v.delegate_max, v.delegate_cur})
    bytes += static_cast<char>(byte);
  return bytes;
}

Identity::Identity(std::string its_name, Address its_address, std::string its_meta, ProtocolVersions its_versions)
    : name(std::move(its_name)),
      address(std::move(its_address)),
      meta(std::move(its_meta)),
      versions(its_versions),
      tags(wire::serf::decode_tags(meta).value_or(wire::serf::Tags{})),
      digest(name_digest(name)),
      alive({0, name, address.ip, address.port, meta, to_bytes(versions)}),
      row({0, name, address.ip, address.port, meta, to_bytes(versions)}) {}

bool Identity::is_of(const wire::serf::Alive& message) const {
  return message.port == address.port && message.node == name && message.address == address.ip &&
         message.meta == meta && message.versions.size() == sizeof versions &&
         std::memcmp(message.versions.data(), &versions, sizeof versions) == 0;
}

std::shared_ptr<const Identity> Identities::intern(const std::string& name, const Address& address,
                                                   const std::string& meta, const ProtocolVersions& versions) {
  const auto found = known_.find(Key{name, address, meta, versions});
  if (found != known_.end()) return *found;
  if (known_.size() >= 2 * swept_at_ + sweep_after) sweep();
  return *known_.insert(std::make_shared<const Identity>(name, address, meta, versions)).first;
}

void Identities::sweep() {
  std::erase_if(known_, [](const auto& one) { return one.use_count() == 1; });
  swept_at_ = known_.size();
}

}  // namespace core::gossip
