#include "core/server/membership.hpp"

#include <charconv>

#include "core/world/world.hpp"

namespace core::server {
namespace {

std::optional<std::uint32_t> number(const std::string& text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

std::map<std::string, std::string> tags_of(const Config& config, const std::string& server_id) {
  std::map<std::string, std::string> tags{{"role", "nomad"},
                                          {"region", config.region},
                                          {"dc", config.datacenter},
                                          {"build", config.version},
                                          {"revision", config.revision},
                                          {"vsn", "1"},
                                          {"raft_vsn", "3"},
                                          {"id", server_id},
                                          {"rpc_addr", config.rpc_advertise.ip_text()},
                                          {"port", std::to_string(config.rpc_advertise.port)}};
  if (config.bootstrap_expect == 1) tags["bootstrap"] = "1";
  if (config.bootstrap_expect != 0) tags["expect"] = std::to_string(config.bootstrap_expect);
  return tags;
}

gossip::Config gossip_config(const Config& config, const std::string& server_id) {
  gossip::Config out;
  out.name = config.node_name + "." + config.region;
  out.advertise = config.serf_advertise;
  out.tags = tags_of(config, server_id);
  out.profile = config.lan_gossip ? gossip::Profile::lan() : gossip::Profile::wan();
  return out;
}

world::LogLevel level_of(gossip::Level level) {
  switch (level) {
    case gossip::Level::debug:
      return world::LogLevel::debug;
    case gossip::Level::info:
      return world::LogLevel::info;
    case gossip::Level::warn:
      return world::LogLevel::warn;
    case gossip::Level::error:
      return world::LogLevel::error;
  }
  return world::LogLevel::info;
}

}  // namespace

std::optional<ServerMember> server_of(const gossip::Member& member) {
  const auto tag = [&](const char* key) {
    const auto found = member.tags.find(key);
    return found == member.tags.end() ? std::string() : found->second;
  };
  const auto port = number(tag("port"));
  if (tag("role") != "nomad" || !port || *port > 65535 || tag("id").empty()) return std::nullopt;
  ServerMember out;
  out.id = tag("id");
  out.name = member.name;
  out.region = tag("region");
  out.datacenter = tag("dc");
  // Servers talk to each other at the gossip address; rpc_addr is what clients are told.
  out.rpc = Address{member.address.ip, static_cast<std::uint16_t>(*port)};
  if (const auto address = Address::parse(tag("rpc_addr"), out.rpc.port); address && !address->is_unspecified())
    out.rpc = *address;
  out.status = member.status;
  out.expect = number(tag("expect")).value_or(0);
  return out;
}

Membership::Membership(const Config& config, const std::string& server_id, Rng rng)
    : region_name_(config.region), gossip_(gossip_config(config, server_id), rng) {
  for (const auto& [name, member] : gossip_.members()) update(member);
}

void Membership::update(const gossip::Member& member) {
  const auto server = server_of(member);
  if (server && server->region == region_name_) region_.insert_or_assign(server->id, *server);
}

void Membership::handle(Now now, const gossip::Event& event, world::Effects& effects, News& news) {
  std::vector<gossip::Effect> said;
  gossip_.handle(now.instant, event, said);
  for (auto& effect : said) {
    std::visit(
        [&]<class T>(T& what) {
          if constexpr (std::same_as<T, gossip::SendDatagram>) {
            effects.push_back(world::SendDatagram{what.to, std::move(what.bytes)});
          } else if constexpr (std::same_as<T, gossip::OpenStream>) {
            effects.push_back(world::OpenStream{{what.stream.value}, what.to});
          } else if constexpr (std::same_as<T, gossip::SendStream>) {
            effects.push_back(world::SendStream{{what.stream.value}, std::move(what.bytes)});
          } else if constexpr (std::same_as<T, gossip::CloseStream>) {
            effects.push_back(world::CloseStream{{what.stream.value}});
          } else if constexpr (std::same_as<T, gossip::MemberReaped>) {
            if (const auto server = server_of(what.member)) {
              region_.erase(server->id);
              news.reaped_ids.push_back(server->id);
            }
            news.members_changed = true;
          } else if constexpr (std::same_as<T, gossip::JoinFinished>) {
            news.joins.push_back(std::move(what));
          } else if constexpr (std::same_as<T, gossip::Left>) {
            news.left = true;
          } else if constexpr (std::same_as<T, gossip::Note>) {
            effects.push_back(world::Logged{level_of(what.level), "nomad", std::move(what.text), {}});
          } else {
            update(what.member);
            news.members_changed = true;
          }
        },
        effect);
  }
}

const ServerMember* Membership::find(const std::string& server_id) const {
  const auto found = region_.find(server_id);
  return found == region_.end() ? nullptr : &found->second;
}

const ServerMember* Membership::find_by_rpc(const Address& rpc) const {
  for (const auto& [id, server] : region_)
    if (server.rpc == rpc) return &server;
  return nullptr;
}

}  // namespace core::server
