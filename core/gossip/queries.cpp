#include "core/gossip/queries.hpp"

#include <algorithm>

#include "core/gossip/filters.hpp"
#include "core/wire/serf/filter.hpp"
#include "core/wire/serf/message.hpp"

namespace core::gossip {

namespace serf = wire::serf;

namespace {

constexpr std::string_view internal_prefix = "_serf_";
constexpr std::uint8_t relay_since = 5;  // memberlist protocol of members that hand answers on
constexpr std::uint64_t id_bound = 1ull << 31;
constexpr Duration longest_timeout = std::chrono::hours(1);

}  // namespace

std::size_t Queries::living() const {
  std::size_t count = 0;
  for (const Member& member : members_)
    count += member.status == MemberStatus::alive || member.status == MemberStatus::leaving ? 1 : 0;
  return count;
}

Duration Queries::usual_timeout() const {
  return config_.profile.gossip_interval * config_.serf.query_timeout_mult * retransmit_limit(1, living());
}

void Queries::ask(Turn& turn, const QueryRequested& request) {
  serf::Query query;
  query.name = request.name;
  query.payload = request.payload;
  query.flags = request.ack ? serf::Query::ack_wanted : 0;
  query.relay_factor = request.relay_factor;
  if (!request.nodes.empty()) query.filters.push_back(serf::encode(serf::NodeFilter{request.nodes}));
  for (const auto& [tag, expression] : request.tags)
    query.filters.push_back(serf::encode(serf::TagFilter{tag, expression}));
  Asked asked;
  asked.request = request.request;
  std::string error = request.name.starts_with(internal_prefix)
                          ? "Query names starting with '" + std::string(internal_prefix) + "' are reserved"
                          : start(turn, std::move(query), std::move(asked), request.timeout);
  if (!error.empty()) turn.out.push_back(QueryFinished{request.request, std::move(error)});
}

std::string Queries::start(Turn& turn, serf::Query query, Asked asked, Duration timeout) {
  if (asked_.size() >= max_asked_queries) return "too many queries are open";
  const Duration patience = timeout > Duration{} ? std::min(timeout, longest_timeout) : usual_timeout();
  query.ltime = ring_.time().value;
  query.id = static_cast<std::uint32_t>(turn.rng.below(id_bound));
  query.address = config_.advertise.ip;
  query.port = config_.advertise.port;
  query.source_node = config_.name;
  query.timeout_ns = patience.count();
  std::string bytes = serf::encode(query);
  if (bytes.size() > max_query_bytes) return "query exceeds limit of " + std::to_string(max_query_bytes) + " bytes";
  asked.id = query.id;
  asked.ends = turn.now + patience;
  asked_.insert_or_assign(LamportTime{query.ltime}, std::move(asked));
  // We are one of those who are asked.
  on(turn, query);
  return {};
}

void Queries::on(Turn& turn, const serf::Query& query) {
  if (!ring_.take_in(LamportTime{query.ltime}, query.id)) return;
  if ((query.flags & serf::Query::no_broadcast) == 0) {
    broadcasts_.queries().queue(serf::encode(query));
    broadcasts_.queries().prune(max_queued_broadcasts);
  }
  const auto address = Address::from_bytes(query.address, query.port);
  if (!address || query.port == 0) return;
  if (!filters_match(query.filters, config_.name, config_.tags)) return;
  const Duration patience = std::clamp(Duration{query.timeout_ns}, Duration{}, longest_timeout);
  const Return to{LamportTime{query.ltime}, query.id,           *address,
                  query.source_node,        query.relay_factor, turn.now + patience};
  if ((query.flags & serf::Query::ack_wanted) != 0) respond(turn, to, {}, serf::Query::ack_wanted);
  if (query.name.starts_with(internal_prefix)) return answer_internally(turn, query, to);
  if (open_.size() >= max_open_queries) open_.erase(open_.begin());
  open_[++last_query_] = to;
  turn.out.push_back(QueryReceived{last_query_, to.time, query.name, query.payload.value_or(""), query.source_node});
}

void Queries::on(Turn& turn, const QueryReplied& reply) {
  const auto open = open_.find(reply.query);
  if (open == open_.end()) return;
  const Return to = open->second;
  open_.erase(open);
  if (turn.now < to.ends) respond(turn, to, reply.payload, 0);
}

void Queries::respond(Turn& turn, const Return& to, std::string payload, std::uint32_t flags) {
  const bool is_ack = flags != 0;
  serf::QueryResponse response{to.time.value, to.id, config_.name, flags, std::nullopt};
  if (!is_ack) response.payload = std::move(payload);
  const std::string bytes = serf::encode(response);
  if (bytes.size() > max_query_response_bytes)
    return turn.note(Level::error,
                     "serf: response exceeds limit of " + std::to_string(max_query_response_bytes) + " bytes");
  if (to.address == config_.advertise) return on(turn, response);
  outbox_.send(turn, to.address, serf::encode(serf::User{bytes}));
  relay(turn, to, bytes);
}

void Queries::relay(Turn& turn, const Return& to, const std::string& response) {
  if (to.relay_factor == 0 || members_.size() < to.relay_factor + 1u) return;
  const std::string bytes = serf::encode(serf::Relay{to.address.ip, to.address.port, {}, to.node, response});
  if (bytes.size() > max_query_response_bytes) return;
  std::vector<const Member*> relays;
  for (const Member& member : members_)
    if (member.status == MemberStatus::alive && member.name() != config_.name && member.name() != to.node &&
        member.versions().protocol_max >= relay_since)
      relays.push_back(&member);
  turn.rng.shuffle(relays);
  if (relays.size() > to.relay_factor) relays.resize(to.relay_factor);
  for (const Member* member : relays) outbox_.send(turn, member->address(), serf::encode(serf::User{bytes}));
}

void Queries::on(Turn& turn, const serf::Relay& relay) {
  // A relay that names another relay would let one packet travel on and on.
  const auto inner = serf::decode_serf_message(relay.message);
  const bool fits = relay.port > 0 && relay.port <= 0xffff;
  const auto to = fits ? Address::from_bytes(relay.address, static_cast<std::uint16_t>(relay.port)) : std::nullopt;
  const auto* response = inner ? std::get_if<serf::QueryResponse>(&*inner) : nullptr;
  if (response == nullptr || !to) return;
  if (*to == config_.advertise) return on(turn, *response);
  outbox_.send(turn, *to, serf::encode(serf::User{relay.message}));
}

void Queries::on(Turn& turn, const serf::QueryResponse& response) {
  const auto found = asked_.find(LamportTime{response.ltime});
  if (found == asked_.end() || found->second.id != response.id) return;
  Asked& asked = found->second;
  if (response.from.empty() || response.from.size() > max_name_bytes) return;
  if (asked.answered.size() + asked.acked.size() >= 2 * max_members) return;
  if ((response.flags & serf::Query::ack_wanted) != 0) {
    if (asked.acked.insert(response.from).second && asked.purpose == Purpose::application)
      turn.out.push_back(QueryAcked{asked.request, response.from});
    return;
  }
  if (!asked.answered.insert(response.from).second) return;
  take(turn, asked, response);
  // All that there are have answered: nothing more is to come.
  if (asked.purpose == Purpose::keys && asked.keys.responses >= asked.keys.nodes) asked.ends = turn.now;
}

void Queries::take(Turn& turn, Asked& asked, const serf::QueryResponse& response) {
  switch (asked.purpose) {
    case Purpose::application:
      turn.out.push_back(QueryAnswered{asked.request, response.from, response.payload.value_or("")});
      break;
    case Purpose::keys:
      count_keys(asked, response);
      break;
    case Purpose::name_conflict:
      asked.agreeing += agrees(response.payload.value_or("")) ? 1 : 0;
      break;
  }
}

void Queries::finish(Turn& turn, const Asked& asked) {
  switch (asked.purpose) {
    case Purpose::application:
      turn.out.push_back(QueryFinished{asked.request, {}});
      break;
    case Purpose::keys:
      turn.out.push_back(KeysFinished{asked.request, asked.keys, keys_error(asked.keys)});
      break;
    case Purpose::name_conflict: {
      resolving_name_ = false;
      const std::size_t majority = asked.answered.size() / 2 + 1;
      const std::string count = std::to_string(asked.agreeing) + " / " + std::to_string(asked.answered.size());
      if (asked.agreeing >= majority) {
        turn.note(Level::info, "serf: majority in name conflict resolution [" + count + "]");
      } else {
        turn.note(Level::warn, "serf: minority in name conflict resolution, quiting [" + count + "]");
        turn.out.push_back(NameConflictLost{});
      }
      break;
    }
  }
}

void Queries::tick(Turn& turn) {
  while (true) {
    const auto due =
        std::find_if(asked_.begin(), asked_.end(), [&](const auto& entry) { return entry.second.ends <= turn.now; });
    if (due == asked_.end()) break;
    const Asked asked = std::move(due->second);
    asked_.erase(due);
    finish(turn, asked);
  }
  std::erase_if(open_, [&](const auto& entry) { return entry.second.ends <= turn.now; });
}

Instant Queries::deadline() const {
  // What others wait for needs no waking: it is looked at when something happens.
  Instant next = Instant::never();
  for (const auto& [time, asked] : asked_) next = std::min(next, asked.ends);
  return next;
}

}  // namespace core::gossip
