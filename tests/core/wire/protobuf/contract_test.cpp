// The .proto files, the table made of them, protoc's classes and our structs all say the same.
#include <algorithm>
#include <set>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <boost/describe/class.hpp>

#include "core/base/check.hpp"
#include "core/wire/protobuf/plan.hpp"
#include "generated.hpp"
#include "tests/support/wire_types.hpp"

namespace mistakes {

// Named as messages of the contract, with something wrong each.
struct Affinity {
  std::string l_target;
  std::string r_target;
  std::string operand;
  std::int64_t weight = 0;  // int32 there
};
struct Constraint {
  std::string l_target;
  std::string right_target;  // r_target there
  std::string operand;
};
struct WaitConfig {
  core::Duration min{};  // optional there
  core::Duration max{};
};
struct NobodyKnowsMe {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Affinity, (), (l_target, r_target, operand, weight))
BOOST_DESCRIBE_STRUCT(Constraint, (), (l_target, right_target, operand))
BOOST_DESCRIBE_STRUCT(WaitConfig, (), (min, max))
BOOST_DESCRIBE_STRUCT(NobodyKnowsMe, (), (name))

}  // namespace mistakes

namespace tests {
namespace {

using core::describe::Kind;
using core::describe::Type;
using core::wire::protobuf::Codec;
using core::wire::protobuf::ContractField;
using core::wire::protobuf::ContractMessage;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::string upper_snake(std::string_view name) {
  std::string out = core::describe::snake_case(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return out;
}

// The innermost enumeration of a field, if there is one.
const Type* enumeration_in(const Type& type) {
  const Type* inner = &type;
  while (inner->element != nullptr) inner = &inner->element();
  return inner->kind == Kind::enumeration ? inner : nullptr;
}

void expect_same_enum(const Type& type, const EnumDescriptor& proto) {
  EXPECT_EQ(proto.name(), type.name);
  EXPECT_EQ(proto.value_count(), static_cast<int>(type.enumerators.size())) << type.name;
  for (const auto& enumerator : type.enumerators) {
    const std::string name = upper_snake(type.name) + "_" + upper_snake(enumerator.name);
    const auto* value = proto.FindValueByName(name);
    ASSERT_NE(value, nullptr) << name;
    EXPECT_EQ(value->number(), enumerator.value) << name;
  }
}

TEST(Contract, EveryFieldOfAStructIsInItsMessageWithTheRightTypeAndNothingElseIs) {
  for (const ValueType& kind : wire_types()) {
    SCOPED_TRACE(kind.type->name);
    // Making the codec checks names, types and presence of every field, below as well.
    const Codec codec(*kind.type);
    const Descriptor* proto = generated_descriptor(codec.message_name());
    ASSERT_NE(proto, nullptr);
    std::set<std::string> ours;
    for (const auto& field : kind.type->fields) {
      const std::string name(core::wire::protobuf::proto_name(field.name));
      const Type& type = field.type();
      if (type.kind == Kind::variant) {
        for (const auto alternative : type.alternatives) ours.insert(core::describe::snake_case(alternative().name));
        EXPECT_NE(proto->FindOneofByName(name), nullptr) << name;
        continue;
      }
      ours.insert(name);
      if (const Type* enumeration = enumeration_in(type))
        expect_same_enum(*enumeration, *proto->FindFieldByName(name)->enum_type());
    }
    std::set<std::string> theirs;
    for (int i = 0; i < proto->field_count(); ++i) theirs.insert(proto->field(i)->name());
    EXPECT_EQ(ours, theirs);
  }
}

TEST(Contract, EveryMessageOfTheProtoFilesBelongsToARegisteredType) {
  std::set<std::string> reached;
  std::set<std::string> roots;
  for (const ValueType& kind : wire_types()) {
    const Codec codec(*kind.type);
    roots.insert(std::string(codec.message_name()));
    for (const auto& plan : codec.plans().messages) reached.insert(std::string(plan.name));
  }
  EXPECT_EQ(roots.size(), wire_types().size()) << "two types share one message";
  for (const ContractMessage& message : core::wire::protobuf::contract()) {
    EXPECT_TRUE(reached.contains(std::string(message.name))) << message.name << " belongs to no type in wire_types.cpp";
    // What is no root is a map's entry or a wrapper, and those hold nothing but that.
    if (!roots.contains(std::string(message.name)) && !message.map_entry) {
      const bool one_oneof = !message.fields.empty() && !message.fields[0].oneof.empty();
      EXPECT_TRUE(message.fields.size() == 1 || one_oneof) << message.name;
    }
  }
}

TEST(Contract, TheTableHasWhatProtocHas) {
  for (const ContractMessage& message : core::wire::protobuf::contract()) {
    SCOPED_TRACE(std::string(message.name));
    const Descriptor* proto = generated_descriptor(message.name);
    ASSERT_NE(proto, nullptr);
    EXPECT_EQ(message.map_entry, proto->options().map_entry());
    ASSERT_EQ(static_cast<int>(message.fields.size()), proto->field_count());
    for (const ContractField& field : message.fields) {
      const FieldDescriptor* theirs = proto->FindFieldByName(std::string(field.name));
      ASSERT_NE(theirs, nullptr) << field.name;
      EXPECT_EQ(static_cast<int>(field.number), theirs->number());
      EXPECT_EQ(static_cast<int>(field.type), static_cast<int>(theirs->type()));
      EXPECT_EQ(field.repeated, theirs->is_repeated());
      EXPECT_EQ(field.optional, theirs->has_optional_keyword());
      const auto* oneof = theirs->real_containing_oneof();
      EXPECT_EQ(field.oneof, oneof != nullptr ? oneof->name() : "");
      EXPECT_EQ(field.message != nullptr ? field.message->name : "",
                theirs->message_type() != nullptr ? theirs->message_type()->full_name() : "");
    }
  }
}

template <class T>
void expect_refused() {
  EXPECT_THROW(Codec{core::describe::type_of<T>()}, core::base::CheckFailed);
}

TEST(Contract, AStructThatDiffersFromItsMessageGetsNoCodec) {
  expect_refused<mistakes::Affinity>();
  expect_refused<mistakes::Constraint>();
  expect_refused<mistakes::WaitConfig>();
  expect_refused<mistakes::NobodyKnowsMe>();
}

}  // namespace
}  // namespace tests
