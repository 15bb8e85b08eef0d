#include "tests/support/arbitrary.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <ostream>
#include <string>

#include <boost/json/value.hpp>

#include "core/describe/scalar.hpp"
#include "core/describe/text.hpp"

namespace tests {
namespace {

using core::Rng;
using core::describe::Field;
using core::describe::Kind;
using core::describe::Type;

constexpr std::size_t max_items = 3;
constexpr std::size_t max_letters = 12;
constexpr int max_json_depth = 3;
// Deep things become small: a list in a list in a list is cheap.
constexpr int deeper = 25;

std::size_t count_up_to(Rng& rng, std::size_t most, int size) {
  const std::size_t bound = std::min(most, static_cast<std::size_t>(size) / 8);
  return rng.below(bound + 1);
}

// Boundaries are likelier than chance would have them.
std::uint64_t draw_bits(Rng& rng, unsigned bits) {
  const std::uint64_t all = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  switch (rng.below(6)) {
    case 0:
      return 0;
    case 1:
      return all;
    case 2:
      return all >> 1;
    case 3:
      return rng.below(300) & all;
    case 4:
      return rng.next() & all;
    default:
      return (rng.next() & all) >> rng.below(bits);
  }
}

std::string draw_text(Rng& rng, int size) {
  static constexpr std::array<std::string_view, 8> letters{"a",  "B",  "7",        "-",
                                                           "\"", "\n", "\xc3\xa9", "\xf0\x9f\x9a\x80"};
  std::string out;
  for (std::size_t left = count_up_to(rng, max_letters, size); left > 0; --left)
    out += letters[rng.below(letters.size())];
  // Rarely a long one: lengths of more than one byte are worth a look.
  if (size > 20 && rng.below(30) == 0) out.append(200, 'x');
  return out;
}

double draw_double(Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      return 0;
    case 1:
      return -0.0;
    case 2:
      return std::numeric_limits<double>::max();
    default:
      return static_cast<double>(rng.between(-1000000, 1000000)) / 1024;
  }
}

boost::json::value draw_json(Rng& rng, int size, int depth) {
  switch (rng.below(depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return rng.below(2) == 1;
    case 2:
      return static_cast<std::int64_t>(draw_bits(rng, 64));
    case 3:
      // Boost.JSON 1.81 reads some long fractions one bit off what it printed: short ones only.
      return static_cast<double>(rng.between(-4000, 4000)) / 8;
    case 4: {
      const std::string text = draw_text(rng, size);
      return boost::json::string(text.data(), text.size());
    }
    case 5: {
      boost::json::array out;
      for (std::size_t left = count_up_to(rng, max_items, size); left > 0; --left)
        out.push_back(draw_json(rng, size, depth - 1));
      return out;
    }
    default: {
      boost::json::object out;
      for (std::size_t left = count_up_to(rng, max_items, size); left > 0; --left) {
        const std::string key = draw_text(rng, size);
        out[key] = draw_json(rng, size, depth - 1);
      }
      return out;
    }
  }
}

void draw_wall_time(core::WallTime& at, Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      at = {};
      return;
    case 1:
      at.unix_ns = 0;
      return;
    default:
      at.unix_ns = static_cast<std::int64_t>(rng.next() >> 1) - static_cast<std::int64_t>(rng.next() >> 2);
  }
}

void draw_map(const Type& type, void* at, Rng& rng, int size) {
  type.reset(at);
  for (std::size_t left = count_up_to(rng, max_items, size); left > 0; --left) {
    std::string text;
    alignas(8) char number[8] = {};
    void* key = type.key().kind == Kind::text ? static_cast<void*>(&text) : static_cast<void*>(number);
    draw(type.key(), key, rng, size);
    draw(type.element(), type.map_at(at, key), rng, size - deeper);
  }
}

void* writable(const void* at) { return const_cast<void*>(at); }

// What may be simplified: counts down to the k-th place.
struct Chooser {
  std::size_t left;
  bool take() { return left-- == 0; }
};

bool simplify(const Type& type, void* at, Chooser& chooser);

struct MapContext {
  const Type* type;
  Chooser* chooser;
  bool done;
};

bool simplify_inside(const Type& type, void* at, Chooser& chooser) {
  switch (type.kind) {
    case Kind::structure:
      return std::any_of(type.fields.begin(), type.fields.end(),
                         [&](const Field& field) { return simplify(field.type(), field.in(at), chooser); });
    case Kind::optional:
      return type.get(at) != nullptr && simplify(type.element(), writable(type.get(at)), chooser);
    case Kind::list:
      for (std::size_t i = 0; i < type.list_size(at); ++i)
        if (simplify(type.element(), writable(type.list_at(at, i)), chooser)) return true;
      return false;
    case Kind::map: {
      MapContext context{&type, &chooser, false};
      type.map_each(at, &context, [](void* raw, const void*, const void* value) {
        auto& [map, choose, done] = *static_cast<MapContext*>(raw);
        done = done || simplify(map->element(), writable(value), *choose);
      });
      return context.done;
    }
    case Kind::variant:
      return simplify(type.alternatives[type.index(at)](), writable(type.alternative(at)), chooser);
    default:
      return false;  // shared values belong to other copies too
  }
}

bool simplify(const Type& type, void* at, Chooser& chooser) {
  if (type.kind == Kind::structure || type.kind == Kind::variant) return simplify_inside(type, at, chooser);
  if (core::describe::is_zero(type, at)) return false;
  if (chooser.take()) {
    if (type.kind == Kind::enumeration)
      core::describe::write_integer(type, at, 0);
    else
      type.reset(at);
    return true;
  }
  return simplify_inside(type, at, chooser);
}

}  // namespace

void showValue(const Value& value, std::ostream& out) {
  std::string text;
  core::describe::append_text(text, *value.kind.type, value.at.get());
  out << text;
}

void draw(const Type& type, void* at, Rng& rng, int size) {
  size = std::max(size, 0);
  switch (type.kind) {
    case Kind::boolean:
      *static_cast<bool*>(at) = rng.below(2) == 1;
      return;
    case Kind::integer: {
      const unsigned bits = static_cast<unsigned>(type.size) * 8;
      const std::uint64_t drawn = draw_bits(rng, bits) << (64 - bits);
      core::describe::write_integer(type, at, static_cast<std::int64_t>(drawn) >> (64 - bits));
      return;
    }
    case Kind::natural:
      core::describe::write_natural(type, at, draw_bits(rng, static_cast<unsigned>(type.size) * 8));
      return;
    case Kind::floating:
      *static_cast<double*>(at) = draw_double(rng);
      return;
    case Kind::text:
      *static_cast<std::string*>(at) = draw_text(rng, size);
      return;
    case Kind::bytes:
      static_cast<core::Bytes*>(at)->data = draw_text(rng, size) + (rng.below(2) == 1 ? "\xff\x01" : "");
      return;
    case Kind::duration:
      *static_cast<core::Duration*>(at) = core::Duration{static_cast<std::int64_t>(draw_bits(rng, 64))};
      return;
    case Kind::wall_time:
      return draw_wall_time(*static_cast<core::WallTime*>(at), rng);
    case Kind::enumeration:
      core::describe::write_integer(type, at, type.enumerators[rng.below(type.enumerators.size())].value);
      return;
    case Kind::structure:
      for (const Field& field : type.fields) draw(field.type(), field.in(at), rng, size);
      return;
    case Kind::optional:
    case Kind::shared:
      type.reset(at);
      if (size > 0 && rng.below(2) == 1) draw(type.element(), type.emplace(at), rng, size - deeper / 2);
      return;
    case Kind::list:
      type.reset(at);
      for (std::size_t left = count_up_to(rng, max_items, size); left > 0; --left)
        draw(type.element(), type.list_append(at), rng, size - deeper);
      return;
    case Kind::map:
      return draw_map(type, at, rng, size);
    case Kind::variant: {
      const std::size_t alternative = rng.below(type.alternatives.size());
      draw(type.alternatives[alternative](), type.emplace_alternative(at, alternative), rng, size);
      return;
    }
    case Kind::json:
      *static_cast<boost::json::value*>(at) = draw_json(rng, size, max_json_depth);
      return;
  }
}

bool simplify(const Type& type, void* at, std::size_t k) {
  Chooser chooser{k};
  return simplify(type, at, chooser);
}

rc::Gen<Value> arbitrary_value(const ValueType& kind) {
  struct Simpler {
    Value value;
    std::size_t k = 0;
    rc::Maybe<Value> operator()() {
      Value next{value.kind, value.kind.copy(value.at.get())};
      if (!tests::simplify(*next.kind.type, next.at.get(), k++)) return rc::Nothing;
      return next;
    }
  };
  return [kind](const rc::Random& random, int size) {
    core::Rng rng(rc::Random(random).next());
    Value value{kind, kind.make()};
    draw(*kind.type, value.at.get(), rng, size);
    return rc::shrinkable::shrinkRecur(std::move(value),
                                       [](const Value& from) { return rc::Seq<Value>(Simpler{from}); });
  };
}

}  // namespace tests
