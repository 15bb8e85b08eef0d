// Single rules of the wire, byte by byte.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "core/model/job.hpp"
#include "core/model/plan.hpp"
#include "core/state/command.hpp"
#include "core/wire/protobuf/plan.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "core/wire/protobuf/recording.hpp"

namespace tests {
namespace {

using namespace std::string_view_literals;
namespace model = core::model;
using core::wire::protobuf::decode;
using core::wire::protobuf::encode;
using Reason = core::wire::protobuf::DecodeError::Reason;

template <class T>
void expect_refused(std::string_view bytes, Reason reason, std::string_view path, std::size_t offset) {
  const auto read = decode<T>(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, reason) << read.error().text();
  EXPECT_EQ(read.error().path, path);
  EXPECT_EQ(read.error().offset, offset);
}

// Port: label = 1, value = 2, to = 3. 150 is the example of protobuf's encoding.md: 96 01.
TEST(ProtobufWire, FieldsAreTagAndValueAndZeroIsNotWritten) {
  EXPECT_EQ(encode(model::Port{.label = "http", .value = 150}), "\x0a\x04http\x10\x96\x01"sv);
  EXPECT_EQ(encode(model::Port{}), "");
  EXPECT_EQ(encode(model::AllocatedTaskResources{}), "");  // nor a struct with nothing but zeros in it
  EXPECT_EQ(encode(model::Port{.value = -1}), "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv);
}

TEST(ProtobufWire, WhatIsAbsentIsZeroEvenWhereATypeIsBornWithSomethingElse) {
  ASSERT_EQ(model::EphemeralDisk{}.size_mb, 300);
  EXPECT_EQ(decode<model::EphemeralDisk>("")->size_mb, 0);
  EXPECT_EQ(decode<model::TaskGroup>("\x4a\x00"sv)->ephemeral_disk->size_mb, 0);  // ephemeral_disk = 9
}

// A oneof that comes twice is merged into what this decode has read, never into what was there before it.
TEST(ProtobufWire, AOneofIsMergedWithItselfAndReplacesWhatWasThere) {
  namespace state = core::state;
  const std::string first = encode(state::LogEntry{state::DeleteEvals{{"a"}, {}}});
  const std::string second = encode(state::LogEntry{state::DeleteEvals{{}, {"b"}}});
  state::LogEntry entry{state::DeleteEvals{{"old"}, {"older"}}};
  const auto& codec = core::wire::protobuf::codec_of<state::LogEntry>();
  const auto read = [&]() -> const state::DeleteEvals& { return std::get<state::DeleteEvals>(entry.command); };
  ASSERT_TRUE(codec.decode(first + second, &entry));
  EXPECT_EQ(read().eval_ids, std::vector<std::string>{"a"});
  EXPECT_EQ(read().alloc_ids, std::vector<std::string>{"b"});
  ASSERT_TRUE(codec.decode(second, &entry));
  EXPECT_TRUE(read().eval_ids.empty());
}

TEST(ProtobufWire, ATimeThatIsNotSetCostsNothingAnd1970IsATime) {
  EXPECT_EQ(encode(model::AllocStateChange{}), "");
  const model::AllocStateChange at_1970{.time = core::WallTime{0}};
  EXPECT_EQ(encode(at_1970), "\x18\x00"sv);
  EXPECT_EQ(decode<model::AllocStateChange>("\x18\x00"sv)->time, core::WallTime{0});
  EXPECT_FALSE(decode<model::AllocStateChange>("")->time.is_set());
}

TEST(ProtobufWire, NumbersInListsArePackedAndReadEitherWay) {
  const model::AllocatedCpu cpu{.reserved_cores = {1, 300}};  // reserved_cores = 2
  EXPECT_EQ(encode(cpu), "\x12\x03\x01\xac\x02"sv);
  EXPECT_EQ(decode<model::AllocatedCpu>("\x10\x01\x12\x02\xac\x02"sv)->reserved_cores, cpu.reserved_cores);
}

TEST(ProtobufWire, AMapsKeyMayComeLastAndTheLastEntryOfAKeyCounts) {
  // NodeScore.scores = 2 is map<string, double>.
  const auto bytes =
      "\x12\x0c\x11\x00\x00\x00\x00\x00\x00\xf0\x3f\x0a\x01"
      "a"
      "\x12\x0c\x0a\x01"
      "a\x11\x00\x00\x00\x00\x00\x00\x00\x40"sv;
  const auto read = decode<model::NodeScore>(bytes);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->scores, (std::map<std::string, double>{{"a", 2.0}}));
}

TEST(ProtobufWire, AMessageWrittenInTwoPiecesIsMerged) {
  // RegisterJob.job = 1; Job.id = 3, Job.name = 5.
  const auto read = decode<core::state::RegisterJob>("\x0a\x03\x1a\x01j\x0a\x03\x2a\x01n"sv);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->job.id, "j");
  EXPECT_EQ(read->job.name, "n");
}

TEST(ProtobufWire, RefusalsSayWhyAndWhere) {
  expect_refused<model::Port>("\x0a\x05http"sv, Reason::truncated, "label", 1);
  expect_refused<model::Port>("\x10"sv, Reason::truncated, "value", 1);
  expect_refused<model::Port>("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, Reason::malformed, "value", 1);
  expect_refused<model::Port>("\x00\x01"sv, Reason::malformed, "", 0);  // field number 0
  expect_refused<model::Port>("\xff\x01"sv, Reason::malformed, "", 0);  // wire type 7
  expect_refused<model::Port>("\x08\x01"sv, Reason::wrong_wire_type, "label", 0);
  expect_refused<model::Port>("\x10\x80\x80\x80\x80\x10"sv, Reason::out_of_range, "value", 1);       // 2^32
  expect_refused<model::NodeCpu>("\x10\x80\x80\x04"sv, Reason::out_of_range, "total_cpu_cores", 1);  // 65536
  // Job: task_groups = 14, status = 29; TaskGroup.count = 2.
  expect_refused<model::Job>("\xe8\x01\x07"sv, Reason::out_of_range, "status", 2);
  expect_refused<model::Job>("\x72\x00\x72\x02\x10\x80"sv, Reason::truncated, "task_groups[1].count", 5);
  // Task.config = 4 is JSON.
  expect_refused<model::Task>("\x22\x01{"sv, Reason::bad_json, "config", 2);
}

TEST(ProtobufWire, ACommandThatIsNotKnownIsRefused) {
  expect_refused<core::state::LogEntry>("", Reason::missing, "", 0);
  expect_refused<core::state::LogEntry>("\xfa\x06\x00"sv, Reason::missing, "", 3);  // number 111
  EXPECT_TRUE(decode<core::state::LogEntry>("\x42\x00"sv));  // delete_evals = 8, with nothing in it
}

TEST(ProtobufWire, DepthIsBounded) {
  std::string groups(core::wire::protobuf::max_depth + 1, '\x7b');  // number 15, a group begins
  const auto read = decode<model::Port>(groups);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, Reason::too_deep);
  const std::string json = std::string(100, '[') + std::string(100, ']');
  const auto deep = decode<model::Task>("\x22\xc8\x01" + json);
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().reason, Reason::bad_json);
}

TEST(ProtobufWire, ElementsAndMemoryAreBounded) {
  std::string cores = "\x12";
  char length[core::wire::protobuf::max_varint_length];
  const std::size_t too_many = core::wire::protobuf::max_elements + 1;
  cores.append(length, core::wire::protobuf::write_varint(length, too_many));
  cores.append(too_many, '\x01');
  const auto many = decode<model::AllocatedCpu>(cores);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().reason, Reason::too_large);
  // Two bytes each for us, an Allocation each in memory: Plan.placements = 7.
  std::string allocations;
  const std::size_t past = core::wire::protobuf::max_memory / sizeof(model::Allocation) + 1;
  for (std::size_t i = 0; i < past; ++i) allocations += "\x3a\x00"sv;
  const auto large = decode<model::Plan>(allocations);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().reason, Reason::too_large);
}

TEST(ProtobufWire, LongBodiesGetLongLengths) {
  for (const std::size_t size : {125u, 126u, 127u, 128u, 129u, 16381u, 16383u, 16384u, 20000u, 3000000u}) {
    core::wire::RecordedEvent event{.event = core::world::StreamReceived{.bytes = std::string(size, '\x80')}};
    const auto read = decode<core::wire::RecordedEvent>(encode(event));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(std::get<core::world::StreamReceived>(read->event).bytes.size(), size);
  }
}

TEST(ProtobufWire, AppendKeepsWhatIsThere) {
  std::string out = "before";
  core::wire::protobuf::append(out, model::Port{.to = 1});
  EXPECT_EQ(out, "before\x18\x01");
}

}  // namespace
}  // namespace tests
