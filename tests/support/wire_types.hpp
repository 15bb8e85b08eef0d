// The types that have a message in the .proto files. A new message's type is added to the list in
// wire_types.cpp; the contract test then holds the two against each other, and
// `build/debug/bin/proto_skeleton` prints a first draft of the message.
#pragma once

#include <vector>

#include "tests/support/arbitrary.hpp"

namespace tests {

std::vector<ValueType> wire_types();

}  // namespace tests
