#include "core/describe/scalar.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/check.hpp"

namespace core::describe {
namespace {

template <class Number>
Number load(const void* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

template <class Number, class Wide>
bool store(void* at, Wide value) {
  if (value > static_cast<Wide>(std::numeric_limits<Number>::max())) return false;
  if constexpr (std::is_signed_v<Wide>)
    if (value < static_cast<Wide>(std::numeric_limits<Number>::min())) return false;
  const auto number = static_cast<Number>(value);
  std::memcpy(at, &number, sizeof number);
  return true;
}

}  // namespace

std::int64_t read_integer(const Type& type, const void* at) {
  switch (type.size) {
    case 1:
      return load<std::int8_t>(at);
    case 2:
      return load<std::int16_t>(at);
    case 4:
      return load<std::int32_t>(at);
    default:
      return load<std::int64_t>(at);
  }
}

std::uint64_t read_natural(const Type& type, const void* at) {
  switch (type.size) {
    case 1:
      return load<std::uint8_t>(at);
    case 2:
      return load<std::uint16_t>(at);
    case 4:
      return load<std::uint32_t>(at);
    default:
      return load<std::uint64_t>(at);
  }
}

bool write_integer(const Type& type, void* at, std::int64_t value) {
  switch (type.size) {
    case 1:
      return store<std::int8_t>(at, value);
    case 2:
      return store<std::int16_t>(at, value);
    case 4:
      return store<std::int32_t>(at, value);
    default:
      return store<std::int64_t>(at, value);
  }
}

bool write_natural(const Type& type, void* at, std::uint64_t value) {
  switch (type.size) {
    case 1:
      return store<std::uint8_t>(at, value);
    case 2:
      return store<std::uint16_t>(at, value);
    case 4:
      return store<std::uint32_t>(at, value);
    default:
      return store<std::uint64_t>(at, value);
  }
}

bool is_zero(const Type& type, const void* at) {
  switch (type.kind) {
    case Kind::boolean:
      return !*static_cast<const bool*>(at);
    case Kind::integer:
    case Kind::enumeration:
      return read_integer(type, at) == 0;
    case Kind::natural:
      return read_natural(type, at) == 0;
    case Kind::floating:
      return *static_cast<const double*>(at) == 0;
    case Kind::text:
      return static_cast<const std::string*>(at)->empty();
    case Kind::bytes:
      return static_cast<const Bytes*>(at)->data.empty();
    case Kind::duration:
      return static_cast<const Duration*>(at)->count() == 0;
    case Kind::wall_time:
      return !static_cast<const WallTime*>(at)->is_set();
    case Kind::json:
      return static_cast<const boost::json::value*>(at)->is_null();
    case Kind::optional:
    case Kind::shared:
      return type.get(at) == nullptr;
    case Kind::list:
      return type.list_size(at) == 0;
    case Kind::map:
      return type.map_size(at) == 0;
    case Kind::variant:
      return false;
    case Kind::structure:
      return std::all_of(type.fields.begin(), type.fields.end(),
                         [&](const Field& field) { return is_zero(field.type(), field.in(at)); });
  }
  return false;
}

}  // namespace core::describe
