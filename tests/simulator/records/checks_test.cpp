// Three servers of a simulated world, recorded as daemons are: what they did holds; recordings that were doctored so
// that each agent alone does what its recording says fall together.
#include "simulator/records/checks.hpp"

#include <functional>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include "core/agent/moment.hpp"
#include "io-sim/world.hpp"

namespace simulator::records {
namespace {

using namespace std::chrono_literals;
namespace world = core::world;
using core::agent::SegmentReader;

core::agent::Config server_config(std::size_t number) {
  const auto ip = [](std::size_t n) { return "10.0.0." + std::to_string(n); };
  core::agent::Config out;
  out.node_name = "server-" + std::to_string(number);
  core::server::Config server;
  out.version = NOMAD_VERSION;
  server.node_name = out.node_name;
  server.version = NOMAD_VERSION;
  server.bootstrap_expect = 3;
  server.rpc_advertise = *core::Address::parse(ip(number), io_sim::World::rpc_port);
  server.serf_advertise = *core::Address::parse(ip(number), io_sim::World::serf_port);
  server.log_segment_bytes = 64 * 1024;
  server.lan_gossip = true;
  out.server = server;
  for (std::size_t other = 1; other <= 3; ++other)
    if (other != number) out.retry_join.push_back(ip(other));
  out.retry_interval = 1s;
  return out;
}

struct Event {
  core::Now now;
  world::Event event;
};
/// One life, not yet packed.
struct Tape {
  core::agent::Config config;
  std::uint64_t seed = 0;
  std::uint64_t began = 0;
  std::vector<Event> events;
};

class Recorders final : public io_sim::Watcher {
 public:
  explicit Recorders(io_sim::World& world) : world_(world) {}
  void handled(io_sim::NodeId node, io_sim::TrueTime, const world::Event& event, const world::Effects&) override {
    tapes[current[node]].events.push_back({world_.clock_reading(node), event});
  }
  std::vector<Tape> tapes;
  std::map<io_sim::NodeId, std::size_t> current;

 private:
  io_sim::World& world_;
};

// Elects, writes, kills the leader, writes, starts it again: four lives of three servers.
std::vector<Tape> record(std::uint64_t seed) {
  io_sim::World world(seed, {});
  Recorders recorders(world);
  for (std::size_t number = 1; number <= 3; ++number) {
    const auto config = server_config(number);
    const auto node = static_cast<io_sim::NodeId>(number - 1);
    world.add_node(config.node_name, "10.0.0." + std::to_string(number), {},
                   [&recorders, &world, config, node](std::uint64_t agent_seed) {
                     recorders.current[node] = recorders.tapes.size();
                     recorders.tapes.push_back(
                         {config, agent_seed, static_cast<std::uint64_t>(world.clock_reading(node).wall.unix_ns), {}});
                     return std::make_unique<core::agent::Agent>(config, agent_seed);
                   });
  }
  world.watch(&recorders);
  for (io_sim::NodeId node = 0; node < 3; ++node) world.start(node);
  const auto leader = [&]() -> std::optional<io_sim::NodeId> {
    for (io_sim::NodeId node = 0; node < 3; ++node)
      if (world.is_up(node) && static_cast<const core::agent::Agent*>(world.machine(node))->server()->is_established())
        return node;
    return std::nullopt;
  };
  const auto go_on = [&](core::Duration by) { world.run_until(world.now() + by); };
  const auto write = [&](const std::string& id) {
    for (int tries = 0; !leader() && tries < 600; ++tries) go_on(100ms);
    if (!leader()) throw std::runtime_error("no leader within a minute");
    const std::string body = R"({"Job":{"ID":")" + id + R"(","Name":")" + id +
                             R"(","Type":"service","Datacenters":["*"],"TaskGroups":[{"Name":"g","Count":0,"Tasks":[)"
                             R"({"Name":"t","Driver":"raw_exec","Config":{"command":"/bin/true"}}]}]}})";
    world.ask(*leader(), {{}, "PUT", "/v1/jobs", {}, body}, [](const auto&) {});
    go_on(2s);
  };
  go_on(5s);
  write("first-job");
  const auto old = leader();
  world.kill(*old);
  go_on(5s);
  write("second-job");
  world.start(*old);
  go_on(5s);
  write("third-job");
  return recorders.tapes;
}

// Lives the tape again and packs it: each answer has its true hash. When the beginning is to be gone, what a daemon's
// ring would have kept from its middle on.
std::string packed(
    const Tape& tape, bool beginning_gone = false,
    const std::function<void(core::raft::Entry&)>& doctor = [](auto&) {}) {
  core::agent::SegmentWriter writer;
  auto header = core::agent::make_header(tape.config, tape.seed, tape.began);
  std::string out;
  core::agent::Agent agent(tape.config, tape.seed);
  core::agent::Commits commits;
  std::map<world::ComputeToken, std::shared_ptr<world::Work>> computing;
  if (!beginning_gone) out = writer.begin(header);
  for (std::size_t number = 0; number < tape.events.size(); ++number) {
    const Event& event = tape.events[number];
    if (const auto* computed = std::get_if<world::Computed>(&event.event))
      if (const auto work = computing.extract(computed->token)) work.mapped()->run();
    world::Effects effects;
    agent.handle(event.now, event.event, effects);
    for (const world::Effect& effect : effects)
      if (const auto* compute = std::get_if<world::Compute>(&effect)) computing.emplace(compute->token, compute->work);
    const bool begun = !beginning_gone || commits.begun();
    if (begun) writer.add(event.now, event.event, core::agent::short_hash(effects));
    const bool whole = commits.more(agent, [&](core::raft::Entry entry) {
      doctor(entry);
      writer.add(entry);
    });
    if (beginning_gone && number >= tape.events.size() / 2 && (!whole || !begun))
      if (auto moment = commits.begin(agent)) {
        header.segment = 2;
        header.first_event = number + 2;
        if (!begun) out = writer.begin(header);
        core::agent::write_moment(std::move(*moment), writer, [&] { out += writer.finish_block(); });
      }
    if (auto observed = core::agent::observe(agent); observed && (begun || commits.begun())) writer.add(*observed);
  }
  return out + writer.finish_block();
}

// In the order in which they began; gives what fell, "" when nothing did.
std::string check(const std::vector<Tape>& tapes, std::uint64_t& committed) {
  Checks checks({"server-1", "server-2", "server-3"});
  for (const Tape& tape : tapes) {
    const std::string bytes = packed(tape);
    const auto replayed = core::agent::replay({bytes}, &checks.next_life(tape.config.node_name));
    if (!replayed) return replayed.error();
    EXPECT_EQ(replayed->divergence, std::nullopt) << "each agent alone does what its recording says";
    EXPECT_EQ(replayed->events, tape.events.size());
  }
  committed = checks.seen().committed;
  return checks.violation() ? checks.violation()->invariant : "";
}

TEST(Records, OfACrashAndARestartHold) {
  const auto tapes = record(3);
  ASSERT_EQ(tapes.size(), 4U);
  std::uint64_t committed = 0;
  EXPECT_EQ(check(tapes, committed), "");
  EXPECT_GT(committed, 6U);
}

TEST(Records, AnotherCommandInOneLogFalls) {
  auto tapes = record(3);
  std::uint64_t committed = 0;
  std::size_t doctored = 0;
  // What one follower got of the second job is of another one: as if memory or wire had gone bad, unseen.
  for (std::size_t life = 0; life < 3 && doctored == 0; ++life)
    for (Event& event : tapes[life].events)
      if (auto* received = std::get_if<world::StreamReceived>(&event.event))
        for (std::size_t at = 0; (at = received->bytes.find("second-job", at)) != std::string::npos; ++doctored)
          received->bytes.replace(at, 10, "secund-job");
  ASSERT_GT(doctored, 0U);
  const std::string fell = check(tapes, committed);
  EXPECT_TRUE(fell == "LOGMATCH" || fell == "SMSAFE" || fell == "STATEHASH") << fell;
}

TEST(Records, OfAnotherClusterFall) {
  auto tapes = record(3);
  const auto others = record(4);
  // A server of another cluster, under the name of one of this.
  tapes.insert(tapes.end(), others.begin(), others.end());
  std::uint64_t committed = 0;
  EXPECT_NE(check(tapes, committed), "");
}

TEST(Records, OfOneClusterShareAPeer) {
  const auto tapes = record(3);
  std::vector<std::string> names;
  for (const Tape& tape : tapes) names.push_back(tape.config.node_name);
  Checks checks(names);
  for (const Tape& tape : tapes)
    ASSERT_TRUE(core::agent::replay({packed(tape)}, &checks.next_life(tape.config.node_name)));
  EXPECT_EQ(checks.strangers(), std::nullopt);
}

TEST(Records, OfTwoClustersAreStrangers) {
  Checks checks({"server-1", "server-2", "stranger"});
  const auto tapes = record(3);
  for (std::size_t i = 0; i < 2; ++i)
    ASSERT_TRUE(core::agent::replay({packed(tapes[i])}, &checks.next_life(tapes[i].config.node_name)));
  ASSERT_TRUE(core::agent::replay({packed(record(4)[0])}, &checks.next_life("stranger")));
  EXPECT_EQ(checks.strangers(), (std::pair<std::string, std::string>{"server-1", "stranger"}));
}

TEST(Records, WithoutTheirBeginningAreFollowedToTheSameState) {
  const auto tapes = record(3);
  std::uint64_t entries = 0;
  Checks checks({"server-1", "server-2", "server-3"});
  for (const Tape& tape : tapes) {
    const std::string whole = packed(tape);
    const std::string late = packed(tape, true);
    const auto all = core::agent::replay({whole}, nullptr);
    const auto some = core::agent::replay({late}, &checks.next_life(tape.config.node_name));
    ASSERT_TRUE(all && some);
    EXPECT_FALSE(some->run_again);
    EXPECT_EQ(some->divergence, std::nullopt);
    EXPECT_EQ(some->state_hash, all->state_hash);
    EXPECT_GT(some->observations, 0U);
    entries += some->entries;
  }
  EXPECT_GT(entries, 6U);
  EXPECT_EQ(checks.seen().followed, entries);
  EXPECT_EQ(checks.violation(), std::nullopt);
}

TEST(Records, WithoutTheirBeginningFallWhenAnEntryIsAnother) {
  const auto tapes = record(3);
  Checks checks({"server-1", "server-2", "server-3"});
  std::size_t doctored = 0;
  std::size_t differed = 0;
  for (const Tape& tape : tapes) {
    // One server applied another command, and did not know.
    const auto doctor = [&](core::raft::Entry& entry) {
      if (&tape != &tapes[2] || entry.kind != core::raft::EntryKind::command) return;
      std::string bytes(entry.bytes());
      const auto at = bytes.find("third-job");
      if (at == std::string::npos) return;
      bytes.replace(at, 9, "thyrd-job");
      entry.payload = std::make_shared<const std::string>(std::move(bytes));
      ++doctored;
    };
    const std::string late = packed(tape, true, doctor);
    const auto replayed = core::agent::replay({late}, &checks.next_life(tape.config.node_name));
    ASSERT_TRUE(replayed);
    if (!replayed->divergence) continue;
    ++differed;
    EXPECT_NE(replayed->divergence->find("when recorded, and is"), std::string::npos) << *replayed->divergence;
  }
  EXPECT_GT(doctored, 0U);
  EXPECT_EQ(differed, 1U);
  ASSERT_TRUE(checks.violation());
  EXPECT_EQ(checks.violation()->invariant, "STATEHASH");
}

TEST(Records, WithoutTheirBeginningAreCheckedByWhatWasObserved) {
  const auto tapes = record(3);
  const auto fell = [&](std::uint64_t hash_off_by, std::uint64_t term_off_by) {
    Checks checks({"server-1", "server-2", "server-3"});
    for (const Tape& tape : tapes) {
      const std::string bytes = packed(tape);
      auto reader = SegmentReader::open(bytes);
      auto header = reader->header();
      header.segment = 2;
      core::agent::SegmentWriter writer;
      std::string late = writer.begin(header);
      while (auto frame = *reader->next()) {
        if (const auto* event = std::get_if<SegmentReader::Event>(&*frame)) writer.add(event->now, event->event, 0);
        if (auto* observed = std::get_if<core::wire::Observed>(&*frame)) {
          if (&tape == &tapes[1]) observed->state_hash += hash_off_by;
          if (&tape == &tapes[1] && observed->commit_term != 0) observed->commit_term += term_off_by;
          writer.add(*observed);
        }
      }
      late += writer.finish_block();
      const auto replayed = core::agent::replay({late}, &checks.next_life(tape.config.node_name));
      EXPECT_TRUE(replayed && !replayed->run_again && replayed->observations > 0);
    }
    return checks.violation() ? checks.violation()->invariant : "";
  };
  EXPECT_EQ(fell(0, 0), "");
  EXPECT_EQ(fell(1, 0), "STATEHASH");
  EXPECT_EQ(fell(0, 1), "SMSAFE");
}

}  // namespace
}  // namespace simulator::records
