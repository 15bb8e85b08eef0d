// How one type travels as one message: what encode.cpp and decode.cpp walk.
//
// A plan joins a Type (where the values are) with a message of the contract (what their numbers are), checks that
// the two agree, and lays the result out flat. What protobuf cannot say directly is given a message of its own:
// a list, map, optional, shared value or variant inside a list, map, optional or shared value.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "core/describe/type.hpp"
#include "core/wire/protobuf/contract.hpp"
#include "core/wire/protobuf/varint.hpp"

namespace core::wire::protobuf {

/// How one item is written.
enum class Code : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  floating,
  text,
  bytes,
  wall_time,
  enumeration,
  json,
  message,
};

/// How many items there are, and where.
enum class Shape : std::uint8_t { plain, optional, shared, list, map, variant };

struct MessagePlan;

struct FieldPlan {
  std::uint32_t tag = 0;  // number and wire type; a packed list has WireType::length
  Code code = Code::message;
  Shape shape = Shape::plain;
  bool always = false;  // written even when zero: an item whose presence says something
  bool packed = false;
  std::size_t offset = 0;                // in the structure
  const describe::Type* type = nullptr;  // of the field
  const describe::Type* item = nullptr;  // of what it holds; the same when plain
  const MessagePlan* message = nullptr;  // of the items; of a map, its entries; of a variant, its alternatives
  std::string_view name;
};

struct MessagePlan {
  std::string_view name;
  std::vector<FieldPlan> fields;  // by number; of a map entry the key and the value, of a variant its alternatives
  std::uint64_t required = 0;     // bits of the fields (their place) that must be there: they hold a variant

  struct Slot {
    std::uint16_t field = none;
    std::uint16_t alternative = 0;
  };
  static constexpr std::uint16_t none = 0xffff;
  std::vector<Slot> slots;  // by field number
};

/// All plans below one type. Deques: plans point at each other.
struct Plans {
  std::deque<MessagePlan> messages;
  const MessagePlan* root = nullptr;
  const ContractMessage* contract = nullptr;  // of the root
};

/// Stops (check) when the type and the contract do not fit.
Plans make_plans(const describe::Type& type);

/// The message of the contract that `type` is: the one of its name, or of several the one with its fields; or nullptr.
const ContractMessage* find_message(const describe::Type& type);

/// "namespace" for `namespace_`: what a C++ field is called in the .proto files.
std::string_view proto_name(std::string_view cpp_name);

}  // namespace core::wire::protobuf
