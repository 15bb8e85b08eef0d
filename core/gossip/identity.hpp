// What a member says of itself, which all that know it hold alike: one copy serves all of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include <boost/describe/class.hpp>

#include "core/base/address.hpp"
#include "core/wire/serf/message.hpp"

namespace core::gossip {

/// The range and choice of memberlist's protocol and of Serf's (the "delegate").
struct ProtocolVersions {
  std::uint8_t protocol_min = 0;
  std::uint8_t protocol_max = 0;
  std::uint8_t protocol_cur = 0;
  std::uint8_t delegate_min = 0;
  std::uint8_t delegate_max = 0;
  std::uint8_t delegate_cur = 0;

  friend auto operator<=>(const ProtocolVersions&, const ProtocolVersions&) = default;
};
BOOST_DESCRIBE_STRUCT(ProtocolVersions, (),
                      (protocol_min, protocol_max, protocol_cur, delegate_min, delegate_max, delegate_cur))

/// The six bytes of the wire.
std::string to_bytes(const ProtocolVersions& versions);

/// Never changes: a member that gets another address or other tags gets another identity.
class Identity {
 public:
  /// Metadata whose tags cannot be read has none.
  Identity(std::string name, Address address, std::string meta, ProtocolVersions versions);

  /// Whether the message says just this, byte for byte.
  bool is_of(const wire::serf::Alive& message) const;

  const std::string name;
  const Address address;
  const std::string meta;  ///< the tags, as they came
  const ProtocolVersions versions;
  const std::map<std::string, std::string> tags;
  const std::uint32_t digest;  ///< of the name
  const wire::serf::AliveFrame alive;
  const wire::serf::NodeStateFrame row;
};

/// Gives equal identities as one object, for as long as somebody has it. Members whose owner hands them the same one
/// share what they know of each other; nothing that they do depends on it.
class Identities {
 public:
  std::shared_ptr<const Identity> intern(const std::string& name, const Address& address, const std::string& meta,
                                         const ProtocolVersions& versions);
  std::size_t size() const { return known_.size(); }

 private:
  using Key = std::tuple<const std::string&, const Address&, const std::string&, const ProtocolVersions&>;
  struct ByContent {
    using is_transparent = void;
    static Key key(const Key& key) { return key; }
    static Key key(const std::shared_ptr<const Identity>& one) {
      return {one->name, one->address, one->meta, one->versions};
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return key(a) < key(b);
    }
  };
  /// Lets go of those that nobody else has.
  void sweep();

  std::set<std::shared_ptr<const Identity>, ByContent> known_;
  std::size_t swept_at_ = 0;  // its size after the last sweep
};

}  // namespace core::gossip
