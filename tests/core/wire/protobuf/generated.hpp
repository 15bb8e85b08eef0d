// protoc's class for one of our types, found by name.
#pragma once

#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "core/wire/protobuf/protobuf.hpp"
#include "tests/support/arbitrary.hpp"

namespace tests {

/// The class's descriptor, or nullptr when protoc made none of that name.
const google::protobuf::Descriptor* generated_descriptor(std::string_view message_name);

/// A new object of the class.
std::unique_ptr<google::protobuf::Message> generated_message(std::string_view message_name);

/// Its bytes with maps in order, so that equal messages are equal bytes.
std::string deterministic_bytes(const google::protobuf::Message& message);

/// A value of `kind` full of other things, to decode over.
std::shared_ptr<void> dirty_value(const ValueType& kind);

}  // namespace tests
