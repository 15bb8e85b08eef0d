// One server, its events and its effects, as scripts.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/core/raft/describe.hpp"

namespace {

using namespace core::raft;
using namespace std::chrono_literals;

class RaftScript : public testing::TestWithParam<std::string> {};

// `start SELF term=T vote=V 1/1:{n1,n2,n3} 2/1:x ...` makes the server n1 with what its disk holds, or a
// blank one (with base=INDEX/TERM: a log that begins after that entry, with last= and configuration= the snapshot
// that is on its disk); `tick` lets its deadline come; `show` says where it stands. `notes=on` on any command shows
// the log lines.
TEST_P(RaftScript, DoesWhatTheScriptSays) {
  std::optional<Raft> raft;
  core::Instant now{1'000'000'000};
  tests::run_script(GetParam(), [&](const tests::Command& command) -> std::string {
    now += tests::time_passed(command);
    Effects effects;
    if (command.verb == "start") {
      Restored restored{{Term{command.number("term")}, std::nullopt}, {}};
      if (!command.get("vote").empty()) restored.hard_state.vote = command.get("vote");
      tests::Command log = command;
      log.verb = "from";
      log.args.insert(log.args.begin() + 1, "append");
      restored.entries = std::get<AppendEntries>(std::get<MessageReceived>(tests::to_event(log)).message).entries;
      if (!command.get("last").empty()) restored.snapshot = tests::parse_meta(command);
      if (const std::string base = command.get("base"); !base.empty())
        restored.base = {Index{std::stoull(base)}, Term{std::stoull(base.substr(base.find('/') + 1))}};
      Raft::Config config{.self = command.args.at(0), .address = command.args.at(0) + ":4647"};
      config.max_append_entries = command.number("max-entries", 64);
      config.max_append_bytes = command.number("max-bytes", 1 << 20);
      config.max_inflight_requests = command.number("max-inflight", 8);
      config.trailing_logs = command.number("trailing", 0);
      config.max_snapshot_inflight = command.number("max-snapshot-inflight", 1 << 20);
      raft.emplace(config, restored, core::Rng(1), now);
      raft->handle(now, Started{}, effects);
    } else if (command.verb == "show") {
      std::string peers;
      for (const PeerReport& peer : raft->peers())
        peers += fmt::format(" {}:match={},next={}", peer.id, peer.match.value, peer.next.value);
      return fmt::format("{} term={} vote={} last={} durable={} commit={}{}\n", name(raft->role()), raft->term().value,
                         raft->vote().value_or("-"), raft->last_index().value, raft->durable_index().value,
                         raft->commit_index().value, peers);
    } else if (command.verb == "tick") {
      now = std::max(now, raft->deadline());
      raft->handle(now, Woken{}, effects);
    } else {
      raft->handle(now, tests::to_event(command), effects);
    }
    return tests::describe(effects, *raft, command.get("notes") == "on");
  });
}

INSTANTIATE_TEST_SUITE_P(Raft, RaftScript, testing::ValuesIn(tests::scripts_in("tests/core/raft")),
                         [](const auto& param) {
                           std::string stem = param.param.substr(param.param.rfind('/') + 1);
                           stem = stem.substr(0, stem.find('.'));
                           for (char& c : stem)
                             if (c == '-') c = '_';
                           return stem;
                         });

}  // namespace
