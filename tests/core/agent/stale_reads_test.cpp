// How stale a stale answer says it is.
#include <string>

#include "tests/core/agent/servers.hpp"

namespace core::agent {
namespace {

class StaleReads : public Servers {
 protected:
  static int contact(const Reply& reply) { return std::stoi(reply.headers.at("X-Nomad-LastContact")); }
};

TEST_F(StaleReads, TellHowLongAgoTheLeaderWasHeard) {
  start(3);
  const NodeId asked = follower();
  EXPECT_LE(contact(answer(asked, "GET", "/v1/jobs?stale")), 150);
  EXPECT_EQ(contact(answer(*leader(), "GET", "/v1/jobs?stale")), 0);
  world().pause(*leader());
  run(700ms);
  const Reply reply = answer(asked, "GET", "/v1/jobs?stale");
  EXPECT_GE(contact(reply), 600);
  EXPECT_LE(contact(reply), 850);
  EXPECT_EQ(reply.headers.at("X-Nomad-KnownLeader"), "true");
}

TEST_F(StaleReads, TellThatNobodyIsKnownToLead) {
  start(3);
  const NodeId asked = follower(), other = 3 - asked - *leader();
  world().pause(*leader());
  world().pause(other);
  run(5s);
  const Reply reply = answer(asked, "GET", "/v1/jobs?stale");
  EXPECT_EQ(reply.headers.at("X-Nomad-KnownLeader"), "false");
  EXPECT_GE(contact(reply), 5000);
}

}  // namespace
}  // namespace core::agent
