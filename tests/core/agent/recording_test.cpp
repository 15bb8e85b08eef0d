// The recording's format: what goes in comes out, cut short or damaged anywhere it says so, and never more.
#include "core/agent/moment.hpp"

#include <map>

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/describe/hash.hpp"

namespace core::agent {
namespace {

struct Written {
  Now now;
  world::Event event;
  std::uint32_t hash = 0;
};

Config config() {
  Config out;
  out.node_name = "n1";
  out.server.emplace();
  out.server->node_name = "n1";
  return out;
}

std::uint64_t hash_of(const world::Event& event) {
  describe::Hasher hasher;
  describe::hash(hasher, describe::type_of<world::Event>(), &event);
  return hasher.value();
}

// The monotonic clock never goes back; the wall clock may.
std::vector<Written> some_events() {
  std::vector<Written> out;
  std::int64_t instant = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
    instant += *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    const std::int64_t wall =
        1'700'000'000'000'000'000 + *rc::gen::inRange<std::int64_t>(-1'000'000'000'000, 1'000'000'000'000);
    const auto bytes = *rc::gen::arbitrary<std::string>();
    const auto id = *rc::gen::inRange<std::uint64_t>(1, 9);
    const world::Event events[] = {world::Woken{}, world::StreamReceived{{id}, bytes}, world::DiskBatchDone{{id}, ""},
                                   world::ApiRequested{{id}, "PUT", "/v1/jobs", {}, bytes}};
    out.push_back({{{instant}, {wall}},
                   events[*rc::gen::inRange<std::size_t>(0, std::size(events))],
                   *rc::gen::arbitrary<std::uint32_t>()});
  }
  return out;
}

// As blocks of drawn sizes; `ends`: how many events there are up to the end of each block, by its offset.
std::string segment_of(const std::vector<Written>& events, std::map<std::size_t, std::size_t>& ends) {
  SegmentWriter writer;
  std::string out = writer.begin(make_header(config(), 7, 1));
  ends[out.size()] = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    writer.add(events[i].now, events[i].event, events[i].hash);
    if (*rc::gen::inRange(0, 3) != 0 && i + 1 < events.size()) continue;
    out += writer.finish_block();
    ends[out.size()] = i + 1;
  }
  return out;
}

// How many came out as they went in; -1: one did not.
int read_back(std::string_view bytes, const std::vector<Written>& events, bool& damaged) {
  auto reader = SegmentReader::open(bytes);
  if (!reader) {
    damaged = true;
    return 0;
  }
  for (int count = 0;; ++count) {
    auto next = reader->next();
    damaged = !next.has_value();
    if (damaged || !*next) return count;
    const auto* event = std::get_if<SegmentReader::Event>(&**next);
    if (event == nullptr || static_cast<std::size_t>(count) >= events.size()) return -1;
    const Written& was = events[static_cast<std::size_t>(count)];
    if (event->now.instant != was.now.instant || event->now.wall != was.now.wall || event->effects_hash != was.hash ||
        hash_of(event->event) != hash_of(was.event))
      return -1;
  }
}

RC_GTEST_PROP(Recording, ComesOutAsItWentIn, ()) {
  const auto events = some_events();
  std::map<std::size_t, std::size_t> ends;
  bool damaged = false;
  const std::string bytes = segment_of(events, ends);
  RC_ASSERT(read_back(bytes, events, damaged) == static_cast<int>(events.size()));
  RC_ASSERT(!damaged);
}

RC_GTEST_PROP(Recording, CutShortItEndsWithTheLastWholeBlock, ()) {
  const auto events = some_events();
  std::map<std::size_t, std::size_t> ends;
  const std::string bytes = segment_of(events, ends);
  const auto cut = *rc::gen::inRange<std::size_t>(ends.begin()->first, bytes.size() + 1);
  bool damaged = false;
  const int whole = static_cast<int>(std::prev(ends.upper_bound(cut))->second);
  RC_ASSERT(read_back(std::string_view(bytes).substr(0, cut), events, damaged) == whole);
  RC_ASSERT(!damaged);
}

RC_GTEST_PROP(Recording, DamageIsFoundAndNothingIsInvented, ()) {
  const auto events = some_events();
  std::map<std::size_t, std::size_t> ends;
  std::string bytes = segment_of(events, ends);
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  bool damaged = false;
  const int found = read_back(bytes, events, damaged);
  RC_ASSERT(found >= 0);
  // A length that grew looks like a block that was cut short; all other damage is called so.
  RC_ASSERT(damaged || found < static_cast<int>(events.size()));
}

RC_GTEST_PROP(Recording, AnyBytesAreReadOrRefused, (const std::string& noise)) {
  std::string bytes = SegmentWriter().begin(make_header(config(), 7, 1)) + noise;
  bool damaged = false;
  RC_ASSERT(read_back(bytes, {}, damaged) <= 0);
}

TEST(Recording, SegmentsOfOneLifeFollowEachOther) {
  auto header = make_header(config(), 7, 1);
  SegmentWriter writer;
  const std::string first = writer.begin(header);
  header.segment = 3;
  const std::string third = writer.begin(header);
  header.segment = 2;
  const std::string second = writer.begin(header);
  header.seed = 8;
  const std::string another = writer.begin(header);
  EXPECT_TRUE(replay({first, second, third}, nullptr).has_value());
  EXPECT_FALSE(replay({first, third}, nullptr).has_value()) << "one is missing";
  EXPECT_FALSE(replay({first, another}, nullptr).has_value()) << "of another life";
  EXPECT_FALSE(replay({}, nullptr).has_value());
  const auto late = replay({second, third}, nullptr);
  ASSERT_TRUE(late.has_value());
  EXPECT_FALSE(late->run_again) << "the beginning is gone";
}

TEST(Recording, AnotherAnswerIsFound) {
  SegmentWriter writer;
  std::string bytes = writer.begin(make_header(config(), 7, 1));
  Agent agent(config(), 7);
  world::Effects effects;
  const Now now{{1'000'000'000}, {1'700'000'000'000'000'000}};
  agent.handle(now, world::Woken{}, effects);
  ASSERT_FALSE(effects.empty());
  writer.add(now, world::Woken{}, short_hash(effects));
  const std::string good = bytes + writer.finish_block();
  const auto same = replay({good}, nullptr);
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->divergence, std::nullopt);
  writer.begin(make_header(config(), 7, 1));
  writer.add(now, world::Woken{}, short_hash(effects) + 1);
  const auto differs = replay({bytes + writer.finish_block()}, nullptr);
  ASSERT_TRUE(differs.has_value());
  ASSERT_TRUE(differs->divergence);
  EXPECT_NE(differs->divergence->find("event 1 (woken)"), std::string::npos) << *differs->divergence;
}

// What is followed where the beginning is gone: damage that a checksum does not find is named, and the first is told.
TEST(Recording, AStateThatCannotBeFollowedIsFound) {
  auto header = make_header(config(), 7, 1);
  header.segment = 2;
  const auto differs = [&](auto... frames) {
    SegmentWriter writer;
    std::string bytes = writer.begin(header);
    (writer.add(frames), ...);
    const auto replayed = replay({bytes + writer.finish_block()}, nullptr);
    EXPECT_TRUE(replayed && !replayed->run_again);
    return replayed->divergence.value_or("");
  };
  const auto entry = [](std::uint64_t index) { return raft::Entry{{1}, {index}, raft::EntryKind::noop, {}}; };
  const Chunk noise{std::make_shared<const std::string>("noise")};
  EXPECT_EQ(differs(entry(1), entry(3)), "") << "of a state that is not there";
  EXPECT_NE(differs(noise).find("belongs to no state"), std::string::npos);
  EXPECT_NE(differs(wire::Checkpoint{5, 0, 1}, noise).find("the state at index 5: the checksum of chunk 1 fails"),
            std::string::npos);
  EXPECT_NE(differs(wire::Checkpoint{5, 0, 2}, noise, wire::Checkpoint{6, 0, 1}).find("before its last chunk"),
            std::string::npos);
  SegmentWriter writer;
  std::string bytes = writer.begin(header);
  write_moment({{}, {5}}, writer, [] {});
  writer.add(entry(6));
  writer.add(entry(8));
  const auto gap = replay({bytes + writer.finish_block()}, nullptr);
  ASSERT_TRUE(gap && gap->divergence);
  EXPECT_EQ(*gap->divergence, "after event 0: found entry 8 after entry 6, wanted the next one");
  EXPECT_EQ(gap->entries, 1U);
}

}  // namespace
}  // namespace core::agent
