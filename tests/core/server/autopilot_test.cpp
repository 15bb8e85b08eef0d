// What autopilot decides, given what the leader sees, as scripts.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <rapidcheck/gtest.h>

#include "core/server/autopilot.hpp"
#include "tests/support/script.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::server;

gossip::MemberStatus status_of(const std::string& text) {
  for (const auto status : {gossip::MemberStatus::alive, gossip::MemberStatus::leaving, gossip::MemberStatus::left,
                            gossip::MemberStatus::failed})
    if (gossip::to_string(status) == text) return status;
  return gossip::MemberStatus::none;
}

std::string describe(const std::optional<raft::ConfigurationChange>& change) {
  if (!change) return "nothing\n";
  if (const auto* add = std::get_if<raft::AddVoter>(&*change)) return fmt::format("promote {}\n", add->id);
  return fmt::format("remove {}\n", std::get<raft::RemoveServer>(*change).id);
}

// `config` sets what autopilot is set to. `look` says how each server is: NAME=words joined by commas of leader,
// nonvoter, alive, failed, left, none, contact:DURATION, term:N, index:N; then what is to be changed and, with
// `health`, who is well since when.
class AutopilotScript : public testing::TestWithParam<std::string> {};

TEST_P(AutopilotScript, DoesWhatTheScriptSays) {
  Autopilot autopilot;
  model::AutopilotConfig config;
  Now now{{100'000'000'000}, {}};
  run_script(GetParam(), [&](const Command& command) -> std::string {
    now.instant += time_passed(command);
    if (command.verb == "config") {
      config.cleanup_dead_servers = command.get("cleanup", "true") == "true";
      config.min_quorum = command.number("min-quorum");
      config.max_trailing_logs = command.number("max-trailing", 250);
      config.server_stabilization_time = command.duration("stabilization", 10s);
      return "";
    }
    if (command.verb == "forget") {
      autopilot.forget();
      return "";
    }
    Autopilot::Sight sight{{}, 200ms, 1s};
    for (const auto& [name, words] : command.values) {
      if (name == "after") continue;
      ServerFacts facts{.id = name, .name = name, .address = name + ":4647", .version = {}};
      facts.voter = true;
      facts.serf = gossip::MemberStatus::alive;
      facts.last_term = 2;
      facts.last_index = 1000;
      std::string rest = words + ",";
      for (auto comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
        const std::string word = rest.substr(0, comma);
        rest.erase(0, comma + 1);
        const auto colon = word.find(':');
        const std::string value = colon == std::string::npos ? "" : word.substr(colon + 1);
        if (word == "leader") facts.leader = true;
        if (word == "nonvoter") facts.voter = false;
        if (word == "failed" || word == "left" || word == "leaving" || word == "none") facts.serf = status_of(word);
        if (word.starts_with("contact:")) facts.last_contact = parse_duration(value);
        if (word.starts_with("term:")) facts.last_term = std::stoull(value);
        if (word.starts_with("index:")) facts.last_index = std::stoull(value);
      }
      sight.servers.push_back(std::move(facts));
    }
    autopilot.look(now, config, std::move(sight));
    std::string out = describe(autopilot.next_change(now.instant, config));
    if (command.verb != "health") return out;
    out += fmt::format("healthy={} tolerance={}\n", autopilot.healthy(), autopilot.failure_tolerance());
    for (const ServerHealth& server : autopilot.servers())
      out += fmt::format("{} {} for {}s\n", server.facts.id, server.healthy ? "well" : "unwell",
                         (now.instant - server.since).count() / 1'000'000'000);
    return out;
  });
}

INSTANTIATE_TEST_SUITE_P(Server, AutopilotScript, testing::ValuesIn(scripts_in("tests/core/server/autopilot")),
                         [](const auto& param) {
                           const std::string stem = param.param.substr(param.param.rfind('/') + 1);
                           return stem.substr(0, stem.find('.'));
                         });

// However the servers are, and as long as autopilot is asked again and again with nothing else happening: those who
// answer the leader stay a quorum if they were one, min_quorum voters stay, nobody who answers is removed, and whoever
// is promoted was well.
RC_GTEST_PROP(AutopilotProperty, CleaningUpNeverCostsTheQuorum, ()) {
  model::AutopilotConfig config;
  config.min_quorum = *rc::gen::inRange<std::uint64_t>(0, 6);
  config.server_stabilization_time = *rc::gen::elementOf(std::vector<Duration>{0s, 2s, 10s});
  const auto count = *rc::gen::inRange<std::size_t>(1, 8);
  std::vector<ServerFacts> servers;
  for (std::size_t i = 0; i < count; ++i) {
    ServerFacts facts{.id = "n" + std::to_string(i), .name = {}, .address = {}, .version = {}};
    facts.leader = i == 0;
    facts.voter = i == 0 || *rc::gen::inRange(0, 4) != 0;
    facts.serf =
        facts.leader ? gossip::MemberStatus::alive : static_cast<gossip::MemberStatus>(*rc::gen::inRange(0, 5));
    facts.last_contact = facts.leader ? Duration{} : *rc::gen::elementOf(std::vector<Duration>{0s, 100ms, 2s, 30s});
    facts.last_term = 1;
    facts.last_index = *rc::gen::elementOf(std::vector<std::uint64_t>{0, 900, 1000});
    servers.push_back(facts);
  }
  const auto voters = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(servers, [](const auto& one) { return one.voter; }));
  };
  const auto answering = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(servers, [](const auto& one) { return one.voter && one.last_contact <= Duration(1s); }));
  };
  const bool had_quorum = 2 * answering() > voters();
  const std::size_t voters_before = voters();
  Autopilot autopilot;
  Now now{{1'000'000'000}, {}};
  for (int round = 0; round < 20; ++round) {
    autopilot.look(now, config, {servers, 200ms, 1s});
    const auto change = autopilot.next_change(now.instant, config);
    now.instant += autopilot_interval;
    if (!change) continue;
    if (const auto* promoted = std::get_if<raft::AddVoter>(&*change)) {
      const auto server = std::ranges::find(servers, promoted->id, &ServerFacts::id);
      RC_ASSERT(!server->voter);
      RC_ASSERT(server->last_contact <= Duration(200ms));
      RC_ASSERT(server->serf == gossip::MemberStatus::alive);
      server->voter = true;
    } else {
      const auto server = std::ranges::find(servers, std::get<raft::RemoveServer>(*change).id, &ServerFacts::id);
      RC_ASSERT(!server->leader);
      RC_ASSERT(server->last_contact > Duration(1s));
      if (server->voter) RC_ASSERT(voters() - 1 >= config.min_quorum);
      servers.erase(server);
    }
    if (had_quorum) RC_ASSERT(2 * answering() > voters());
  }
  RC_ASSERT(2 * voters() > voters_before);
}

}  // namespace
}  // namespace tests
