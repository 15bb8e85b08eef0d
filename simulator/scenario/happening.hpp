// What may happen in a run and be waited for or counted: "leader elected", "job fleet running", "node down".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/scenario/problem.hpp"

namespace simulator {

struct Happening {
  enum class Kind {
    leader_elected,      // a server begins to lead a term
    leader_lost,         // one that led leads no more
    vote_cast,           // a server has voted, and not yet written it down
    vote_durable,        // its vote is on its disk
    entries_appended,    // a log has grown
    entries_durable,     // what a log has grown by is on the disk
    commit_advanced,     // a server knows of more that is committed
    log_cut,             // a follower has thrown entries away
    snapshot_taken,      // a log begins later than before
    process_started,     // an agent starts
    process_ended,       // an agent's process ends, however
    node_ready,          // a client is ready, in the state of the leader
    node_down,           // a client is down, in the state of the leader
    job_registered,      // the leader knows the job, or another version of it
    job_running,         // as many allocations run as are wanted
    job_complete,        // as many have completed as are wanted
    allocation_placed,   // an allocation is there that was not
    allocation_running,  // an allocation has come to run
    allocation_failed,
    allocation_lost,
    // The edges at which promises are made (io-sim/fault_points.hpp), of servers.
    sync_asked,        // a batch that ends in a sync was handed to the disk
    sync_written,      // it is in the cache, and not synced
    sync_done,         // it is on the platter, and the agent has not heard
    sync_heard,        // the agent has heard, and has done nothing about it
    message_sent,      // handed over to the network
    message_early,     // ... while a sync was under way
    promise_sent,      // ... in answer to a sync: a vote, an acknowledgement
    message_received,  // it is here, and the agent has not seen it
    message_read,      // the agent has seen it, and has done nothing about it
  };
  Kind kind = Kind::leader_elected;
  std::string name;  // of a job or a node; empty: any
  Place place;
};

/// The phrases, as the language has them: "job [NAME] running".
struct HappeningPhrase {
  std::string_view subject;  // "job"
  std::string_view verb;     // "running"
  Happening::Kind kind;
  bool named;  // a name may stand between them
  std::string_view about;
};
std::span<const HappeningPhrase> happening_phrases();

/// Nothing when it is no such phrase; `hint` is then the nearest one.
std::optional<Happening> parse_happening(std::string_view text, std::string& hint);
std::string happening_text(const Happening& happening);
inline constexpr const char* happening_wanted =
    "something that happens, such as \"leader elected\" or \"job web running\"";

}  // namespace simulator
