// The laws of the member list.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/gossip.hpp"
#include "core/gossip/lamport.hpp"
#include "core/gossip/suspicion.hpp"
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

Gossip observer(const std::string& name = "a", bool damp = true) {
  Config config;
  config.name = name;
  config.advertise = *Address::parse("127.0.0.1:1");
  config.profile = Profile::lan();
  config.profile.damp_flapping = damp;
  config.merge_rule = MergeRule::any;
  return Gossip(config, Rng(1));
}

std::vector<Effect> give(Gossip& gossip, std::string bytes, Instant now = {}) {
  std::vector<Effect> effects;
  gossip.handle(now, DatagramReceived{*Address::parse("127.0.0.1:9"), std::move(bytes)}, effects);
  return effects;
}

std::string alive(const std::string& name, std::uint32_t incarnation) {
  const std::string ip("\x7f\0\0\1", 4);
  return serf::encode(serf::Alive{incarnation, name, ip, 77, "\xff\x80", versions});
}
std::string suspect(const std::string& name, std::uint32_t incarnation, const std::string& from) {
  return serf::encode(serf::Suspect{incarnation, name, from});
}
std::string dead(const std::string& name, std::uint32_t incarnation, const std::string& from) {
  return serf::encode(serf::Dead{incarnation, name, from});
}
std::string join(const std::string& name, std::uint64_t ltime) {
  return serf::encode(serf::User{serf::encode(serf::JoinIntent{ltime, name})});
}
std::string leave(const std::string& name, std::uint64_t ltime) {
  return serf::encode(serf::User{serf::encode(serf::LeaveIntent{ltime, name, false})});
}

/// What one member may truly have done, and what was said of it.
std::vector<std::string> history(const std::string& name, int kind) {
  std::vector<std::string> told{alive(name, 1), join(name, 1)};
  const auto add = [&](std::vector<std::string> more) { told.insert(told.end(), more.begin(), more.end()); };
  if (kind == 1) add({suspect(name, 1, "x"), alive(name, 2)});
  if (kind == 2) add({suspect(name, 1, "x"), dead(name, 1, "x"), dead(name, 1, "y")});
  if (kind == 3) add({leave(name, 5), dead(name, 1, name)});
  if (kind == 4) add({leave(name, 5), dead(name, 1, name), alive(name, 2), join(name, 9)});
  if (kind == 5)
    add({suspect(name, 1, "x"), alive(name, 2), suspect(name, 2, "y"), dead(name, 2, "y"), dead(name, 2, "z")});
  return told;
}

std::string view(const Gossip& gossip) {
  std::string text;
  for (const Member& member : gossip.members())
    if (member.name() != gossip.self().name())
      text += member.name() + "=" + to_string(member.status) + "/" + std::to_string(member.incarnation.value) + "/" +
              std::to_string(member.status_ltime.value) + " ";
  return text;
}

RC_GTEST_PROP(GossipProperty, AnyOrderAndRepetitionOfTheSameMessagesEndsInTheSameView, (std::uint64_t seed)) {
  Rng rng(seed);
  std::vector<std::string> told;
  // With damping no verdict is believed at the moment of its accusation, and all is said in one moment here.
  const bool damp = rng.chance(0.5);
  Gossip first = observer("a", damp);
  Gossip second = observer("a", damp);
  for (const char* name : {"b", "c", "d", "e"}) {
    for (auto& message : history(name, static_cast<int>(rng.below(6)))) told.push_back(message);
    // What is said of strangers is not believed: both have met.
    give(first, alive(name, 1));
    give(second, alive(name, 1));
  }
  for (Gossip* gossip : {&first, &second}) {
    std::vector<std::string> order = told;
    for (const auto& message : told)
      if (rng.chance(0.3)) order.push_back(message);
    rng.shuffle(order);
    for (const auto& message : order) give(*gossip, message);
  }
  RC_ASSERT(view(first) == view(second));
}

/// One push/pull, `from` asking `to`.
void exchange(Gossip& from, Gossip& to, std::uint64_t number) {
  std::vector<Effect> effects;
  from.handle({}, JoinRequested{RequestId{number}, {*Address::parse("127.0.0.1:9")}}, effects);
  StreamId stream;
  for (const auto& effect : effects)
    if (const auto* open = std::get_if<OpenStream>(&effect)) stream = open->stream;
  const auto carry = [](Gossip& target, StreamId on, const std::vector<Effect>& sent) {
    std::vector<Effect> answer;
    for (const auto& effect : sent)
      if (const auto* data = std::get_if<SendStream>(&effect))
        target.handle({}, StreamReceived{on, data->bytes}, answer);
    return answer;
  };
  effects.clear();
  from.handle({}, StreamConnected{stream}, effects);
  std::vector<Effect> accepted;
  to.handle({}, StreamAccepted{StreamId{2 * number + 1}, {}}, accepted);
  const auto answer = carry(to, StreamId{2 * number + 1}, effects);
  carry(from, stream, answer);
}

RC_GTEST_PROP(GossipProperty, WhatWasLostIsMadeUpByPushPull, (std::uint64_t seed)) {
  Rng rng(seed);
  std::vector<std::string> told;
  // Deaths are left out: by push/pull they are suspicions, which take their time.
  const int kinds[] = {0, 1, 3, 4};
  for (const char* name : {"b", "c", "d", "e"})
    for (auto& message : history(name, kinds[rng.below(4)])) told.push_back(message);
  Gossip first = observer("a");
  Gossip second = observer("z");
  for (const char* name : {"b", "c", "d", "e"}) {
    give(first, alive(name, 1));
    give(second, alive(name, 1));
  }
  for (std::size_t i = 0; i < told.size(); ++i) {
    // Each message reaches at least one of them.
    const auto lucky = rng.below(3);
    if (lucky != 1) give(first, told[i]);
    if (lucky != 0) give(second, told[i]);
  }
  for (std::uint64_t round = 1; round <= 3; ++round) {
    exchange(first, second, 2 * round);
    exchange(second, first, 2 * round + 1);
  }
  const auto statuses = [](const Gossip& gossip) {
    std::string text;
    for (const Member& member : gossip.members()) text += member.name() + "=" + to_string(member.status) + " ";
    return text;
  };
  RC_ASSERT(statuses(first) == statuses(second));
}

RC_GTEST_PROP(GossipProperty, WhoLeftStaysLeftUntilANewerIncarnation, (std::uint64_t seed)) {
  Rng rng(seed);
  Gossip gossip = observer();
  give(gossip, alive("b", 7));
  give(gossip, leave("b", 20));
  give(gossip, dead("b", 7, "b"));
  Instant now;
  for (int i = 0; i < 40; ++i) {
    const auto incarnation = static_cast<std::uint32_t>(rng.below(8));
    switch (rng.below(6)) {
      case 0:
        give(gossip, alive("b", incarnation), now);
        break;
      case 1:
        give(gossip, suspect("b", incarnation + 1, "c"), now);
        break;
      case 2:
        give(gossip, dead("b", incarnation + 1, "c"), now);
        break;
      case 3:
        give(gossip, join("b", rng.below(40)), now);
        break;
      case 4:
        give(gossip, leave("b", rng.below(40)), now);
        break;
      default:
        now += Duration{std::chrono::minutes(rng.below(10))};
        break;
    }
    RC_ASSERT(gossip.members().at("b").status == MemberStatus::left);
  }
  give(gossip, alive("b", 9), now);
  RC_ASSERT(gossip.members().at("b").status == MemberStatus::alive);
}

RC_GTEST_PROP(GossipProperty, LamportTimeNeverGoesBack, (std::vector<std::uint64_t> times)) {
  Gossip gossip = observer();
  give(gossip, alive("b", 1));
  const auto clocks = [&] {
    auto stats = gossip.stats();
    return std::array{std::stoull(stats["member_time"]), std::stoull(stats["event_time"]),
                      std::stoull(stats["query_time"])};
  };
  auto before = clocks();
  for (const std::uint64_t drawn : times) {
    const std::uint64_t time = *rc::gen::element(drawn, drawn % 100, ~drawn, drawn >> 24);
    switch (drawn % 4) {
      case 0:
        give(gossip, join("b", time));
        break;
      case 1:
        give(gossip, leave("b", time));
        break;
      case 2:
        give(gossip, serf::encode(serf::User{serf::encode(serf::UserEvent{time, "e", {}, false})}));
        break;
      default:
        give(gossip, serf::encode(serf::User{serf::encode(serf::Query{.ltime = time, .id = 3})}));
        break;
    }
    const auto after = clocks();
    const std::size_t moved = drawn % 4 < 2 ? 0 : drawn % 4 - 1;
    for (std::size_t i = 0; i < after.size(); ++i) RC_ASSERT(after[i] >= before[i]);
    // Ahead of what was seen, so that an answer to it is newer (K42); of what cannot be, nothing is believed.
    if (time < before[moved] + LamportClock::max_leap)
      RC_ASSERT(after[moved] > time);
    else if (before[moved] > 1)
      RC_ASSERT(after[moved] == before[moved]);
    before = after;
  }
}

RC_GTEST_PROP(GossipProperty, LamportTimeGoesOnInALaterLife, (std::vector<std::uint64_t> times)) {
  Config config;
  config.name = "a";
  config.advertise = *Address::parse("127.0.0.1:1");
  config.profile = Profile::lan();
  config.merge_rule = MergeRule::any;
  config.keep_snapshot = true;
  const auto clocks = [](const Gossip& gossip) {
    auto stats = gossip.stats();
    return std::array{std::stoull(stats["member_time"]), std::stoull(stats["event_time"]),
                      std::stoull(stats["query_time"])};
  };
  std::string file;
  const auto write = [&](const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      if (const auto* appended = std::get_if<SnapshotAppended>(&effect)) file += appended->bytes;
      if (const auto* replaced = std::get_if<SnapshotReplaced>(&effect)) file = replaced->bytes;
    }
  };
  Gossip gossip(config, Rng(1));
  write(give(gossip, alive("b", 1)));
  for (const std::uint64_t time : times) {
    write(give(gossip, time % 2 == 0 ? join("b", time) : leave("b", time)));
    write(give(gossip, serf::encode(serf::User{serf::encode(serf::UserEvent{time / 2, "e", {}, false})})));
    write(give(gossip, serf::encode(serf::User{serf::encode(serf::Query{.ltime = time / 3, .id = 3})})));
  }
  // Clocks are written down with some delay.
  std::vector<Effect> effects;
  gossip.handle(Instant{} + 1min, Woken{}, effects);
  write(effects);
  config.snapshot = file;
  Gossip later(config, Rng(2));
  later.handle({}, Woken{}, effects);
  const auto before = clocks(gossip);
  const auto after = clocks(later);
  for (std::size_t i = 0; i < after.size(); ++i) RC_ASSERT(after[i] >= before[i]);
}

// They come compressed, or as a row of a push/pull, and nothing that is told on may take more than a datagram.
TEST(Gossip, NamesOfTensOfKilobytesDoNotEndTheAgent) {
  const std::string huge(100'000, 'x');
  Gossip gossip = observer();
  give(gossip, alive("b", 1));
  for (const std::string& message :
       {suspect("b", 1, huge), dead("b", 1, huge), suspect("b", 2, huge), alive(huge, 1), join(huge, 1), leave(huge, 2),
        serf::encode(serf::IndirectPing{1, std::string("\x7f\0\0\1", 4), 9, huge, true, {}, 0, huge})}) {
    const std::string packed = serf::compress(message);
    ASSERT_LT(packed.size(), serf::max_datagram_bytes);
    give(gossip, packed);
  }
  std::vector<Effect> effects;
  for (int wakes = 0; wakes < 100; ++wakes) gossip.handle(gossip.deadline(), Woken{}, effects);
  EXPECT_EQ(gossip.self().status, MemberStatus::alive);
}

RC_GTEST_PROP(GossipProperty, NoPacketOrStreamEndsTheAgent, (std::uint64_t seed)) {
  static const std::vector<std::string> corpus = [] {
    std::vector<std::string> found;
    for (const char* file : {"01-push-pull.json", "02-probe.json", "03-state.json", "04-events-queries.json",
                             "05-compression.json", "06-encryption.json", "07-provoked.json", "08-label.json"})
      for (const auto& entry : tests::vectors(file)) found.push_back(tests::from_hex(tests::text_of(entry.at("hex"))));
    return found;
  }();
  Rng rng(seed);
  Gossip gossip = observer();
  Instant now;
  for (std::uint64_t i = 1; i < 30; ++i) {
    std::string bytes = corpus[rng.below(corpus.size())];
    for (std::uint64_t change = rng.below(4); change > 0; --change) {
      const std::size_t at = rng.below(bytes.size());
      bytes[at] = static_cast<char>(rng.below(256));
    }
    std::vector<Effect> effects;
    give(gossip, bytes, now);
    const StreamId stream{2 * i + 1};
    gossip.handle(now, StreamAccepted{stream, {}}, effects);
    gossip.handle(now, StreamReceived{stream, bytes}, effects);
    now += Duration{std::chrono::milliseconds(rng.below(2000))};
    for (int wakes = 0; gossip.deadline() <= now && wakes < 1000; ++wakes) gossip.handle(now, Woken{}, effects);
    RC_ASSERT(gossip.deadline() > now);
    RC_ASSERT(gossip.self().status == MemberStatus::alive);
    for (const auto& effect : effects)
      if (const auto* datagram = std::get_if<SendDatagram>(&effect)) RC_ASSERT(datagram->bytes.size() <= 1405u);
  }
}

TEST(OddInput, IsAnsweredAsTheAgentDoesOrSafer) {
  int seen = 0;
  for (const auto& entry : vectors("10-tolerance.json", "cases")) {
    const auto& odd = entry.as_object();
    SCOPED_TRACE(text_of(odd.at("case")));
    Gossip gossip = observer();
    const auto effects = give(gossip, from_hex(text_of(odd.at("hex"))));
    ++seen;
    if (const auto* answered = odd.if_contains("answered")) {
      std::optional<std::int64_t> acked;
      for (const auto& effect : effects)
        if (const auto* datagram = std::get_if<SendDatagram>(&effect))
          for (const auto& message : serf::decode_packet(datagram->bytes).messages)
            if (const auto* ack = std::get_if<serf::Ack>(&message)) acked = ack->seq_no;
      EXPECT_EQ(acked.has_value(), answered->as_bool());
      if (acked) {
        EXPECT_EQ(*acked, odd.at("ack_SeqNo").as_int64());
      }
      continue;
    }
    // Taken in by the old agent, to its harm or its peers': refused here.
    const std::string name = text_of(odd.at("case"));
    const bool harmful = name.find("over the 512 limit") != name.npos || name.find("3-byte address") != name.npos ||
                         name.find("empty name") != name.npos;
    const bool accepted = gossip.members().size() == 2;
    EXPECT_EQ(accepted, odd.at("accepted").as_bool() && !harmful);
    if (accepted && name.find("IPv4-mapped") != name.npos) {
      EXPECT_EQ(std::next(gossip.members().begin())->address().text(), "127.0.0.1:18091");
    }
  }
  EXPECT_EQ(seen, 39);
}

TEST(SuspicionTimes, AreTheReferencesExamples) {
  const auto lan = Profile::lan();
  EXPECT_EQ(Suspicion::min_timeout(lan, 3), 4s);
  EXPECT_EQ(Suspicion::min_timeout(lan, 30), 5908ms);
  EXPECT_EQ(Suspicion::min_timeout(lan, 31), 5964ms);
  EXPECT_EQ(Suspicion::min_timeout(lan, 100), 8s);
  EXPECT_EQ(Suspicion::min_timeout(lan, 1000), 12s);
  EXPECT_EQ(Suspicion::min_timeout(Profile::wan(), 5), 30s);
  // Five servers of Nomad's: nobody could confirm enough, so the shortest time holds from the start.
  EXPECT_EQ(Suspicion(Profile::wan(), 5, "a", Instant{}).expires(), Instant{} + 30s);
  Suspicion lan_ten(lan, 10, "a", Instant{});
  EXPECT_EQ(lan_ten.expires(), Instant{} + 24s);
  EXPECT_FALSE(lan_ten.confirm("a"));
  EXPECT_TRUE(lan_ten.confirm("b"));
  EXPECT_FALSE(lan_ten.confirm("b"));
  EXPECT_EQ(lan_ten.expires(), Instant{} + 11381ms);
  EXPECT_TRUE(lan_ten.confirm("c"));
  EXPECT_FALSE(lan_ten.confirm("d"));
  EXPECT_EQ(lan_ten.expires(), Instant{} + 4s);
}

TEST(BroadcastQueue, TellsTheLeastToldFirstAndEachOftenEnough) {
  BroadcastQueue queue;
  std::vector<Awaited> done;
  const auto b = std::make_shared<const Identity>("b", Address{}, "", ProtocolVersions{});
  queue.queue("old news of b", b);
  queue.queue("news of b", b);
  queue.queue("a longer line", Awaited::own_death);
  std::size_t room = 20;
  serf::Compound first;
  queue.take(room, {2, false}, 2, first, done);
  EXPECT_EQ(first.take(), "a longer line");
  room = 100;
  serf::Compound second;
  queue.take(room, {2, false}, 2, second, done);
  EXPECT_EQ(second.take(), serf::compound({"news of b", "a longer line"}));
  EXPECT_EQ(room, 100 - 9 - 13 - 4u);
  EXPECT_EQ(done, std::vector<Awaited>{Awaited::own_death});
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(retransmit_limit(4, 9), 4);
  EXPECT_EQ(retransmit_limit(4, 10), 8);
  EXPECT_EQ(retransmit_limit(4, 999), 12);
}

// A peer may choose any names: all are counted, and none makes a metric of its own that another system would mistake.
TEST(Metrics, CountAllNamesAndCleanThem) {
  Gossip gossip = observer();
  for (std::uint64_t i = 1; i <= 100; ++i)
    give(gossip, serf::encode(serf::User{serf::encode(serf::UserEvent{i, "e" + std::to_string(i), {}, false})}));
  const auto value_of = [&](const std::string& name) {
    double sum = -1;
    int lines = 0;
    for (const Metric& metric : gossip.metrics())
      if (metric.name == name) sum = metric.value.sum, ++lines;
    EXPECT_LE(lines, 1) << name;
    return sum;
  };
  EXPECT_EQ(value_of("serf.events"), 100);
  EXPECT_EQ(value_of("serf.events.e64"), 1);
  EXPECT_EQ(value_of("serf.events.e65"), -1);

  Gossip other = observer();
  for (const char* name : {"a-b", "a.b", "a\xffz"})
    give(other, serf::encode(serf::User{serf::encode(serf::UserEvent{1, name, {}, false})}));
  gossip = std::move(other);
  EXPECT_EQ(value_of("serf.events.a_b"), 2);
  EXPECT_EQ(value_of("serf.events.a_z"), 1);
  EXPECT_EQ(value_of("serf.events"), 3);
}

}  // namespace
}  // namespace tests
