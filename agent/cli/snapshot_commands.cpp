// operator snapshot save, restore, inspect, state.
#include <chrono>

#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/files.hpp"
#include "agent/cli/state_json.hpp"
#include "core/server/archive.hpp"
#include "core/server/snapshots.hpp"

namespace agent::cli {
namespace {

constexpr const char* snapshot_path = "/v1/operator/snapshot";

// "20261126-1795349797": the day, UTC, and the seconds since 1970.
std::string stamp(std::int64_t nanos) {
  constexpr std::int64_t second = 1'000'000'000, day = 86'400;
  const std::int64_t seconds = nanos / second;
  const std::chrono::sys_days date{std::chrono::days{seconds / day}};
  const std::chrono::year_month_day ymd{date};
  return fmt::format("{:04}{:02}{:02}-{}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()), seconds);
}

struct Opened {
  std::string bytes;
  core::server::Archive archive;
};

std::expected<Opened, std::string> open_file(Call& call, const std::string& path) {
  auto bytes = read_file(call.io(), path);
  if (!bytes)
    return std::unexpected(fmt::format("Error opening snapshot file {}: {}", agent::cli::quoted(path), bytes.error()));
  auto archive = core::server::open_archive(*bytes);
  if (!archive)
    return std::unexpected(
        fmt::format("Error reading snapshot file {}: {}", agent::cli::quoted(path), archive.error()));
  return Opened{std::move(*bytes), std::move(*archive)};
}

}  // namespace

int snapshot_save(Call& call) {
  bool stale = false;
  call.flags.add("stale", stale, "Let any server answer, with what it knows, not only the leader.");
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes one argument at most: [<file>]");
  const std::string path =
      call.args.empty() ? fmt::format("nomad-state-{}.snap", stamp(call.io().now())) : call.args[0];
  if (file_exists(call.io(), path)) return call.usage("Destination file already exists: " + agent::cli::quoted(path));
  auto bytes = call.api().bytes(snapshot_path, stale ? Query{{"stale", "true"}} : Query{});
  if (!bytes) return call.fail("Error requesting a snapshot: " + bytes.error().text);
  // A backup that cannot be read is none: better told now.
  if (const auto archive = core::server::open_archive(*bytes); !archive)
    return call.fail("Error verifying the snapshot that came: " + archive.error());
  if (auto written = write_new_file(call.io(), path, *bytes); !written)
    return call.fail(fmt::format("Error writing snapshot file {}: {}", agent::cli::quoted(path), written.error()));
  call.output("State file written to " + path);
  return 0;
}

int snapshot_restore(Call& call) {
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <file>");
  auto opened = open_file(call, call.args[0]);
  if (!opened) return call.fail(opened.error());
  auto done = call.api().put_bytes(snapshot_path, std::move(opened->bytes));
  if (!done) return call.fail("Error restoring the snapshot: " + done.error().text);
  call.output("Snapshot Restored");
  return 0;
}

int snapshot_inspect(Call& call) {
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <file>");
  const auto opened = open_file(call, call.args[0]);
  if (!opened) return call.fail(opened.error());
  const core::server::ArchiveMeta& meta = opened->archive.meta;
  call.output(format_table({{"ID", meta.id},
                            {"Size", std::to_string(meta.size)},
                            {"Index", std::to_string(meta.index)},
                            {"Term", std::to_string(meta.term)},
                            {"Version", std::to_string(meta.version)}}));
  return 0;
}

int snapshot_state(Call& call) {
  std::string filter;
  call.flags.add("filter", filter, "Not supported yet: filters are refused rather than ignored.");
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <file>");
  if (!filter.empty()) return call.fail("-filter is not supported by this version");
  const auto opened = open_file(call, call.args[0]);
  if (!opened) return call.fail(opened.error());
  const auto state = core::server::open_snapshot(opened->archive.snapshot);
  if (!state)
    return call.fail(
        fmt::format("Error reading snapshot file {}: {}", agent::cli::quoted(call.args[0]), state.error()));
  call.output(pretty(state_json(*state)));
  return 0;
}

}  // namespace agent::cli
