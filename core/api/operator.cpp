// What operators look at: Raft's peers, the scheduler's settings, namespaces (http-api.md §7, §8).
#include <optional>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/describe/json.hpp"
#include "core/server/archive.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

// The one namespace there is; it cannot change.
json::object default_namespace() {
  return {{"Name", "default"}, {"Description", "Default shared namespace"},
          {"Quota", ""},       {"Capabilities", nullptr},
          {"Meta", nullptr},   {"Hash", "C7UbjDwBK0dK8wQq7Izg7SJIzaV+lIo2X7wRtzY3pSw="},
          {"CreateIndex", 1},  {"ModifyIndex", 1}};
}

}  // namespace

Outcome raft_configuration(Call& call) {
  json::array servers;
  for (const RaftPeer& peer : call.view.raft_peers())
    servers.push_back(json::object{{"ID", peer.id},
                                   {"Node", peer.node},
                                   {"Address", peer.address},
                                   {"Leader", peer.leader},
                                   {"Voter", peer.voter},
                                   {"RaftProtocol", "3"}});
  return json_answer(call,
                     json::object{{"Servers", std::move(servers)}, {"Index", call.view.raft_configuration_index()}});
}

Outcome raft_remove_peer(Call& call) {
  const std::string id = call.query.get("id");
  const std::string address = call.query.get("address");
  if (id.empty() && address.empty())
    return failure(400, "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove");
  if (!id.empty() && !address.empty()) return failure(400, "Must specify only one of ?id or ?address");
  return RemovePeer{id, address};
}

Outcome raft_transfer_leadership(Call& call) {
  const std::string id = call.query.get("id");
  const std::string address = call.query.get("address");
  if (id.empty() && address.empty())
    return failure(400,
                   "Must specify either ?id with the server's ID or ?address with IP:port of the peer that is to lead");
  if (!id.empty() && !address.empty()) return failure(400, "Must specify only one of ?id or ?address");
  RaftPeer from;
  std::optional<RaftPeer> to;
  for (const RaftPeer& peer : call.view.raft_peers()) {
    if (peer.leader) from = peer;
    if ((!id.empty() && peer.id == id) || (!address.empty() && peer.address == address)) to = peer;
  }
  if (!to)
    return failure(
        404, fmt::format("no Raft peer has the {} \"{}\"", id.empty() ? "address" : "id", id.empty() ? address : id));
  const auto shown = [](const RaftPeer& peer) { return json::object{{"ID", peer.id}, {"Address", peer.address}}; };
  const json::object body{{"From", shown(from)}, {"To", shown(*to)}, {"Noop", to->leader}, {"Err", nullptr}};
  if (to->leader) return json_answer(call, body);
  const bool pretty = call.query.pretty();
  return TransferLeadership{to->id, "", [body, pretty] { return json_answer(body, pretty); }};
}

// Not of a leader that is none any more: what others have acknowledged since would be missing.
Outcome snapshot_save(Call& call) {
  if (!call.query.flag("stale") && !call.request.verified)
    return call.view.holds_office() ? Outcome{VerifyLeader{}} : Outcome{ToLeader{}};
  const std::string contact = std::to_string(last_contact_ms(call.view));
  const std::string known = knows_leader(call.view) ? "true" : "false";
  return SaveSnapshot{[contact, known](std::string archive) {
    std::string digest = "sha-256=" + describe::to_base64(server::sha256(archive));
    return Answer{200,
                  {{"Content-Type", "application/octet-stream"},
                   {"Digest", std::move(digest)},
                   {"X-Nomad-LastContact", contact},
                   {"X-Nomad-KnownLeader", known}},
                  std::move(archive)};
  }};
}

Outcome snapshot_restore(Call& call) {
  if (call.request.body.empty()) return failure(400, "found an empty body, wanted a snapshot archive");
  return RestoreArchive{call.request.body};
}

// The settings are what this agent's scheduler does, and cannot be changed: bin packing, never preempting.
Outcome scheduler_configuration(Call& call) {
  constexpr std::uint64_t index = 1;
  return read(call, index, {}, [&] {
    return json_answer(
        call, json::object{{"SchedulerConfig",
                            json::object{{"SchedulerAlgorithm", "binpack"},
                                         {"PreemptionConfig", json::object{{"SystemSchedulerEnabled", false},
                                                                           {"SysBatchSchedulerEnabled", false},
                                                                           {"BatchSchedulerEnabled", false},
                                                                           {"ServiceSchedulerEnabled", false}}},
                                         {"MemoryOversubscriptionEnabled", false},
                                         {"RejectJobRegistration", false},
                                         {"PauseEvalBroker", false},
                                         {"CreateIndex", index},
                                         {"ModifyIndex", index}}},
                           {"Index", index},
                           {"LastContact", last_contact_ms(call.view)},
                           {"KnownLeader", knows_leader(call.view)}});
  });
}

Outcome namespaces_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  return read(call, 1, {}, [&] {
    if (std::string_view("default").starts_with(call.query.get("prefix")))
      page->add("default", 1, [] { return default_namespace(); });
    return page->answer(call);
  });
}

Outcome namespace_read(Call& call) {
  return read(call, 1, {}, [&] {
    return call.id == "default" ? json_answer(call, default_namespace()) : failure(404, "Namespace not found");
  });
}

}  // namespace core::api
