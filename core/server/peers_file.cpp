#include "core/server/peers_file.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "core/base/address.hpp"

namespace core::server {
namespace {

namespace json = boost::json;

std::string shown(const json::value* value) { return value == nullptr ? "nothing" : json::serialize(*value); }

std::string line_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  return fmt::format("line {}", 1 + std::count(before.begin(), before.end(), '\n'));
}

std::expected<json::value, std::string> parsed(std::string_view text) {
  json::stream_parser parser;
  boost::system::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && !parser.done()) parser.finish(error);
  if (error) return std::unexpected(fmt::format("{}: {}", line_of(text, read), error.message()));
  if (text.substr(read).find_first_not_of(" \t\r\n") != std::string_view::npos)
    return std::unexpected(fmt::format("{}: found more after the end of the JSON", line_of(text, read)));
  return parser.release();
}

std::expected<raft::Server, std::string> server_of(const json::value& value, std::size_t number) {
  const auto wrong = [&](const char* key, const json::value* found, const char* wanted) {
    return std::unexpected(fmt::format("entry {}: {}: found {}, wanted {}", number, key, shown(found), wanted));
  };
  if (!value.is_object())
    return std::unexpected(
        fmt::format("entry {}: found {}, wanted an object with id, address and non_voter", number, shown(&value)));
  raft::Server server;
  const json::value *id = nullptr, *address = nullptr, *non_voter = nullptr;
  for (const auto& [key, member] : value.get_object()) {
    if (key == "id")
      id = &member;
    else if (key == "address")
      address = &member;
    else if (key == "non_voter")
      non_voter = &member;
    else
      return std::unexpected(fmt::format("entry {}: found the key \"{}\", wanted id, address and non_voter", number,
                                         std::string_view(key.data(), key.size())));
  }
  if (id == nullptr || !id->is_string() || id->get_string().empty())
    return wrong("id", id, "the id of a server, as its file server/node-id has it");
  if (address == nullptr || !address->is_string() || !Address::parse(std::string(address->get_string())))
    return wrong("address", address, "IP:PORT, where the server's RPC listens");
  if (non_voter != nullptr && !non_voter->is_bool()) return wrong("non_voter", non_voter, "true or false");
  server.id = id->get_string();
  server.address = address->get_string();
  if (non_voter != nullptr && non_voter->get_bool()) server.suffrage = raft::Suffrage::nonvoter;
  return server;
}

std::expected<raft::Configuration, std::string> configuration_of(const json::value& value) {
  if (!value.is_array())
    return std::unexpected(
        fmt::format("found {}, wanted a list of servers: [{{\"id\": \"...\", \"address\": "
                    "\"10.0.0.1:4647\", \"non_voter\": false}}]",
                    shown(&value).substr(0, 60)));
  raft::Configuration out;
  for (const json::value& one : value.get_array()) {
    auto server = server_of(one, out.servers.size() + 1);
    if (!server) return std::unexpected(server.error());
    for (std::size_t at = 0; at < out.servers.size(); ++at)
      if (out.servers[at].address == server->address)
        return std::unexpected(
            fmt::format("entry {}: address: found {}, which entry {} has as well, wanted one of its own",
                        out.servers.size() + 1, server->address, at + 1));
    out.servers.push_back(std::move(*server));
  }
  if (out.voters() == 0) return std::unexpected("found no server that votes, wanted one at least");
  if (const std::string wrong = raft::why_invalid(out.sorted()); !wrong.empty()) return std::unexpected(wrong);
  return out.sorted();
}

json::value json_of(const raft::Configuration& configuration) {
  json::array out;
  for (const raft::Server& server : configuration.servers)
    out.push_back(json::object{
        {"id", server.id}, {"address", server.address}, {"non_voter", server.suffrage == raft::Suffrage::nonvoter}});
  return out;
}

json::value json_of(const Recovery::At& at) { return json::object{{"index", at.index.value}, {"term", at.term.value}}; }

std::optional<Recovery::At> place_of(const json::value& value) {
  const auto* object = value.if_object();
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    const json::value* found = object != nullptr ? object->if_contains(key) : nullptr;
    if (found == nullptr || !found->is_int64() || found->get_int64() < 0) return std::nullopt;
    return static_cast<std::uint64_t>(found->get_int64());
  };
  const auto index = number("index");
  const auto term = number("term");
  if (!index || !term) return std::nullopt;
  return Recovery::At{{*index}, {*term}};
}

bool holds(const Recovery& recovery, const raft::Entry& entry) {
  return entry.kind == raft::EntryKind::configuration &&
         std::find(recovery.entries.begin(), recovery.entries.end(), Recovery::At{entry.index, entry.term}) !=
             recovery.entries.end();
}

bool holds(const Recovery& recovery, const std::optional<raft::SnapshotMeta>& snapshot) {
  return snapshot && recovery.snapshot == Recovery::At{snapshot->index, snapshot->term};
}

}  // namespace

std::expected<raft::Configuration, std::string> read_peers(std::string_view text) {
  const auto value = parsed(text);
  if (!value) return std::unexpected(value.error());
  return configuration_of(*value);
}

std::string write_peers(const raft::Configuration& configuration) {
  std::string out = "[";
  for (const raft::Server& server : configuration.servers)
    out += fmt::format("{}\n  {{\n    \"id\": {},\n    \"address\": {},\n    \"non_voter\": {}\n  }}",
                       out.size() > 1 ? "," : "", json::serialize(json::string(server.id)),
                       json::serialize(json::string(server.address)), server.suffrage == raft::Suffrage::nonvoter);
  return out + "\n]";
}

Recovery recover_with(raft::Configuration configuration, const std::vector<raft::Entry>& entries,
                      const std::optional<raft::SnapshotMeta>& snapshot) {
  Recovery out{std::move(configuration), {}, {}};
  for (const raft::Entry& entry : entries)
    if (entry.kind == raft::EntryKind::configuration) out.entries.push_back({entry.index, entry.term});
  if (snapshot) out.snapshot = Recovery::At{snapshot->index, snapshot->term};
  return out;
}

bool concerns(const Recovery& recovery, const std::vector<raft::Entry>& entries,
              const std::optional<raft::SnapshotMeta>& snapshot) {
  return holds(recovery, snapshot) ||
         std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return holds(recovery, entry); });
}

void apply_recovery(const Recovery& recovery, std::vector<raft::Entry>& entries,
                    std::optional<raft::SnapshotMeta>& snapshot) {
  const raft::Payload payload = raft::encode(recovery.configuration);
  for (raft::Entry& entry : entries)
    if (holds(recovery, entry)) entry.payload = payload;
  if (holds(recovery, snapshot)) snapshot->configuration = recovery.configuration;
}

std::string write_recovery(const Recovery& recovery) {
  json::array entries;
  for (const Recovery::At& at : recovery.entries) entries.push_back(json_of(at));
  return json::serialize(json::object{
             {"about",
              "configurations of these entries are void; written when peers.json was used, and not to be edited"},
             {"servers", json_of(recovery.configuration)},
             {"entries", std::move(entries)},
             {"snapshot", recovery.snapshot ? json_of(*recovery.snapshot) : json::value(nullptr)}}) +
         "\n";
}

std::expected<Recovery, std::string> read_recovery(std::string_view text) {
  const auto value = parsed(text);
  if (!value) return std::unexpected(value.error());
  const auto* object = value->if_object();
  const auto* servers = object != nullptr ? object->if_contains("servers") : nullptr;
  const auto* entries = object != nullptr ? object->if_contains("entries") : nullptr;
  const auto* snapshot = object != nullptr ? object->if_contains("snapshot") : nullptr;
  if (servers == nullptr || entries == nullptr || !entries->is_array() || snapshot == nullptr)
    return std::unexpected(std::string("found no object with servers, entries and snapshot"));
  auto configuration = configuration_of(*servers);
  if (!configuration) return std::unexpected(configuration.error());
  Recovery out{std::move(*configuration), {}, {}};
  for (const json::value& one : entries->get_array()) {
    const auto at = place_of(one);
    if (!at) return std::unexpected(fmt::format("entries: found {}, wanted an index and a term", shown(&one)));
    out.entries.push_back(*at);
  }
  if (!snapshot->is_null()) {
    out.snapshot = place_of(*snapshot);
    if (!out.snapshot)
      return std::unexpected(fmt::format("snapshot: found {}, wanted an index and a term", shown(snapshot)));
  }
  return out;
}

}  // namespace core::server
