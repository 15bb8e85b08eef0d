#include "core/describe/hash.hpp"

#include <bit>

#include <xxhash.h>
#include <boost/json/serialize.hpp>

#include "core/describe/scalar.hpp"

namespace core::describe {

void Hasher::add(std::uint64_t value) {
  // Multiply-and-fold: each step depends on all before it.
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(state_ ^ value) * 0xa0761d6478bd642fULL;
  state_ = std::rotl(state_, 23) ^ static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

void Hasher::add(std::string_view bytes) {
  add(static_cast<std::uint64_t>(bytes.size()));
  add(static_cast<std::uint64_t>(XXH3_64bits(bytes.data(), bytes.size())));
}

void hash(Hasher& into, const Type& type, const void* at) {
  switch (type.kind) {
    case Kind::boolean:
      return into.add(static_cast<std::uint64_t>(*static_cast<const bool*>(at)));
    case Kind::integer:
    case Kind::enumeration:
      return into.add(static_cast<std::uint64_t>(read_integer(type, at)));
    case Kind::natural:
      return into.add(read_natural(type, at));
    case Kind::floating:
      return into.add(std::bit_cast<std::uint64_t>(*static_cast<const double*>(at)));
    case Kind::text:
      return into.add(std::string_view(*static_cast<const std::string*>(at)));
    case Kind::bytes:
      return into.add(std::string_view(static_cast<const Bytes*>(at)->data));
    case Kind::duration:
      return into.add(static_cast<std::uint64_t>(static_cast<const Duration*>(at)->count()));
    case Kind::wall_time:
      return into.add(static_cast<std::uint64_t>(static_cast<const WallTime*>(at)->unix_ns));
    case Kind::json:
      return into.add(std::string_view(boost::json::serialize(*static_cast<const boost::json::value*>(at))));
    case Kind::optional:
    case Kind::shared: {
      const void* held = type.get(at);
      into.add(std::uint64_t{held != nullptr});
      if (held != nullptr) hash(into, type.element(), held);
      return;
    }
    case Kind::list: {
      const std::size_t size = type.list_size(at);
      into.add(std::uint64_t{size});
      for (std::size_t i = 0; i < size; ++i) hash(into, type.element(), type.list_at(at, i));
      return;
    }
    case Kind::map: {
      struct Context {
        Hasher& into;
        const Type& type;
      } context{into, type};
      into.add(std::uint64_t{type.map_size(at)});
      type.map_each(at, &context, [](void* raw, const void* key, const void* value) {
        auto& [hasher, map] = *static_cast<Context*>(raw);
        hash(hasher, map.key(), key);
        hash(hasher, map.element(), value);
      });
      return;
    }
    case Kind::variant:
      into.add(std::uint64_t{type.index(at)});
      return hash(into, type.alternatives[type.index(at)](), type.alternative(at));
    case Kind::structure:
      for (const Field& field : type.fields) hash(into, field.type(), field.in(at));
      return;
  }
}

}  // namespace core::describe
