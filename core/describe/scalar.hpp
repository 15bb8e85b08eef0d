// Reading and writing the numbers a Type table points at, whatever their width.
#pragma once

#include <cstdint>

#include "core/describe/type.hpp"

namespace core::describe {

/// The value of an integer, natural, enumeration or boolean, widened.
std::int64_t read_integer(const Type& type, const void* at);
std::uint64_t read_natural(const Type& type, const void* at);

/// Stores it; false when it does not fit the width (nothing is stored then).
bool write_integer(const Type& type, void* at, std::int64_t value);
bool write_natural(const Type& type, void* at, std::uint64_t value);

/// Zero, false, empty, absent, or a structure of such.
bool is_zero(const Type& type, const void* at);

}  // namespace core::describe
