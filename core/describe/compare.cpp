#include "core/describe/compare.hpp"

#include <boost/json/serialize.hpp>

#include "core/describe/scalar.hpp"

namespace core::describe {
namespace {

std::strong_ordering compare_lists(const Type& type, const void* a, const void* b) {
  const std::size_t size_a = type.list_size(a);
  const std::size_t size_b = type.list_size(b);
  for (std::size_t i = 0; i < size_a && i < size_b; ++i)
    if (const auto order = compare(type.element(), type.list_at(a, i), type.list_at(b, i)); order != 0) return order;
  return size_a <=> size_b;
}

struct Entry {
  const void* key;
  const void* value;
};

std::vector<Entry> entries(const Type& type, const void* map) {
  std::vector<Entry> out;
  out.reserve(type.map_size(map));
  type.map_each(map, &out, [](void* context, const void* key, const void* value) {
    static_cast<std::vector<Entry>*>(context)->push_back({key, value});
  });
  return out;
}

std::strong_ordering compare_maps(const Type& type, const void* a, const void* b) {
  const auto all_a = entries(type, a);
  const auto all_b = entries(type, b);
  for (std::size_t i = 0; i < all_a.size() && i < all_b.size(); ++i) {
    if (const auto order = compare(type.key(), all_a[i].key, all_b[i].key); order != 0) return order;
    if (const auto order = compare(type.element(), all_a[i].value, all_b[i].value); order != 0) return order;
  }
  return all_a.size() <=> all_b.size();
}

std::strong_ordering compare_held(const Type& type, const void* a, const void* b) {
  const void* held_a = type.get(a);
  const void* held_b = type.get(b);
  if (held_a == held_b) return std::strong_ordering::equal;
  if (held_a == nullptr || held_b == nullptr) return (held_a != nullptr) <=> (held_b != nullptr);
  return compare(type.element(), held_a, held_b);
}

template <class T>
std::strong_ordering compare_as(const void* a, const void* b) {
  return *static_cast<const T*>(a) <=> *static_cast<const T*>(b);
}

}  // namespace

std::strong_ordering compare(const Type& type, const void* a, const void* b) {
  switch (type.kind) {
    case Kind::boolean:
      return compare_as<bool>(a, b);
    case Kind::integer:
    case Kind::enumeration:
      return read_integer(type, a) <=> read_integer(type, b);
    case Kind::natural:
      return read_natural(type, a) <=> read_natural(type, b);
    case Kind::floating:
      return std::strong_order(*static_cast<const double*>(a), *static_cast<const double*>(b));
    case Kind::text:
      return compare_as<std::string>(a, b);
    case Kind::bytes:
      return compare_as<Bytes>(a, b);
    case Kind::duration:
      return compare_as<Duration>(a, b);
    case Kind::wall_time:
      return compare_as<WallTime>(a, b);
    case Kind::json: {
      const auto& json_a = *static_cast<const boost::json::value*>(a);
      const auto& json_b = *static_cast<const boost::json::value*>(b);
      if (json_a == json_b) return std::strong_ordering::equal;
      return boost::json::serialize(json_a) <=> boost::json::serialize(json_b);
    }
    case Kind::optional:
    case Kind::shared:
      return compare_held(type, a, b);
    case Kind::list:
      return compare_lists(type, a, b);
    case Kind::map:
      return compare_maps(type, a, b);
    case Kind::variant: {
      if (const auto order = type.index(a) <=> type.index(b); order != 0) return order;
      return compare(type.alternatives[type.index(a)](), type.alternative(a), type.alternative(b));
    }
    case Kind::structure:
      for (const Field& field : type.fields)
        if (const auto order = compare(field.type(), field.in(a), field.in(b)); order != 0) return order;
      return std::strong_ordering::equal;
  }
  return std::strong_ordering::equal;
}

}  // namespace core::describe
