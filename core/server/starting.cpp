// How a server begins: its id, its gossip's files, its log and its snapshots are read, in that order, and made certain
// before anything is promised on them.
#include <utility>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "core/base/mutant.hpp"
#include "core/server/impl.hpp"
#include "core/storage/snapshots.hpp"
#include "core/storage/wal.hpp"

namespace core::server {
namespace {

constexpr const char* identity_file = "node-id";
constexpr const char* log_marker = "has-log";
constexpr std::uint64_t segment_bytes = 16 << 20;
constexpr std::uint64_t dev_segment_bytes = 256 << 10;

// A disk in memory pays for what is reserved.
std::uint64_t log_segment_bytes(const Config& config) {
  if (config.log_segment_bytes != 0) return config.log_segment_bytes;
  return config.dev ? dev_segment_bytes : segment_bytes;
}

// As people edit it: Nomad takes the case and the space around it for nothing, too.
std::string identity_of(std::string_view file) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = file.find_first_not_of(space);
  if (begin == std::string_view::npos) return "";
  std::string out(file.substr(begin, file.find_last_not_of(space) - begin + 1));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// 8-4-4-4-12 digits of base 16.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool digit = (text[at] >= '0' && text[at] <= '9') || (text[at] >= 'a' && text[at] <= 'f');
    if (dash ? text[at] != '-' : !digit) return false;
  }
  return true;
}

std::string log_directory(const Config& config) { return config.directory + "/raft/wal"; }
std::string raft_directory(const Config& config) { return config.directory + "/raft"; }
std::string snapshot_directory(const Config& config) { return config.directory + "/raft/snapshots"; }

}  // namespace

void Server::Impl::start(Effects& effects) {
  if (reading_identity_ || consensus_) return;
  reading_identity_ = world::DiskToken{2 * ++last_disk_token_};
  effects.world.push_back(world::ReadDirectory{*reading_identity_, config_.directory});
}

void Server::Impl::directory_read(Now now, const world::DirectoryRead& read, Effects& effects) {
  if (!read.error.empty()) {
    broken_ = true;
    effects.outputs.push_back(Broken{read.error});
    return;
  }
  if (reading_snapshot_ == read.token) {
    reading_snapshot_.reset();
    for (const world::FileContents& file : read.files)
      if (file.name == Membership::snapshot_file) gossip_files_.snapshot = file.bytes;
    return boot(now, effects);
  }
  if (reading_raft_ == read.token) {
    reading_raft_.reset();
    for (const world::FileContents& file : read.files) {
      if (file.name == peers_file) peers_read_ = file.bytes;
      if (file.name == recovery_file) recovery_read_ = file.bytes;
    }
    reading_log_ = world::DiskToken{2 * ++last_disk_token_};
    effects.world.push_back(world::ReadDirectory{*reading_log_, log_directory(config_)});
    return;
  }
  if (reading_log_ == read.token) {
    reading_log_.reset();
    log_read_ = read;
    reading_snapshots_ = world::DiskToken{2 * ++last_disk_token_};
    effects.world.push_back(world::ReadDirectory{*reading_snapshots_, snapshot_directory(config_)});
    return;
  }
  if (reading_snapshots_ == read.token) {
    reading_snapshots_.reset();
    snapshots_read_ = read;
    return sync_what_was_read(effects);
  }
  if (reading_identity_ != read.token) return;
  reading_identity_.reset();
  if (const std::string wrong = take_identity(read, effects); !wrong.empty()) {
    broken_ = true;
    effects.outputs.push_back(Broken{wrong});
    return;
  }
  if (!id_.empty()) return read_gossip_snapshot(effects);
  // The first start: a server keeps its id for ever, so it is on disk before anybody hears of it.
  id_ = rng_.uuid();
  writing_identity_ = world::DiskToken{2 * ++last_disk_token_};
  effects.world.push_back(world::DiskBatch{*writing_identity_, identity_ops()});
}

// The error ends the server: under another id, or with other keys, it would be another one.
std::string Server::Impl::take_identity(const world::DirectoryRead& read, Effects& effects) {
  for (const world::FileContents& file : read.files) {
    if (file.name == identity_file) id_ = identity_of(file.bytes);
    if (file.name == log_marker) had_log_ = true;
    if (file.name == Membership::keyring_file) gossip_files_.keyring = file.bytes;
  }
  if (!id_.empty() && !is_uuid(id_))
    return fmt::format(
        "{}/{}: found {}, wanted a UUID such as 9a1b6b4e-6a37-4f3e-9d0c-0d6b8c6f1a2e: put the id back that this server "
        "has in the Raft configuration (`nomad operator raft list-peers`), or move {} away and let it join again as a "
        "new one",
        config_.directory, identity_file, boost::json::serialize(boost::json::string(id_.substr(0, 80))),
        config_.directory);
  if (!gossip_files_.keyring) return "";
  if (const auto keys = Membership::read_keyring(*gossip_files_.keyring); !keys)
    return "failed to read the gossip keyring: " + keys.error();
  if (!config_.gossip_key.empty())
    log(effects, world::LogLevel::warn, "nomad", "keyring exists but -encrypt given, using keyring");
  return "";
}

std::vector<world::DiskOp> Server::Impl::identity_ops() const {
  const std::string path = config_.directory + "/" + identity_file;
  std::vector<world::DiskOp> ops{world::MakeDirectory{config_.directory}, world::Remove{path + ".new"},
                                 world::WriteAt{path + ".new", 0, id_},   world::Sync{path + ".new"},
                                 world::Rename{path + ".new", path},      world::SyncDirectory{config_.directory}};
  if (!base::mutant("M24")) ops.emplace_back(world::SyncDirectory{""});  // which names the folder
  return ops;
}

// Whom an earlier life voted for and what it acknowledged is forgotten: as a voter it could help to elect two leaders
// of one term, or one that lacks what was committed. A life that ended before it promised anything left no marker, and
// keeps its id: the others may have begun a cluster with it, and need its vote.
bool Server::Impl::has_lost_its_log() const {
  return had_log_ && !storage::Wal::holds_a_log(log_read_) && snapshots_read_.files.empty() && !peers_read_ &&
         !recovery_read_;
}

// The id, or what was read, is on the disk.
void Server::Impl::start_written(Now now, const world::DiskBatchDone& done, Effects& effects) {
  const auto fail = [&](std::string reason) {
    broken_ = true;
    effects.outputs.push_back(Broken{std::move(reason)});
  };
  if (syncing_ == done.token) {
    syncing_.reset();
    done.error.empty() ? finish_boot(now, effects) : fail(done.error);
  } else if (writing_identity_ == done.token) {
    writing_identity_.reset();
    done.error.empty() ? read_gossip_snapshot(effects) : fail("failed to persist the server's node ID: " + done.error);
  }
}

void Server::Impl::read_gossip_snapshot(Effects& effects) {
  reading_snapshot_ = world::DiskToken{2 * ++last_disk_token_};
  effects.world.push_back(world::ReadDirectory{*reading_snapshot_, Membership::snapshot_directory(config_)});
}

void Server::Impl::boot(Now, Effects& effects) {
  reading_raft_ = world::DiskToken{2 * ++last_disk_token_};
  effects.world.push_back(world::ReadDirectory{*reading_raft_, raft_directory(config_)});
}

// What an operator forces upon this server, now (peers.json) or at an earlier start; and what is to be written for it
// before anybody hears of this server. The error ends it: to start with another set of servers than was asked for could
// make two clusters of one.
std::expected<std::vector<world::DiskOp>, std::string> Server::Impl::take_peers(Effects& effects) {
  std::vector<world::DiskOp> ops;
  const std::string folder = raft_directory(config_);
  const auto at = [&](const char* name) { return folder + "/" + name; };
  if (recovery_read_) {
    auto earlier = read_recovery(*recovery_read_);
    if (!earlier) return std::unexpected(at(recovery_file) + ": " + earlier.error());
    recovery_ = std::move(*earlier);
  }
  if (!recovery_ && !peers_read_) return ops;
  // The log as it is; whether it is sound is told where it is taken into use.
  auto wal = storage::Wal({.directory = log_directory(config_)}).recover(log_read_);
  auto snapshot = storage::SnapshotStore({.directory = snapshot_directory(config_)}).recover(snapshots_read_);
  if (!wal || !snapshot) return ops;
  std::optional<raft::SnapshotMeta> meta;
  if (snapshot->snapshot) meta = snapshot->snapshot->meta;
  if (peers_read_) {
    auto peers = read_peers(*peers_read_);
    if (!peers) return std::unexpected(at(peers_file) + ": " + peers.error());
    if (!peers->contains(id_))
      return std::unexpected(at(peers_file) + ": found no server with the id of this one, " + id_);
    Recovery forced = recover_with(std::move(*peers), wal->state.entries, meta);
    if (forced.entries.empty() && !forced.snapshot) {
      log(effects, world::LogLevel::warn, "nomad.raft",
          "peers.json is of no use to a server that was never part of a cluster: it hears of the others from their "
          "leader");
    } else {
      log(effects, world::LogLevel::warn, "nomad.raft", "the set of servers is forced by peers.json",
          {{"servers", forced.configuration.text()}});
      const std::string fresh = at(recovery_file) + ".new";
      ops.emplace_back(world::Remove{fresh});
      ops.emplace_back(world::WriteAt{fresh, 0, write_recovery(forced)});
      ops.emplace_back(world::Sync{fresh});
      ops.emplace_back(world::Rename{fresh, at(recovery_file)});
      recovery_ = std::move(forced);
    }
    ops.emplace_back(world::SyncDirectory{folder});
    ops.emplace_back(world::Rename{at(peers_file), at(used_peers_file)});
    ops.emplace_back(world::SyncDirectory{folder});
  } else if (!concerns(*recovery_, wal->state.entries, meta)) {
    recovery_.reset();
    ops.emplace_back(world::Remove{at(recovery_file)});
    ops.emplace_back(world::SyncDirectory{folder});
  }
  return ops;
}

// What an earlier process wrote and did not live to sync is read back from the system's cache, and is gone with the
// power. Before anything is promised on it, it is synced.
void Server::Impl::sync_what_was_read(Effects& effects) {
  syncing_ = world::DiskToken{2 * ++last_disk_token_};
  world::DiskBatch batch{*syncing_, {}};
  if (has_lost_its_log()) {
    const std::string old = std::exchange(id_, rng_.uuid());
    log(effects, world::LogLevel::warn, "nomad.raft",
        "no log and no snapshot stand beside the node ID: what this server promised under it is forgotten, so it "
        "begins "
        "under a new one",
        {{"old_id", old}, {"new_id", id_}, {"log", log_directory(config_)}});
    batch.ops = identity_ops();
    batch.ops.emplace_back(world::Remove{config_.directory + "/" + log_marker});
  } else if (!had_log_ &&
             storage::Wal::holds_a_log(log_read_)) {  // killed before it was written, or of an older version
    storage::Wal::make_marker(config_.directory + "/" + log_marker, batch.ops);
  }
  batch.ops.emplace_back(world::Sync{config_.directory + "/" + identity_file});
  batch.ops.emplace_back(world::SyncDirectory{config_.directory});
  if (!base::mutant("M24")) batch.ops.emplace_back(world::SyncDirectory{""});
  const auto sync = [&](const std::string& directory, const world::DirectoryRead& read) {
    for (const world::FileContents& file : read.files) batch.ops.emplace_back(world::Sync{directory + "/" + file.name});
    if (!read.files.empty()) batch.ops.emplace_back(world::SyncDirectory{directory});
  };
  sync(log_directory(config_), log_read_);
  sync(snapshot_directory(config_), snapshots_read_);
  auto peers = take_peers(effects);
  if (!peers) {
    broken_ = true;
    effects.outputs.push_back(Broken{peers.error()});
    return;
  }
  batch.ops.insert(batch.ops.end(), peers->begin(), peers->end());
  effects.world.push_back(std::move(batch));
}

void Server::Impl::finish_boot(Now now, Effects& effects) {
  consensus_.emplace(Consensus::Config{.self = id_,
                                       .address = config_.rpc_advertise.text(),
                                       .directory = log_directory(config_),
                                       .marker = config_.directory + "/" + log_marker,
                                       .raft_multiplier = static_cast<int>(config_.raft_multiplier),
                                       .segment_bytes = log_segment_bytes(config_),
                                       .trailing_logs = config_.trailing_logs,
                                       .append_entries = config_.append_entries,
                                       .append_bytes = config_.append_bytes,
                                       .snapshot_bytes_per_second = config_.snapshot_bytes_per_second,
                                       .snapshots = {.directory = snapshot_directory(config_),
                                                     .threshold = config_.snapshot_threshold,
                                                     .interval = config_.snapshot_interval,
                                                     .chunk_bytes = config_.snapshot_chunk_bytes}},
                     rng_.fork());
  membership_.emplace(config_, id_, gossip_files_, rng_.fork());
  gossip_files_ = {};
  std::vector<Consensus::Output> outputs;
  consensus_->recover(now, log_read_, snapshots_read_, recovery_, outputs, effects.world);
  log_read_ = {};
  snapshots_read_ = {};
  running_ = consensus_->raft() != nullptr;
  digest(now, std::move(outputs), effects);
  if (!running_) return;
  if (auto write = membership_->first_write()) write_gossip_file(std::move(*write), effects);
  gossip_event(now, gossip::Woken{}, effects);
  try_bootstrap(now, effects);
  for (const Event& event : std::exchange(early_, {})) handle(now, event, effects);
}

}  // namespace core::server
