// Every type, with drawn values: protoc's class reads what we write, and we read what it writes.
#include <string>

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/describe/compare.hpp"
#include "core/describe/text.hpp"
#include "generated.hpp"
#include "tests/support/wire_types.hpp"

namespace tests {
namespace {

using core::wire::protobuf::Codec;

void assert_decodes_to(const Codec& codec, const std::string& bytes, const Value& value) {
  const auto read = dirty_value(value.kind);
  const auto result = codec.decode(bytes, read.get());
  if (!result) RC_FAIL(result.error().text());
  if (core::describe::compare(*value.kind.type, read.get(), value.at.get()) == 0) return;
  std::string text;
  core::describe::append_text(text, *value.kind.type, read.get());
  RC_FAIL("read back as " + text);
}

template <class Law>
void hold_for_every_type(Law law) {
  for (const ValueType& kind : wire_types()) {
    const Codec codec(*kind.type);
    const bool holds = rc::check(kind.type->name, [&] {
      const Value value = *arbitrary_value(kind);
      law(codec, value);
    });
    EXPECT_TRUE(holds) << kind.type->name;
  }
}

TEST(Roundtrip, OurBytesAreThoseOfProtocsClassAndBothReadThem) {
  hold_for_every_type([](const Codec& codec, const Value& value) {
    const std::string ours = codec.encode(value.at.get());
    const auto message = generated_message(codec.message_name());
    RC_ASSERT(message->ParseFromString(ours));
    const std::string theirs = deterministic_bytes(*message);
    assert_decodes_to(codec, ours, value);
    assert_decodes_to(codec, theirs, value);
    RC_ASSERT(ours == theirs);
  });
}

TEST(Roundtrip, HowMuchIsExpectedChangesNoByte) {
  hold_for_every_type([](const Codec& codec, const Value& value) {
    const std::string before = *rc::gen::element<std::string>("", "abc");
    std::string out = before;
    codec.append(out, value.at.get(), *rc::gen::element<std::size_t>(1, 127, 128, 20'000, 3'000'000));
    RC_ASSERT(out == before + codec.encode(value.at.get()));
  });
}

void add_unknown(google::protobuf::UnknownFieldSet& fields) {
  fields.AddVarint(1900, ~std::uint64_t{0});
  fields.AddFixed32(1901, 7);
  fields.AddFixed64(536870911, 7);  // the largest number there is
  fields.AddLengthDelimited(1902, std::string(300, '\xff'));
  auto* group = fields.AddGroup(1903);
  group->AddVarint(1, 1);
  group->AddGroup(2)->AddLengthDelimited(3, "inside");
}

TEST(Roundtrip, UnknownFieldsAreSkippedAtEveryLevel) {
  hold_for_every_type([](const Codec& codec, const Value& value) {
    const auto message = generated_message(codec.message_name());
    RC_ASSERT(message->ParseFromString(codec.encode(value.at.get())));
    add_unknown(*message->GetReflection()->MutableUnknownFields(message.get()));
    std::vector<const google::protobuf::FieldDescriptor*> present;
    message->GetReflection()->ListFields(*message, &present);
    for (const auto* field : present) {
      if (field->type() != google::protobuf::FieldDescriptor::TYPE_MESSAGE || field->is_repeated()) continue;
      auto* below = message->GetReflection()->MutableMessage(message.get(), field);
      add_unknown(*below->GetReflection()->MutableUnknownFields(below));
    }
    assert_decodes_to(codec, deterministic_bytes(*message), value);
  });
}

TEST(Roundtrip, CutAndGarbledBytesAreReadOrRefusedButNeverMore) {
  hold_for_every_type([](const Codec& codec, const Value& value) {
    std::string bytes = codec.encode(value.at.get());
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    const auto garbled = *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
        rc::gen::pair(rc::gen::inRange<std::size_t>(0, bytes.size() + 1), rc::gen::arbitrary<char>()));
    bytes.resize(cut);
    for (const auto& [at, byte] : garbled)
      if (at < bytes.size()) bytes[at] = byte;
    const auto read = value.kind.make();
    if (const auto result = codec.decode(bytes, read.get()); !result) {
      RC_ASSERT(result.error().offset <= bytes.size());
      return;
    }
    // What was read is a whole value: it travels as any other.
    assert_decodes_to(codec, codec.encode(read.get()), Value{value.kind, read});
  });
}

TEST(Roundtrip, RandomBytesAreReadOrRefused) {
  hold_for_every_type([](const Codec& codec, const Value& value) {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const auto read = value.kind.make();
    if (codec.decode(bytes, read.get())) assert_decodes_to(codec, codec.encode(read.get()), Value{value.kind, read});
  });
}

}  // namespace
}  // namespace tests
