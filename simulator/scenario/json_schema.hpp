// The JSON Schema of scenarios, for editors: made from the same table that scenarios are read by.
#pragma once

#include <string>

namespace simulator {

/// Draft 2020-12, pretty printed.
std::string json_schema();

}  // namespace simulator
