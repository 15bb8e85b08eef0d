#include "core/server/membership.hpp"

#include <charconv>

#include <boost/json/parse.hpp>

#include "core/base/mutant.hpp"
#include "core/describe/json.hpp"
#include "core/wire/serf/keyring.hpp"
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

gossip::Config gossip_config(const Config& config, const std::string& server_id, const GossipFiles& files) {
  gossip::Config out;
  out.name = config.node_name + "." + config.region;
  out.advertise = config.serf_advertise;
  out.tags = tags_of(config, server_id);
  out.profile = config.lan_gossip ? gossip::Profile::lan() : gossip::Profile::wan();
  if (files.keyring)
    out.keys = Membership::read_keyring(*files.keyring).value_or(std::vector<std::string>{});
  else if (!config.gossip_key.empty())
    out.keys = {config.gossip_key};
  out.keyring_file = !config.dev;
  out.keep_snapshot = !config.dev;
  out.snapshot = files.snapshot;
  out.rejoin_after_leave = config.rejoin_after_leave;
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
    const auto found = member.tags().find(key);
    return found == member.tags().end() ? std::string() : found->second;
  };
  const auto port = number(tag("port"));
  if (tag("role") != "nomad" || !port || *port > 65535 || tag("id").empty()) return std::nullopt;
  ServerMember out;
  out.id = tag("id");
  out.name = member.name();
  out.region = tag("region");
  out.datacenter = tag("dc");
  // Servers talk to each other at the gossip address; rpc_addr is what clients are told.
  out.rpc = Address{member.address().ip, static_cast<std::uint16_t>(*port)};
  if (const auto address = Address::parse(tag("rpc_addr"), out.rpc.port); address && !address->is_unspecified())
    out.rpc = *address;
  out.status = member.status;
  out.expect = number(tag("expect")).value_or(0);
  out.build = tag("build");
  return out;
}

std::expected<std::vector<std::string>, std::string> Membership::read_keyring(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  if (error || !parsed.is_array()) return std::unexpected(std::string("it is no JSON list of keys"));
  std::vector<std::string> keys;
  wire::serf::Keyring ring;
  for (const boost::json::value& entry : parsed.get_array()) {
    const auto key = entry.is_string() ? describe::from_base64(entry.get_string()) : std::nullopt;
    if (!key) return std::unexpected(std::string("illegal base64 data"));
    if (const auto added = ring.add(*key); !added) return std::unexpected(added.error());
  }
  if (ring.empty()) return std::unexpected(std::string("it holds no keys"));
  return ring.keys();
}

// As Serf writes it.
std::string Membership::keyring_text(const std::vector<std::string>& keys) {
  std::string text = "[";
  for (const std::string& key : keys)
    text += (text.size() > 1 ? ",\n  \"" : "\n  \"") + describe::to_base64(key) + "\"";
  return text + "\n]";
}

Membership::News::Write Membership::keyring_write(News::Write::Of of, const std::vector<std::string>& keys) const {
  const std::string path = directory_ + "/" + keyring_file;
  return {of,
          {world::Remove{path + ".new"}, world::WriteAt{path + ".new", 0, keyring_text(keys)},
           world::Sync{path + ".new"}, world::Rename{path + ".new", path}, world::SyncDirectory{directory_}}};
}

std::optional<Membership::News::Write> Membership::first_write() const {
  return first_keys_.empty() ? std::nullopt : std::optional(keyring_write(News::Write::Of::first_keyring, first_keys_));
}

Membership::News::Write Membership::snapshot_write(gossip::SnapshotAppended& appended) {
  const std::string path = snapshot_directory_ + "/" + snapshot_file;
  News::Write write;
  if (snapshot_bytes_ == 0) write.ops.emplace_back(world::MakeDirectory{snapshot_directory_});
  const std::uint64_t offset = snapshot_bytes_;
  snapshot_bytes_ += appended.bytes.size();
  write.ops.emplace_back(world::WriteAt{path, offset, std::move(appended.bytes)});
  if (appended.sync) write.ops.emplace_back(world::Sync{path});
  return write;
}

Membership::News::Write Membership::snapshot_write(gossip::SnapshotReplaced& replaced) {
  const std::string path = snapshot_directory_ + "/" + snapshot_file;
  snapshot_bytes_ = replaced.bytes.size();
  News::Write write;
  write.ops = {world::MakeDirectory{snapshot_directory_},
               world::Remove{path + ".compact"},
               world::WriteAt{path + ".compact", 0, std::move(replaced.bytes)},
               world::Sync{path + ".compact"},
               world::Rename{path + ".compact", path},
               world::SyncDirectory{snapshot_directory_}};
  return write;
}

Membership::Membership(const Config& config, const std::string& server_id, const GossipFiles& files, Rng rng)
    : keeps_files_(!config.dev),
      directory_(config.directory),
      snapshot_directory_(snapshot_directory(config)),
      snapshot_bytes_(files.snapshot.size()),
      region_name_(config.region),
      gossip_(gossip_config(config, server_id, files), rng) {
  if (!files.keyring && !config.gossip_key.empty() && !config.dev) first_keys_ = {config.gossip_key};
  world::Effects none;
  for (const gossip::Member& member : gossip_.members()) update(member, none);
}

void Membership::update(const gossip::Member& member, world::Effects& effects) {
  const auto server = server_of(member);
  if (!server || server->region != region_name_) return;
  // Under its old name with another id: it has lost its disk, and who it was is nobody now.
  if (const auto before = id_of_.find(server->name); before != id_of_.end() && before->second != server->id)
    if (const ServerMember* old = find(before->second);
        old != nullptr && old->name == server->name && !base::mutant("M19"))
      region_.erase(before->second);
  bears(server->name, server->id);
  const ServerMember* known = find(server->id);
  if (known != nullptr && known->name != server->name && known->alive()) {
    if (!server->alive()) return;  // the end of another one by that id
    ++duplicate_ids_;
    effects.push_back(
        world::Logged{world::LogLevel::error,
                      "nomad",
                      "two servers have one node ID: a data directory was copied. The one that was here first "
                      "stays; give the other one an empty data directory",
                      {{"id", server->id},
                       {"stays", fmt::format("{} at {}", known->name, known->rpc.text())},
                       {"ignored", fmt::format("{} at {}", server->name, server->rpc.text())}}});
    return;
  }
  region_.insert_or_assign(server->id, *server);
  if (server->alive()) return;
  // Renamed, and its old name has ended; or the other one that had this id is alive still.
  for (const std::string& name : bearers_[server->id])
    if (const gossip::Member* other = gossip_.members().find(name))
      if (const auto heir = server_of(*other);
          heir && heir->id == server->id && heir->region == region_name_ && heir->alive())
        region_.insert_or_assign(heir->id, *heir);
}

void Membership::bears(const std::string& name, const std::string& id) {
  if (const auto before = id_of_.find(name); before != id_of_.end() && before->second == id) return;
  bears_none(name);
  id_of_[name] = id;
  bearers_[id].insert(name);
}

void Membership::bears_none(const std::string& name) {
  const auto before = id_of_.find(name);
  if (before == id_of_.end()) return;
  const auto bearers = bearers_.find(before->second);
  bearers->second.erase(name);
  if (bearers->second.empty()) bearers_.erase(bearers);
  id_of_.erase(before);
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
            bears_none(what.member.name());
            // The end of another one by that id is none of its own.
            if (const auto server = server_of(what.member); server && server->region == region_name_)
              if (const ServerMember* known = find(server->id); known != nullptr && known->name == server->name) {
                region_.erase(server->id);
                news.reaped_ids.push_back(server->id);
              }
            news.members_changed = true;
          } else if constexpr (std::same_as<T, gossip::JoinFinished>) {
            news.joins.push_back(std::move(what));
          } else if constexpr (std::same_as<T, gossip::KeysFinished>) {
            news.keys.push_back(std::move(what));
          } else if constexpr (std::same_as<T, gossip::KeyringChanged>) {
            if (keeps_files_) news.writes.push_back(keyring_write(News::Write::Of::keyring, what.keys));
          } else if constexpr (std::same_as<T, gossip::SnapshotAppended> || std::same_as<T, gossip::SnapshotReplaced>) {
            news.writes.push_back(snapshot_write(what));
          } else if constexpr (std::same_as<T, gossip::UserEventReceived> || std::same_as<T, gossip::QueryReceived> ||
                               std::same_as<T, gossip::QueryAcked> || std::same_as<T, gossip::QueryAnswered> ||
                               std::same_as<T, gossip::QueryFinished> || std::same_as<T, gossip::NameConflictLost>) {
            // Nomad's servers ask and answer nothing of their own, and do not fight over names.
          } else if constexpr (std::same_as<T, gossip::Left>) {
            news.left = true;
          } else if constexpr (std::same_as<T, gossip::Note>) {
            effects.push_back(world::Logged{level_of(what.level), "nomad", std::move(what.text), {}});
          } else {
            update(what.member, effects);
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
