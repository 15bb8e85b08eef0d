#include <algorithm>

#include "core/base/base64.hpp"
#include "core/gossip/queries.hpp"

namespace core::gossip {

namespace serf = wire::serf;

namespace {

constexpr std::string_view conflict_query = "_serf_conflict";
constexpr std::string_view install_query = "_serf_install-key";
constexpr std::string_view use_query = "_serf_use-key";
constexpr std::string_view remove_query = "_serf_remove-key";
constexpr std::string_view list_query = "_serf_list-keys";

// Serf's guess of how many keys fit a response, from where it counts down.
constexpr std::size_t bytes_a_key = 25;

std::string name_of(KeyOperation operation) {
  switch (operation) {
    case KeyOperation::install:
      return std::string(install_query);
    case KeyOperation::use:
      return std::string(use_query);
    case KeyOperation::remove:
      return std::string(remove_query);
    case KeyOperation::list:
      break;
  }
  return std::string(list_query);
}

template <class T>
std::optional<T> decode_as(std::string_view payload) {
  auto message = serf::decode_serf_message(payload);
  auto* wanted = message ? std::get_if<T>(&*message) : nullptr;
  return wanted == nullptr ? std::nullopt : std::optional(std::move(*wanted));
}

}  // namespace

void Queries::ask_keys(Turn& turn, const KeysRequested& request) {
  serf::Query query;
  query.name = name_of(request.operation);
  query.payload = serf::encode(serf::KeyRequest{request.key});
  query.relay_factor = request.relay_factor;
  Asked asked;
  asked.purpose = Purpose::keys;
  asked.request = request.request;
  asked.keys.nodes = static_cast<std::uint32_t>(living());
  const KeysTally nobody = asked.keys;
  if (std::string error = start(turn, std::move(query), std::move(asked), {}); !error.empty())
    turn.out.push_back(KeysFinished{request.request, nobody, std::move(error)});
}

void Queries::ask_who_we_are(Turn& turn) {
  if (resolving_name_) return;
  serf::Query query;
  query.name = conflict_query;
  query.payload = config_.name;
  Asked asked;
  asked.purpose = Purpose::name_conflict;
  resolving_name_ = start(turn, std::move(query), std::move(asked), {}).empty();
}

void Queries::answer_internally(Turn& turn, const serf::Query& query, const Return& to) {
  const std::string payload = query.payload.value_or("");
  if (query.name == conflict_query) return answer_conflict(turn, payload, to);
  if (query.name == install_query || query.name == use_query || query.name == remove_query || query.name == list_query)
    return change_keys(turn, query.name, payload, to);
  // A ping ("_serf_ping") wants its ack, which it has. Others are of a Serf to come.
}

void Queries::answer_conflict(Turn& turn, const std::string& name, const Return& to) {
  // Whoever bears the name is a party to the conflict.
  if (name == config_.name) return;
  serf::ConflictResponse response;
  if (const Member* found = members_.find(name)) {
    const Member& member = *found;
    auto& shown = response.member.emplace();
    shown.name = member.name();
    shown.address = member.address().ip;
    shown.port = member.address().port;
    shown.tags.assign(member.tags().begin(), member.tags().end());
    shown.status = static_cast<std::int64_t>(member.status);
    const ProtocolVersions& v = member.versions();
    shown.protocol_min = v.protocol_min;
    shown.protocol_max = v.protocol_max;
    shown.protocol_cur = v.protocol_cur;
    shown.delegate_min = v.delegate_min;
    shown.delegate_max = v.delegate_max;
    shown.delegate_cur = v.delegate_cur;
  }
  respond(turn, to, serf::encode(response), 0);
}

bool Queries::agrees(const std::string& payload) const {
  const auto response = decode_as<serf::ConflictResponse>(payload);
  if (!response || !response->member) return false;
  const auto address = Address::from_bytes(response->member->address, response->member->port);
  return address && *address == config_.advertise;
}

void Queries::change_keys(Turn& turn, const std::string& operation, const std::string& payload, const Return& to) {
  serf::KeyResponse response;
  const auto request = decode_as<serf::KeyRequest>(payload);
  serf::Keyring& keyring = outbox_.keyring();
  const serf::Keyring before = keyring;
  if (!request) {
    turn.note(Level::error, "serf: Failed to decode key request");
  } else if (keyring.empty()) {
    response.message = operation == list_query ? "Keyring is empty (encryption not enabled)"
                                               : "No keyring to modify (encryption not enabled)";
    turn.note(Level::error, "serf: " + response.message);
  } else if (operation == list_query) {
    list_keys(response, to);
  } else {
    const auto done = operation == install_query ? keyring.add(request->key)
                      : operation == use_query   ? keyring.use(request->key)
                                                 : keyring.remove(request->key);
    response.result = done.has_value();
    if (!done) response.message = done.error();
    turn.note(Level::info, "serf: Received " + operation.substr(std::string_view("_serf_").size()) + " query");
  }
  if (keyring != before) {
    turn.out.push_back(KeyringChanged{keyring.keys()});
    // What we say is done survives a restart: said when the disk has it.
    if (config_.keyring_file) {
      pending_keys_.push_back({to, std::move(response)});
      return;
    }
  }
  respond(turn, to, serf::encode(response), 0);
}

void Queries::on(Turn& turn, const KeyringWritten& written) {
  if (pending_keys_.empty()) return;
  PendingKeys pending = std::move(pending_keys_.front());
  pending_keys_.erase(pending_keys_.begin());
  if (!written.error.empty()) {
    pending.response.result = false;
    pending.response.message = written.error;
  }
  respond(turn, pending.to, serf::encode(pending.response), 0);
}

void Queries::list_keys(serf::KeyResponse& response, const Return& to) const {
  const auto& keys = outbox_.security().keyring.keys();
  response.result = true;
  response.primary_key = base::to_base64(keys.front());
  const auto fits = [&] {
    const serf::QueryResponse whole{to.time.value, to.id, config_.name, 0, serf::encode(response)};
    return serf::encode(whole).size() <= max_query_response_bytes;
  };
  for (std::size_t shown = std::min(keys.size(), max_query_response_bytes / bytes_a_key); shown > 0; --shown) {
    response.keys.emplace();
    for (std::size_t i = 0; i < shown; ++i) response.keys->push_back(base::to_base64(keys[i]));
    if (shown < keys.size())
      response.message = "truncated key list response, showing first " + std::to_string(shown) + " of " +
                         std::to_string(keys.size()) + " keys";
    if (fits()) return;
  }
}

void Queries::count_keys(Asked& asked, const serf::QueryResponse& response) const {
  KeysTally& tally = asked.keys;
  ++tally.responses;
  const auto keys = decode_as<serf::KeyResponse>(response.payload.value_or(""));
  if (!keys) {
    ++tally.errors;
    tally.messages[response.from] = "Invalid key query response";
    return;
  }
  if (!keys->result) ++tally.errors;
  if (!keys->result || !keys->message.empty()) tally.messages[response.from] = keys->message;
  // A list of any length is from whoever answers; a pool has few keys.
  constexpr std::size_t most = 4 * serf::max_keys;
  for (const std::string& key : keys->keys.value_or(std::vector<std::string>{}))
    if (tally.keys.contains(key) || tally.keys.size() < most) ++tally.keys[key];
  if (!keys->primary_key.empty() &&
      (tally.primary_keys.contains(keys->primary_key) || tally.primary_keys.size() < most))
    ++tally.primary_keys[keys->primary_key];
}

std::string Queries::keys_error(const KeysTally& tally) const {
  const std::string all = "/" + std::to_string(tally.nodes) + " nodes reported ";
  if (tally.errors > 0) return std::to_string(tally.errors) + all + "failure";
  if (tally.responses != tally.nodes) return std::to_string(tally.responses) + all + "success";
  return {};
}

}  // namespace core::gossip
