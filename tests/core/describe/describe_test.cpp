#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/describe.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/describe/compare.hpp"
#include "core/describe/hash.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"
#include "core/world/world.hpp"

namespace core::describe {
namespace {

enum class Colour { red, dark_blue };
BOOST_DESCRIBE_ENUM(Colour, red, dark_blue)

struct Inner {
  std::int32_t cpu = 0;
  std::string job_id;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (cpu, job_id))

struct Outer {
  std::uint16_t memory_mb = 0;
  Duration kill_timeout{};
  WallTime started_at;
  Colour colour = Colour::red;
  std::optional<bool> healthy;
  std::vector<Inner> items;
  std::map<std::string, std::string> meta;
  std::shared_ptr<const Inner> shared;
  Bytes payload;
  boost::json::value config;
};
BOOST_DESCRIBE_STRUCT(Outer, (),
                      (memory_mb, kill_timeout, started_at, colour, healthy, items, meta, shared, payload, config))

Outer sample() {
  Outer out;
  out.memory_mb = 300;
  out.kill_timeout = 5s;
  out.started_at = {1'700'000'000'123'000'000};
  out.colour = Colour::dark_blue;
  out.healthy = true;
  out.items = {{7, "web"}};
  out.meta = {{"a", "1"}};
  out.shared = std::make_shared<const Inner>(Inner{1, "x"});
  out.payload = {std::string("\0\1\2", 3)};
  out.config = {{"command", "/bin/sh"}};
  return out;
}

TEST(Json, SpellsNamesAndValuesAsNomadDoes) {
  EXPECT_EQ(boost::json::serialize(to_json(sample())),
            R"({"MemoryMB":300,"KillTimeout":5000000000,"StartedAt":"2023-11-14T22:13:20.123Z","Colour":"dark-blue",)"
            R"("Healthy":true,"Items":[{"CPU":7,"JobID":"web"}],"Meta":{"a":"1"},"Shared":{"CPU":1,"JobID":"x"},)"
            R"("Payload":"AAEC","Config":{"command":"/bin/sh"}})");
}

TEST(Json, WritesWhatIsMissingAsNull) {
  EXPECT_EQ(boost::json::serialize(to_json(Outer{})),
            R"({"MemoryMB":0,"KillTimeout":0,"StartedAt":null,"Colour":"red","Healthy":null,)"
            R"("Items":null,"Meta":null,"Shared":null,"Payload":null,"Config":null})");
}

TEST(Json, ReadsBackWhatItWrites) {
  const auto back = from_json<Outer>(to_json(sample()));
  ASSERT_TRUE(back);
  EXPECT_TRUE(equal(*back, sample()));
  EXPECT_EQ(hash_of(*back), hash_of(sample()));
}

TEST(Json, ReadsAsLenientlyAsGo) {
  const auto read =
      from_json<Outer>(boost::json::parse(R"({"memorymb":12,"KillTimeout":"1m30s","Unknown":1,"Items":null})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->memory_mb, 12);
  EXPECT_EQ(read->kill_timeout, 90s);
}

TEST(Json, WritesWhatHasATextAndAParseAsText) {
  const std::vector<Address> addresses{Address::parse("127.0.0.1:4648").value(), {}};
  EXPECT_EQ(boost::json::serialize(to_json(addresses)), R"(["127.0.0.1:4648",""])");
  EXPECT_EQ(from_json<std::vector<Address>>(to_json(addresses)).value(), addresses);
  EXPECT_EQ(from_json<Address>(boost::json::parse("\"here\"")).error().text(),
            "found \"here\", wanted the text of a Address");
}

TEST(Json, SaysWhereAndWhatWasWrong) {
  const auto error_of = [](const char* text) { return from_json<Outer>(boost::json::parse(text)).error().text(); };
  EXPECT_EQ(error_of(R"({"MemoryMB":70000})"), "Outer.MemoryMB: found 70000, wanted a whole number, not negative");
  EXPECT_EQ(error_of(R"({"Items":[{"CPU":"much"}]})"), "Outer.Items[0].CPU: found \"much\", wanted a whole number");
  EXPECT_EQ(error_of(R"({"Colour":"green"})"), "Outer.Colour: found \"green\", wanted one of red, dark-blue");
  EXPECT_EQ(error_of(R"([])"), "Outer: found [], wanted an object");
}

TEST(Text, NamesWhatIsNotZero) {
  const world::Effect effect = world::SendDatagram{Address::parse("127.0.0.1:4648").value(), "ab\1"};
  EXPECT_EQ(text_of(effect), "send-datagram to=127.0.0.1:4648 bytes=#3:616201");
  EXPECT_EQ(text_of(world::Event{world::Woken{}}), "woken");
  EXPECT_EQ(text_of(Inner{0, "a b"}), "(job_id=\"a b\")");
}

TEST(Text, WritesDurationsAsGoDoes) {
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(1500us), "1.5ms");
  EXPECT_EQ(duration_text(90s), "1m30s");
  EXPECT_EQ(duration_text(2h), "2h0m0s");
  EXPECT_EQ(duration_text(-1500ms), "-1.5s");
  EXPECT_EQ(parse_duration("1h2m3.5s"), Duration(3723'500ms));
  EXPECT_EQ(parse_duration("-5ms"), Duration(-5ms));
  for (const char* bad : {"", "5", "s", "1x", "1.2.3s", "99999999h"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

RC_GTEST_PROP(TextProperty, DurationsReadBack, ()) {
  const Duration duration{*rc::gen::inRange<std::int64_t>(-1'000'000'000'000'000, 1'000'000'000'000'000)};
  RC_ASSERT(parse_duration(duration_text(duration)) == duration);
}

RC_GTEST_PROP(TextProperty, WallTimesReadBack, ()) {
  const WallTime time{*rc::gen::inRange<std::int64_t>(-4'000'000'000'000'000'000, 4'000'000'000'000'000'000)};
  RC_ASSERT(parse_wall_time(wall_time_text(time)) == time);
}

RC_GTEST_PROP(Base64Property, ReadsBack, (std::string bytes)) { RC_ASSERT(from_base64(to_base64(bytes)) == bytes); }

TEST(Hash, TellsNeighboursApart) {
  EXPECT_NE(hash_of(Inner{1, "a"}), hash_of(Inner{1, "b"}));
  EXPECT_NE(hash_of(std::vector<std::string>{"ab", ""}), hash_of(std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(hash_of(Inner{1, "a"}), 176009710290855406u);  // pinned: traces are compared across compilers
}

RC_GTEST_PROP(CompareProperty, IsATotalOrder, (std::vector<int> a, std::vector<int> b)) {
  const auto& type = type_of<std::vector<int>>();
  RC_ASSERT(compare(type, &a, &b) == (a <=> b));
}

}  // namespace
}  // namespace core::describe
