#include "core/raft/configuration.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/mutant.hpp"

namespace core::raft {
namespace {

// Protobuf's wire types that can appear.
constexpr std::uint64_t wire_varint = 0;
constexpr std::uint64_t wire_fixed64 = 1;
constexpr std::uint64_t wire_bytes = 2;
constexpr std::uint64_t wire_fixed32 = 5;

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, std::uint64_t field, std::string_view bytes) {
  put_varint(out, field << 3 | wire_bytes);
  put_varint(out, bytes.size());
  out += bytes;
}

std::optional<std::uint64_t> take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t type = 0;
  std::uint64_t value = 0;   // of a varint
  std::string_view bytes{};  // of a length-delimited field
};

std::optional<Field> take_field(std::string_view& in) {
  const auto key = take_varint(in);
  if (!key) return std::nullopt;
  Field field{.number = *key >> 3, .type = *key & 7};
  std::size_t skip = 0;
  if (field.type == wire_varint) {
    const auto value = take_varint(in);
    if (!value) return std::nullopt;
    field.value = *value;
  } else if (field.type == wire_bytes) {
    const auto length = take_varint(in);
    if (!length || *length > in.size()) return std::nullopt;
    field.bytes = in.substr(0, *length);
    skip = *length;
  } else if (field.type == wire_fixed64 || field.type == wire_fixed32) {
    skip = field.type == wire_fixed64 ? 8 : 4;
    if (in.size() < skip) return std::nullopt;
  } else {
    return std::nullopt;
  }
  in.remove_prefix(skip);
  return field;
}

std::optional<Server> decode_server(std::string_view in) {
  Server server;
  while (!in.empty()) {
    const auto field = take_field(in);
    if (!field) return std::nullopt;
    if (field->number == 1 && field->type == wire_bytes) server.id = field->bytes;
    if (field->number == 2 && field->type == wire_bytes) server.address = field->bytes;
    if (field->number == 3 && field->type == wire_varint) {
      if (field->value > 1) return std::nullopt;
      server.suffrage = static_cast<Suffrage>(field->value);
    }
  }
  return server;
}

bool bad_text(const std::string& text) { return text.empty() || text.size() > Configuration::max_text; }

// The server in `servers`, or a new one at the place its id sorts to.
Server& place(std::vector<Server>& servers, const ServerId& id) {
  auto at = std::lower_bound(servers.begin(), servers.end(), id,
                             [](const Server& server, const ServerId& key) { return server.id < key; });
  if (at == servers.end() || at->id != id)
    at = servers.insert(at, Server{.id = id, .address = "", .suffrage = Suffrage::nonvoter});
  return *at;
}

void carry_out(std::vector<Server>& servers, const AddVoter& change) {
  Server& server = place(servers, change.id);
  server.address = change.address;
  server.suffrage = Suffrage::voter;
}

void carry_out(std::vector<Server>& servers, const AddNonvoter& change) {
  place(servers, change.id).address = change.address;
}

void carry_out(std::vector<Server>& servers, const DemoteVoter& change) {
  place(servers, change.id).suffrage = Suffrage::nonvoter;
}

void carry_out(std::vector<Server>& servers, const RemoveServer& change) {
  std::erase_if(servers, [&](const Server& server) { return server.id == change.id; });
}

}  // namespace

const Server* Configuration::find(std::string_view id) const {
  const auto at = std::find_if(servers.begin(), servers.end(), [&](const Server& server) { return server.id == id; });
  return at == servers.end() ? nullptr : &*at;
}

bool Configuration::is_voter(std::string_view id) const {
  const Server* server = find(id);
  return server != nullptr && server->suffrage == Suffrage::voter;
}

std::size_t Configuration::voters() const {
  return static_cast<std::size_t>(std::count_if(
      servers.begin(), servers.end(), [](const Server& server) { return server.suffrage == Suffrage::voter; }));
}

std::size_t Configuration::quorum() const {
  const std::size_t count = voters();
  if (base::mutant("K06") && count > 0 && count % 2 == 0) return count / 2;
  return count / 2 + 1;
}

Configuration Configuration::sorted() const {
  Configuration copy = *this;
  std::sort(copy.servers.begin(), copy.servers.end(), [](const Server& a, const Server& b) { return a.id < b.id; });
  return copy;
}

std::string Configuration::text() const {
  std::string out = "[";
  for (const Server& server : servers)
    out += fmt::format("{}{{Suffrage:{} ID:{} Address:{}}}", out.size() > 1 ? " " : "",
                       server.suffrage == Suffrage::voter ? "Voter" : "Nonvoter", server.id, server.address);
  return out + "]";
}

std::expected<Configuration, ChangeError> changed(const Configuration& from, const ConfigurationChange& change) {
  const ServerId& id = std::visit([](const auto& what) -> const ServerId& { return what.id; }, change);
  const bool adds = std::holds_alternative<AddVoter>(change) || std::holds_alternative<AddNonvoter>(change);
  if (!adds && !from.contains(id)) return std::unexpected(ChangeError::unknown_server);
  Configuration to = from.sorted();
  std::visit([&](const auto& what) { carry_out(to.servers, what); }, change);
  if (to.servers.size() > Configuration::max_servers) return std::unexpected(ChangeError::too_many);
  if (to.voters() == 0) return std::unexpected(ChangeError::no_voter_left);
  if (const Server* server = to.find(id)) {
    if (bad_text(server->id) || bad_text(server->address)) return std::unexpected(ChangeError::bad_text);
    for (const Server& other : to.servers)
      if (other.id != id && other.address == server->address) return std::unexpected(ChangeError::duplicate_address);
  }
  if (to == from.sorted()) return std::unexpected(ChangeError::no_change);
  return to;
}

std::string why_invalid(const Configuration& configuration) {
  const auto& servers = configuration.servers;
  if (servers.size() > Configuration::max_servers) return fmt::format("{} servers are too many", servers.size());
  if (configuration.voters() == 0) return "no server is a voter";
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (bad_text(servers[i].id)) return "a server's id is empty or too long";
    if (bad_text(servers[i].address)) return "the address of server " + servers[i].id + " is empty or too long";
    for (std::size_t other = 0; other < i; ++other)
      if (servers[other].id == servers[i].id) return "server " + servers[i].id + " is named twice";
  }
  return "";
}

Payload encode(const Configuration& configuration) {
  std::string out;
  for (const Server& server : configuration.sorted().servers) {
    std::string inner;
    put_bytes(inner, 1, server.id);
    put_bytes(inner, 2, server.address);
    if (server.suffrage == Suffrage::nonvoter) {
      put_varint(inner, 3 << 3 | wire_varint);
      put_varint(inner, 1);
    }
    put_bytes(out, 1, inner);
  }
  return std::make_shared<const std::string>(std::move(out));
}

std::expected<Configuration, std::string> decode_configuration(std::string_view bytes) {
  Configuration configuration;
  while (!bytes.empty()) {
    const auto field = take_field(bytes);
    if (!field) return std::unexpected("a field is cut off");
    if (field->number != 1 || field->type != wire_bytes) continue;
    const auto server = decode_server(field->bytes);
    if (!server) return std::unexpected("a server cannot be read");
    if (configuration.servers.size() == Configuration::max_servers) return std::unexpected("too many servers");
    configuration.servers.push_back(*server);
  }
  if (auto why = why_invalid(configuration); !why.empty()) return std::unexpected(std::move(why));
  return configuration.sorted();
}

}  // namespace core::raft
