// The route of saved states, whose requests are larger and take longer than any others.
#pragma once

#include <cstddef>
#include <string_view>

namespace core::api {

inline constexpr std::string_view archive_route = "/v1/operator/snapshot";
/// The largest archive that a request brings, packed. Unpacked it is bounded by core/server/archive.hpp.
inline constexpr std::size_t max_archive_body_bytes = std::size_t{1} << 30;

/// Whether a request for `target`, path and query, is for that route.
inline bool is_of_archive(std::string_view target) { return target.substr(0, target.find('?')) == archive_route; }

}  // namespace core::api
