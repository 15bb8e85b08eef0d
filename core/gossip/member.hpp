// A member of the pool, as Serf shows it.
#pragma once

#include <map>
#include <string>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "core/gossip/ids.hpp"

namespace core::gossip {

/// The values are Serf's on the wire.
enum class MemberStatus { none = 0, alive = 1, leaving = 2, left = 3, failed = 4 };
BOOST_DESCRIBE_ENUM(MemberStatus, none, alive, leaving, left, failed)

/// "alive", "leaving", "left", "failed", "none".
const char* to_string(MemberStatus status);

/// The range and choice of memberlist's protocol and of Serf's (the "delegate").
struct ProtocolVersions {
  std::uint8_t protocol_min = 0;
  std::uint8_t protocol_max = 0;
  std::uint8_t protocol_cur = 0;
  std::uint8_t delegate_min = 0;
  std::uint8_t delegate_max = 0;
  std::uint8_t delegate_cur = 0;

  friend bool operator==(const ProtocolVersions&, const ProtocolVersions&) = default;
};
BOOST_DESCRIBE_STRUCT(ProtocolVersions, (),
                      (protocol_min, protocol_max, protocol_cur, delegate_min, delegate_max, delegate_cur))

struct Member {
  std::string name;
  Address address;
  std::map<std::string, std::string> tags;
  MemberStatus status = MemberStatus::none;
  ProtocolVersions versions;
  Incarnation incarnation;
  LamportTime status_ltime;  ///< of the newest intent that was heeded
  LamportTime leave_ltime;   ///< of the newest leave intent among them
  LamportTime
      listed_ltime;    ///< `status_ltime`, when it is of a list in which Serf has those that are leaving as joined
  Instant gone_since;  ///< when it failed or left, or was heard to be leaving, if it has or is

  friend bool operator==(const Member&, const Member&) = default;
};
BOOST_DESCRIBE_STRUCT(Member, (),
                      (name, address, tags, status, versions, incarnation, status_ltime, leave_ltime, listed_ltime,
                       gone_since))

}  // namespace core::gossip
