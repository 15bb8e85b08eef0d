// One server on its own, its time, and the commands of a script put to it.
#pragma once

#include <optional>
#include <string>

#include "core/raft/raft.hpp"
#include "tests/support/script.hpp"

namespace tests {

/// `start SELF term=T vote=V 1/1:{n1,n2,n3} 2/1:x ...` makes the server with what its disk holds, or a blank one (with
/// base=INDEX/TERM: a log that begins after that entry, with last= and configuration= the snapshot that is on its
/// disk). `elect SELF ...` starts it and has it win the next term: its last step is shown. `lead SELF ... silent=n3,n4`
/// goes on until all but the silent ones have its first entry on their disks: where it then stands is shown.
/// `tick` lets its deadline come; `show` says where it stands, `lease` whether its lease holds, `meta` what a
/// snapshot would stand for. `notes=on` on any command shows the log lines; `sent-ago=20ms` on an answer says when what
/// it answers was sent.
class OneServer {
 public:
  std::string answer(const Command& command);

 private:
  void start(const Command& command);
  void elect();
  void lead(const Command& command);
  void handle(const core::raft::Event& event);
  std::string show() const;

  std::optional<core::raft::Raft> raft_;
  core::Instant now_{1'000'000'000};
  core::raft::Effects effects_;             // of the last event
  core::raft::PersistSequence to_persist_;  // the last write that was asked for
};

}  // namespace tests
