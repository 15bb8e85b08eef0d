// The checked-in .proto files as data: made at build time by make_contract from protoc's descriptors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace core::wire::protobuf {

/// protobuf's own numbers for its types (descriptor.proto, FieldDescriptorProto.Type).
enum class ProtoType : std::uint8_t {
  double_ = 1,
  int64 = 3,
  uint64 = 4,
  int32 = 5,
  bool_ = 8,
  string = 9,
  message = 11,
  bytes = 12,
  uint32 = 13,
  enum_ = 14,
};

struct ContractMessage;

struct ContractField {
  std::string_view name;
  std::uint32_t number;
  ProtoType type;
  bool repeated;
  bool optional;                   // proto3 `optional`: absent differs from zero
  std::string_view oneof;          // the oneof it is an alternative of, or empty
  const ContractMessage* message;  // of a message field
};

struct ContractMessage {
  std::string_view name;  // with its package: "nomad.model.Job"
  bool map_entry;         // made by protoc for a map field: key = 1, value = 2
  std::span<const ContractField> fields;

  std::string_view short_name() const { return name.substr(name.rfind('.') + 1); }
  const ContractField* field(std::string_view field_name) const {
    for (const ContractField& f : fields)
      if (f.name == field_name) return &f;
    return nullptr;
  }
};

/// All messages of all .proto files.
std::span<const ContractMessage> contract();

}  // namespace core::wire::protobuf
