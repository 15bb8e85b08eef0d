// The captured packets of vectors/, as JSON.
#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace tests {

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

inline std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<std::uint8_t>(c) >> 4];
    hex += digits[static_cast<std::uint8_t>(c) & 15];
  }
  return hex;
}

inline std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

/// The list `key` of one vector file, such as "02-probe.json".
inline boost::json::array vectors(const std::string& file, const char* key = "vectors") {
  std::ifstream in(std::string(NOMAD_SOURCE_DIR) + "/tests/core/wire/serf/vectors/" + file);
  std::stringstream text;
  text << in.rdbuf();
  return boost::json::parse(text.str()).as_object().at(key).as_array();
}

}  // namespace tests
