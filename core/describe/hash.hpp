// One hash of any described value: the same on every compiler and build, so that traces can be compared.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/describe/type.hpp"

namespace core::describe {

/// Takes in values one after the other. Not for secrets, nor against an adversary.
class Hasher {
 public:
  void add(std::uint64_t value);
  void add(std::string_view bytes);
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

void hash(Hasher& into, const Type& type, const void* at);

template <class T>
std::uint64_t hash_of(const T& value) {
  Hasher hasher;
  hash(hasher, type_of<T>(), &value);
  return hasher.value();
}

}  // namespace core::describe
