// A member of the pool, as Serf shows it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <boost/describe/enum.hpp>

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "core/gossip/identity.hpp"
#include "core/gossip/ids.hpp"

namespace core::gossip {

/// The values are Serf's on the wire.
enum class MemberStatus : std::uint8_t { none = 0, alive = 1, leaving = 2, left = 3, failed = 4 };
BOOST_DESCRIBE_ENUM(MemberStatus, none, alive, leaving, left, failed)

/// "alive", "leaving", "left", "failed", "none".
const char* to_string(MemberStatus status);

struct Member {
  std::shared_ptr<const Identity> identity;  ///< never null
  Incarnation incarnation;
  MemberStatus status = MemberStatus::none;
  LamportTime status_ltime;  ///< of the newest intent that was heeded
  LamportTime leave_ltime;   ///< of the newest leave intent among them
  LamportTime
      listed_ltime;    ///< `status_ltime`, when it is of a list in which Serf has those that are leaving as joined
  Instant gone_since;  ///< when it failed or left, or was heard to be leaving, if it has or is

  const std::string& name() const { return identity->name; }
  const Address& address() const { return identity->address; }
  const std::map<std::string, std::string>& tags() const { return identity->tags; }
  const ProtocolVersions& versions() const { return identity->versions; }
};

}  // namespace core::gossip
