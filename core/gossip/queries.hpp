// Questions to the pool and the answers to them, ours and others' (reference/gossip-wire.md, sections 24 and 25).
//
// queries.cpp has the questions and how they travel; internal_queries.cpp those that members answer by themselves:
// who owns a name, and what becomes of the keys.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/config.hpp"
#include "core/gossip/event_ring.hpp"
#include "core/gossip/member_table.hpp"
#include "core/gossip/outbox.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {

class Queries {
 public:
  Queries(const Config& config, Outbox& outbox, Broadcasts& broadcasts, const MemberTable& members)
      : config_(config), outbox_(outbox), broadcasts_(broadcasts), members_(members) {}

  // Ours.
  void ask(Turn& turn, const QueryRequested& request);
  void ask_keys(Turn& turn, const KeysRequested& request);
  /// Somebody else bears our name: whose does the pool say it is?
  void ask_who_we_are(Turn& turn);

  // What arrives.
  void on(Turn& turn, const wire::serf::Query& query);
  void on(Turn& turn, const wire::serf::QueryResponse& response);
  void on(Turn& turn, const wire::serf::Relay& relay);
  void on(Turn& turn, const QueryReplied& reply);
  void on(Turn& turn, const KeyringWritten& written);

  /// Ends what has had its time.
  void tick(Turn& turn);
  Instant deadline() const;

  QueryRing& ring() { return ring_; }
  const QueryRing& ring() const { return ring_; }

 private:
  enum class Purpose { application, keys, name_conflict };
  struct Asked {
    std::uint32_t id = 0;
    Purpose purpose = Purpose::application;
    RequestId request;
    Instant ends;
    std::set<std::string> acked;
    std::set<std::string> answered;
    KeysTally keys;
    std::size_t agreeing = 0;  // with us on whose our name is
  };
  /// How to answer a query of another's.
  struct Return {
    LamportTime time;
    std::uint32_t id = 0;
    Address address;
    std::string node;
    std::uint8_t relay_factor = 0;
    Instant ends;
  };
  /// A key was changed, and is yet to be on disk.
  struct PendingKeys {
    Return to;
    wire::serf::KeyResponse response;
  };

  // queries.cpp
  std::string start(Turn& turn, wire::serf::Query query, Asked asked, Duration timeout);
  void respond(Turn& turn, const Return& to, std::string payload, std::uint32_t flags);
  void relay(Turn& turn, const Return& to, const std::string& response);
  void take(Turn& turn, Asked& asked, const wire::serf::QueryResponse& response);
  void finish(Turn& turn, const Asked& asked);
  Duration usual_timeout() const;
  std::size_t living() const;

  // internal_queries.cpp
  void answer_internally(Turn& turn, const wire::serf::Query& query, const Return& to);
  void answer_conflict(Turn& turn, const std::string& name, const Return& to);
  void change_keys(Turn& turn, const std::string& operation, const std::string& payload, const Return& to);
  void list_keys(wire::serf::KeyResponse& response, const Return& to) const;
  void count_keys(Asked& asked, const wire::serf::QueryResponse& response) const;
  bool agrees(const std::string& payload) const;
  std::string keys_error(const KeysTally& tally) const;

  const Config& config_;        // of the Gossip that owns us
  Outbox& outbox_;              // of Pool
  Broadcasts& broadcasts_;      // of SWIM
  const MemberTable& members_;  // of Serf
  QueryRing ring_;
  std::map<LamportTime, Asked> asked_;
  std::map<QueryId, Return> open_;  // the application may answer
  std::vector<PendingKeys> pending_keys_;
  QueryId last_query_;
  bool resolving_name_ = false;
};

}  // namespace core::gossip
