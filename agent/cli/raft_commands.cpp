// operator raft info, logs, state, peers-json: a server's data directory, read while no agent runs on it.
//
// They read what this program writes: the write-ahead log and the snapshots of core/storage, where HashiCorp's Nomad
// has a BoltDB file. Nothing is written, not even what a server that starts would mend.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "agent/cli/commands.hpp"
#include "agent/cli/files.hpp"
#include "agent/cli/state_json.hpp"
#include "core/base/address.hpp"
#include "core/server/peers_file.hpp"
#include "core/server/snapshots.hpp"
#include "core/storage/frame.hpp"
#include "core/storage/snapshots.hpp"
#include "core/storage/wal.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace agent::cli {
namespace {

namespace raft = core::raft;

struct DataDirectory {
  std::string path;  // of the folder "raft"
  std::string server_id;
  raft::Restored log;
  raft::SnapshotRef snapshot;
  std::vector<std::string> notes;

  raft::Index first() const { return log.base.index.next(); }
  raft::Index last() const { return {log.base.index.value + log.entries.size()}; }
};

// An agent's data directory, its "server" folder, or the folder "raft" itself, as one has it at hand.
std::optional<std::string> raft_folder(const std::string& given) {
  for (const char* below : {"", "/raft", "/server/raft"})
    if (std::error_code ignored; std::filesystem::is_directory(given + below + "/wal", ignored)) return given + below;
  return std::nullopt;
}

std::expected<DataDirectory, std::string> open_directory(const std::string& given) {
  const auto folder = raft_folder(given);
  if (!folder)
    return std::unexpected(
        fmt::format("{} holds no log of a server: wanted a folder \"wal\" in it, in {}/raft or in {}/server/raft",
                    given, given, given));
  DataDirectory out{.path = *folder, .server_id = {}, .log = {}, .snapshot = {}, .notes = {}};
  core::storage::SnapshotStore store({.directory = *folder + "/snapshots"});
  auto snapshots = store.recover(read_directory(*folder + "/snapshots"));
  if (!snapshots) return std::unexpected(snapshots.error());
  out.snapshot = snapshots->snapshot;
  core::storage::Wal wal({.directory = *folder + "/wal"});
  auto log = wal.recover(read_directory(*folder + "/wal"));
  if (!log) return std::unexpected(log.error().text(*folder + "/wal"));
  out.log = std::move(log->state);
  out.notes = std::move(log->notes);
  out.notes.insert(out.notes.end(), snapshots->notes.begin(), snapshots->notes.end());
  if (auto id = read_file({}, *folder + "/../node-id")) out.server_id = id->substr(0, id->find('\n'));
  // A configuration that an operator forced upon this server counts in place of what its log holds.
  std::optional<raft::SnapshotMeta> meta;
  if (out.snapshot) meta = out.snapshot->meta;
  if (const auto forced = read_file({}, *folder + "/" + core::server::recovery_file)) {
    const auto recovery = core::server::read_recovery(*forced);
    if (!recovery)
      return std::unexpected(fmt::format("{}/{}: {}", *folder, core::server::recovery_file, recovery.error()));
    core::server::apply_recovery(*recovery, out.log.entries, meta);
  }
  out.log.snapshot = meta;
  return out;
}

/// What one command has to say before its own words.
std::expected<DataDirectory, int> opened(Call& call) {
  if (!call.parse()) return std::unexpected(call.exit());
  if (call.args.size() != 1) return std::unexpected(call.usage("This command takes one argument: <path>"));
  auto directory = open_directory(call.args[0]);
  if (!directory) return std::unexpected(call.fail("Error reading the data directory: " + directory.error()));
  for (const std::string& note : directory->notes) call.error("Note: " + note);
  return std::move(*directory);
}

/// The latest configuration of the log, committed or not.
raft::Configuration latest_configuration(const DataDirectory& directory) {
  raft::Configuration out;
  if (directory.log.snapshot) out = directory.log.snapshot->configuration;
  for (const raft::Entry& entry : directory.log.entries)
    if (entry.kind == raft::EntryKind::configuration)
      if (auto configuration = raft::decode_configuration(entry.bytes())) out = std::move(*configuration);
  return out;
}

}  // namespace

int raft_info(Call& call) {
  bool verbose = false;
  call.flags.add("verbose", verbose, "Show the term, the vote, the snapshot and the servers, too.");
  const auto directory = opened(call);
  if (!directory) return directory.error();
  // Nomad's four lines.
  call.output(fmt::format("path:        {}\nlength:      {}\nfirst index: {}\nlast index:  {}", directory->path,
                          directory->log.entries.size(), directory->first().value, directory->last().value));
  if (!verbose) return 0;
  const raft::HardState& hard = directory->log.hard_state;
  std::vector<Row> rows{{"format", fmt::format("write-ahead log of segments, version {}", core::storage::wal_version)},
                        {"server id", directory->server_id},
                        {"current term", std::to_string(hard.term.value)},
                        {"voted for", hard.vote.value_or("")}};
  if (directory->snapshot) {
    rows.push_back({"snapshot index", std::to_string(directory->snapshot->meta.index.value)});
    rows.push_back({"snapshot term", std::to_string(directory->snapshot->meta.term.value)});
    rows.push_back({"snapshot size", std::to_string(directory->snapshot->bytes())});
  }
  std::string servers;
  for (const raft::Server& server : latest_configuration(*directory).servers)
    servers += fmt::format("{}{} at {}{}", servers.empty() ? "" : ", ", server.id, server.address,
                           server.suffrage == raft::Suffrage::voter ? "" : " (non-voter)");
  rows.push_back({"servers", servers});
  call.output("\n" + format_pairs(rows));
  return 0;
}

int raft_logs(Call& call) {
  bool indented = false;
  call.flags.add("pretty", indented, "Indent the JSON of each entry.");
  const auto directory = opened(call);
  if (!directory) return directory.error();
  // One entry after the other, a line each unless indented, so that a log of any size can be read.
  for (const raft::Entry& entry : directory->log.entries)
    call.output(indented ? pretty(entry_json(entry)) : boost::json::serialize(entry_json(entry)));
  return 0;
}

int raft_state(Call& call) {
  std::int64_t last_index = 0;
  call.flags.add("last-index", last_index,
                 "Apply the log up to this entry only. Without it: all of it, although the last entries may not have "
                 "been committed.");
  const auto directory = opened(call);
  if (!directory) return directory.error();
  core::state::State state;
  std::uint64_t applied = 0;
  if (directory->snapshot) {
    auto restored = core::server::open_snapshot(*directory->snapshot);
    if (!restored) return call.fail("Error reading the snapshot: " + restored.error());
    state = std::move(*restored);
    applied = directory->snapshot->meta.index.value;
  }
  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(0, last_index));
  if (wanted != 0 && (wanted < applied || wanted > directory->last().value))
    return call.fail(fmt::format("-last-index: found {}, wanted an index from {} to {}, which this directory has",
                                 wanted, std::max<std::uint64_t>(applied, 1), directory->last().value));
  for (const raft::Entry& entry : directory->log.entries) {
    if (entry.index.value <= applied || entry.kind != raft::EntryKind::command) continue;
    if (wanted != 0 && entry.index.value > wanted) break;
    const auto decoded = core::wire::protobuf::decode<core::state::LogEntry>(entry.bytes());
    if (decoded) state.apply(entry.index.value, decoded->command);
  }
  call.output(pretty(state_json(state)));
  return 0;
}

int raft_peers_json(Call& call) {
  std::vector<std::string> keep, addresses;
  call.flags.add("keep", keep, "The id of a server that is to stay; may be given several times. Without it all stay.",
                 "id");
  call.flags.add("address", addresses, "A server's new address; may be given several times.", "id=ip:port");
  const auto directory = opened(call);
  if (!directory) return directory.error();
  raft::Configuration configuration = latest_configuration(*directory);
  if (configuration.servers.empty())
    return call.fail(
        fmt::format("the log in {} knows of no servers: this one was never part of a cluster", directory->path));
  std::string known;
  for (const raft::Server& server : configuration.servers) known += (known.empty() ? "" : ", ") + server.id;
  for (const std::string& id : keep)
    if (!configuration.contains(id))
      return call.fail(fmt::format("-keep: found {}, wanted one of {}", agent::cli::quoted(id), known));
  for (const std::string& given : addresses) {
    const auto equals = given.find('=');
    const std::string id = given.substr(0, equals);
    if (equals == std::string::npos || !configuration.contains(id) || !core::Address::parse(given.substr(equals + 1)))
      return call.fail(
          fmt::format("-address: found {}, wanted ID=IP:PORT with an id of {}", agent::cli::quoted(given), known));
    for (raft::Server& server : configuration.servers)
      if (server.id == id) server.address = given.substr(equals + 1);
  }
  if (!keep.empty())
    std::erase_if(configuration.servers,
                  [&](const raft::Server& server) { return std::ranges::find(keep, server.id) == keep.end(); });
  if (const std::string wrong = raft::why_invalid(configuration); !wrong.empty())
    return call.fail("that is no configuration: " + wrong);
  call.output(core::server::write_peers(configuration));
  return 0;
}

}  // namespace agent::cli
