// peers.json: the set of servers that an operator forces upon those that are left, when the quorum is lost for good.
//
// Nothing of the log is changed, and nothing is taken for committed. Every configuration in the log and in the snapshot
// of a server that starts with peers.json is read as the one of that file, from then on: which entries those are is
// written down (`recovery.json`) before the file is moved aside. So servers that were given the same file agree again
// on each entry of their logs; an election goes by the ordinary rules, so by the most complete log of a
// quorum of them, and its leader commits what it has. Configurations that come later count as they are.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/raft/configuration.hpp"
#include "core/raft/snapshot.hpp"
#include "core/raft/types.hpp"

namespace core::server {

inline constexpr const char* peers_file = "peers.json";
inline constexpr const char* used_peers_file = "peers.json.used";
inline constexpr const char* recovery_file = "recovery.json";

/// Nomad's format for Raft protocol 3: [{"id", "address", "non_voter"}, ...]. The error says where, what was found and
/// what was wanted.
std::expected<raft::Configuration, std::string> read_peers(std::string_view text);
std::string write_peers(const raft::Configuration& configuration);

/// Which configurations of a log and of a snapshot are void, and what counts in their place.
struct Recovery {
  struct At {
    raft::Index index;
    raft::Term term;
    friend bool operator==(const At&, const At&) = default;
  };
  raft::Configuration configuration;
  std::vector<At> entries;
  std::optional<At> snapshot;
};

/// All that there is now.
Recovery recover_with(raft::Configuration configuration, const std::vector<raft::Entry>& entries,
                      const std::optional<raft::SnapshotMeta>& snapshot);
/// Whether anything of it is still there to be read otherwise.
bool concerns(const Recovery& recovery, const std::vector<raft::Entry>& entries,
              const std::optional<raft::SnapshotMeta>& snapshot);
void apply_recovery(const Recovery& recovery, std::vector<raft::Entry>& entries,
                    std::optional<raft::SnapshotMeta>& snapshot);

std::string write_recovery(const Recovery& recovery);
std::expected<Recovery, std::string> read_recovery(std::string_view text);

}  // namespace core::server
