// What others cannot make a member do (answer, complain, remember or wait without bound), and the times it goes by.
#include <gtest/gtest.h>

#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/gossip.hpp"
#include "core/gossip/lamport.hpp"
#include "core/gossip/snapshot.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/message_fields.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "tests/core/wire/serf/vectors.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::gossip;
namespace serf = core::wire::serf;

const std::string versions("\x01\x05\x02\x02\x05\x04", 6);
const std::string loopback("\x7f\0\0\1", 4);
constexpr std::uint64_t forged = ~std::uint64_t{0};

Config config_of_a(Profile profile = Profile::lan()) {
  Config config;
  config.name = "a";
  config.advertise = *Address::parse("127.0.0.1:1");
  config.profile = profile;
  config.merge_rule = MergeRule::any;
  return config;
}

std::vector<Effect> give(Gossip& gossip, std::string bytes, Instant now = {}) {
  std::vector<Effect> effects;
  gossip.handle(now, DatagramReceived{*Address::parse("127.0.0.1:9"), std::move(bytes)}, effects);
  return effects;
}

std::string alive(const std::string& name, std::uint32_t incarnation, std::uint16_t port = 77) {
  return serf::encode(serf::Alive{incarnation, name, loopback, port, "\xff\x80", versions});
}
std::string user(std::string bytes) { return serf::encode(serf::User{std::move(bytes)}); }
std::string event(std::uint64_t ltime, const std::string& name, const std::string& payload = "") {
  return user(serf::encode(serf::UserEvent{ltime, name, payload, false}));
}

/// Many of one message in a small datagram: compounds of compounds, compressed.
std::string many(const std::string& message) {
  const std::string inner = serf::compound(std::vector<std::string>(200, message));
  return serf::compress(serf::compound(std::vector<std::string>(10, inner)));
}

template <class T>
std::size_t count(const std::vector<Effect>& effects) {
  return static_cast<std::size_t>(
      std::count_if(effects.begin(), effects.end(), [](const Effect& one) { return std::holds_alternative<T>(one); }));
}

/// Lets everything happen that is due until `end`, and answers when `name` was told failed.
std::optional<Instant> fails_at(Gossip& gossip, const std::string& name, Instant end) {
  while (gossip.deadline() <= end) {
    const Instant now = gossip.deadline();
    std::vector<Effect> effects;
    gossip.handle(now, Woken{}, effects);
    for (const Effect& effect : effects)
      if (const auto* failed = std::get_if<MemberFailed>(&effect); failed != nullptr && failed->member.name() == name)
        return now;
  }
  return std::nullopt;
}

TEST(OnePacket, OfThousandsOfPingsIsAnsweredAFewTimes) {
  Gossip gossip(config_of_a(), Rng(1));
  const std::string packet = many(serf::encode(serf::Ping{1, "a", {}, 0, {}}));
  ASSERT_LT(packet.size(), 2000u);
  EXPECT_EQ(count<SendDatagram>(give(gossip, packet)), Turn::max_answers);
  EXPECT_EQ(count<SendDatagram>(give(gossip, packet)), Turn::max_answers) << "the next one is";
}

TEST(OnePacket, OfThousandsOfVerdictsIsAnsweredAFewTimes) {
  Gossip gossip(config_of_a(), Rng(1));
  give(gossip, alive("b", 1));
  EXPECT_LE(count<SendDatagram>(give(gossip, many(serf::encode(serf::Dead{1, "a", "b"})))), Turn::max_answers + 1);
}

TEST(OnePacket, OfRubbishMakesOneLine) {
  Gossip gossip(config_of_a(), Rng(1));
  give(gossip, alive("b", 1));
  give(gossip, event(2000, "recent"));
  for (const std::string& rubbish : {user("\x7f no message"), event(1, "old"),
                                     serf::encode(serf::Ping{1, "somebody else", {}, 0, {}}), std::string("\x30")})
    EXPECT_EQ(count<Note>(give(gossip, many(rubbish))), 1u);
}

TEST(OnePacket, OfASealedPoolThatIsSentAgainChangesNothing) {
  Config config = config_of_a();
  config.keys = {std::string(16, 'k')};
  Gossip gossip(config, Rng(1));
  serf::Security security;
  ASSERT_TRUE(security.keyring.add(config.keys[0]));
  const auto sealed = [&](const std::string& message) { return serf::wrap_packet(message, {}, security, {}); };
  const std::string came = sealed(alive("b", 1));
  give(gossip, came);
  give(gossip, sealed(serf::encode(serf::Dead{1, "b", "b"})));
  ASSERT_EQ(count<MemberJoined>(give(gossip, came)), 0u);
  EXPECT_EQ(count<MemberJoined>(give(gossip, sealed(alive("b", 2)))), 1u);
  EXPECT_EQ(count<UserEventReceived>(give(gossip, sealed(event(1, "deploy")))), 1u);
  EXPECT_EQ(count<UserEventReceived>(give(gossip, sealed(event(1, "deploy")))), 0u);
}

TEST(ForgedTimes, MakeNoHonestEventOldNews) {
  Gossip gossip(config_of_a(), Rng(1));
  give(gossip, alive("b", 1));
  EXPECT_EQ(count<UserEventReceived>(give(gossip, event(7, "deploy"))), 1u);
  give(gossip, event(forged, "forged"));
  give(gossip, user(serf::encode(serf::Query{.ltime = forged, .id = 3})));
  give(gossip, user(serf::encode(serf::JoinIntent{forged, "b"})));
  give(gossip, user(serf::encode(serf::LeaveIntent{forged, "b", true})));
  EXPECT_EQ(count<UserEventReceived>(give(gossip, event(8, "deploy"))), 1u);
  EXPECT_EQ(gossip.members().find("b")->status, MemberStatus::alive);
  EXPECT_EQ(gossip.stats().at("event_time"), "9");
  EXPECT_LT(std::stoull(gossip.stats().at("member_time")), 10u);
  EXPECT_LT(std::stoull(gossip.stats().at("query_time")), 10u);
}

TEST(LamportClock, BelievesWhatItHearsFirstAndNoLeapAfterwards) {
  LamportClock clock;
  clock.witness(LamportTime{forged});
  EXPECT_EQ(clock.time(), LamportTime{1});
  clock.witness(LamportTime{std::uint64_t{1} << 60});
  EXPECT_EQ(clock.time(), LamportTime{(std::uint64_t{1} << 60) + 1});
  const LamportTime before = clock.time();
  clock.witness(LamportTime{before.value + LamportClock::max_leap});
  EXPECT_EQ(clock.time(), before);
  clock.witness(LamportTime{before.value + LamportClock::max_leap - 1});
  EXPECT_EQ(clock.time(), LamportTime{before.value + LamportClock::max_leap});
}

TEST(Broadcasts, WhatFitsNoPacketIsNotQueued) {
  Gossip gossip(config_of_a(), Rng(1));
  give(gossip, alive("b", 1));
  const auto effects = give(gossip, serf::compress(event(1, "large", std::string(3000, 'x'))));
  EXPECT_EQ(count<UserEventReceived>(effects), 1u) << "it counts, and goes on by push/pull";
  EXPECT_EQ(count<Note>(effects), 1u);
  EXPECT_EQ(gossip.stats().at("event_queue"), "0");
}

// memberlist#299
TEST(Broadcasts, ChangesOfMembersLeaveOtherMessagesTheirPlace) {
  Broadcasts broadcasts;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "m" + std::to_string(i);
    broadcasts.state().queue(std::string(300, 's'),
                             std::make_shared<const Identity>(name, Address{}, "", ProtocolVersions{}));
  }
  broadcasts.events().queue(std::string(500, 'e'));
  serf::Compound packet(1400);
  broadcasts.take(1400, 8, 8, packet);
  const std::string bytes = packet.take();
  EXPECT_NE(bytes.find(std::string(500, 'e')), std::string::npos);
  EXPECT_NE(bytes.find(std::string(300, 's')), std::string::npos);
}

// The real one takes the dead into account: 92 s here instead of 24.
TEST(SuspicionTimer, CountsTheLivingOnly) {
  const auto takes = [](int died) {
    Gossip gossip(config_of_a(), Rng(1));
    for (int i = 0; i < 9 + died; ++i) give(gossip, alive("m" + std::to_string(i), 1));
    for (int i = 9; i < 9 + died; ++i)
      give(gossip, serf::encode(serf::Dead{1, "m" + std::to_string(i), "m" + std::to_string(i)}));
    give(gossip, serf::encode(serf::Suspect{1, "m0", "m1"}));
    return fails_at(gossip, "m0", Instant{} + 10min);
  };
  ASSERT_TRUE(takes(0));
  EXPECT_EQ(takes(300), takes(0));
}

TEST(Damping, WhoKeepsComingBackIsGivenMoreTime) {
  const auto takes = [](int returns, bool damp) {
    Profile profile = Profile::lan();
    profile.damp_flapping = damp;
    Gossip gossip(config_of_a(profile), Rng(1));
    for (int i = 0; i < 9; ++i) give(gossip, alive("m" + std::to_string(i), 1));
    std::uint32_t incarnation = 1;
    for (int i = 0; i < returns; ++i) {
      give(gossip, serf::encode(serf::Suspect{incarnation, "m0", "m1"}));
      give(gossip, alive("m0", ++incarnation));
    }
    give(gossip, serf::encode(serf::Suspect{incarnation, "m0", "m1"}));
    return *fails_at(gossip, "m0", Instant{} + 30min) - Instant{};
  };
  EXPECT_EQ(takes(1, true), takes(0, true)) << "once is a restart, or bad luck";
  EXPECT_GT(takes(4, true), takes(1, true) * 3 / 2);
  EXPECT_EQ(takes(4, false), takes(0, false));
}

// 72 h as Nomad has it for failed servers, 24 h for those that left.
TEST(Reaping, EndsTheMemoryOfTheGoneAndFreesTheirNames) {
  Config config = config_of_a();
  config.serf = SerfTiming::nomad();
  Gossip gossip(config, Rng(1));
  for (const char* name : {"failed", "left"}) give(gossip, alive(name, 1));
  give(gossip, user(serf::encode(serf::LeaveIntent{5, "left", false})));
  give(gossip, serf::encode(serf::Dead{1, "left", "left"}));
  ASSERT_TRUE(fails_at(gossip, "failed", Instant{} + 5min));
  std::map<std::string, Instant> reaped;
  while (gossip.deadline() <= Instant{} + 80h) {
    const Instant now = gossip.deadline();
    std::vector<Effect> effects;
    gossip.handle(now, Woken{}, effects);
    for (const Effect& effect : effects) {
      if (const auto* one = std::get_if<MemberReaped>(&effect)) reaped.emplace(one->member.name(), now);
      // Nobody answers when it tries to reach the failed one.
      if (const auto* open = std::get_if<OpenStream>(&effect)) {
        std::vector<Effect> none;
        gossip.handle(now, StreamFailed{open->stream, "connection refused"}, none);
      }
    }
  }
  ASSERT_EQ(reaped.size(), 2u);
  EXPECT_GT(reaped["left"] - Instant{}, 24h);
  EXPECT_LT(reaped["left"] - Instant{}, 24h + 10min);
  EXPECT_GT(reaped["failed"] - Instant{}, 72h);
  EXPECT_LT(reaped["failed"] - Instant{}, 72h + 10min);
  EXPECT_EQ(gossip.members().find("failed"), nullptr);
  // Another one elsewhere may have the name now.
  EXPECT_EQ(count<MemberJoined>(give(gossip, alive("failed", 5, 88), Instant{} + 80h)), 1u);
}

// reference/gossip-wire.md, section 17.
TEST(Profiles, AreMemberlistsAndNomads) {
  const Profile lan = Profile::lan(), wan = Profile::wan(), local = Profile::local();
  EXPECT_EQ(std::tuple(lan.tcp_timeout, lan.probe_interval, lan.probe_timeout, lan.gossip_interval),
            std::tuple(10s, 1s, 500ms, 200ms));
  EXPECT_EQ(std::tuple(lan.indirect_checks, lan.retransmit_mult, lan.suspicion_mult, lan.suspicion_max_timeout_mult,
                       lan.gossip_nodes, lan.awareness_max),
            std::tuple(3, 4, 4, 6, 3, 8));
  EXPECT_EQ(std::tuple(lan.push_pull_interval, lan.gossip_to_the_dead), std::tuple(30s, 30s));
  EXPECT_EQ(std::tuple(wan.tcp_timeout, wan.probe_interval, wan.probe_timeout, wan.gossip_interval),
            std::tuple(30s, 5s, 3s, 500ms));
  EXPECT_EQ(std::tuple(wan.suspicion_mult, wan.gossip_nodes, wan.push_pull_interval, wan.gossip_to_the_dead),
            std::tuple(6, 4, 60s, 60s));
  EXPECT_EQ(std::tuple(local.tcp_timeout, local.probe_interval, local.probe_timeout, local.gossip_interval),
            std::tuple(1s, 1s, 200ms, 100ms));
  EXPECT_EQ(std::tuple(local.indirect_checks, local.retransmit_mult, local.suspicion_mult, local.push_pull_interval,
                       local.gossip_to_the_dead),
            std::tuple(1, 2, 3, 15s, 15s));
}

// What a real agent wrote at four moments of its life.
TEST(SnapshotVectors, AreReadAsTheAgentDoes) {
  const auto files = tests::vectors("11-snapshot-file.json", "files");
  ASSERT_EQ(files.size(), 4u);
  const auto names = [](const Recovered& recovered) {
    std::string out;
    for (const auto& [name, address] : recovered.alive) out += name + "@" + std::to_string(address.port) + " ";
    return out;
  };
  const std::string all = "a@18016 b@18017 c@18018 ";
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string text = tests::text_of(files[i].at("text"));
    const Recovered kept = read_snapshot(text, true), gone = read_snapshot(text, false);
    EXPECT_EQ(kept.unreadable, 0u);
    EXPECT_EQ(names(kept), all);
    EXPECT_EQ(names(gone), i < 2 ? all : i == 2 ? "" : "b@18017 ") << "it left, and came back alone";
    EXPECT_EQ(kept.clock, LamportTime{i < 2 ? 1u : 2u});
    EXPECT_EQ(kept.event_clock, LamportTime{1});
  }
}

TEST(Snapshots, LinesThatCannotBeReadAreTold) {
  Config config = config_of_a();
  config.keep_snapshot = true;
  config.snapshot = "alive: b 127.0.0.1:2\nwhat is this\nclock: 3\n";
  Gossip gossip(config, Rng(1));
  std::vector<Effect> effects;
  gossip.handle({}, Woken{}, effects);
  const bool told = std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
    const auto* note = std::get_if<Note>(&effect);
    return note != nullptr && note->text.find("1 lines of the snapshot") != std::string::npos;
  });
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace tests
