#include "core/wire/protobuf/protobuf.hpp"

#include <array>

#include "core/wire/protobuf/plan.hpp"

namespace core::wire::protobuf {

std::string DecodeError::text() const {
  static constexpr std::array<std::string_view, 8> reasons{
      "truncated", "malformed",       "wrong wire type", "value out of range", "missing or unknown alternative",
      "not JSON",  "nested too deep", "too large"};
  std::string out(reasons[static_cast<std::size_t>(reason)]);
  if (!path.empty()) out += " in " + path;
  return out + " at byte " + std::to_string(offset);
}

Codec::Codec(const describe::Type& type) : plans_(std::make_unique<const Plans>(make_plans(type))) {}
Codec::~Codec() = default;

std::string Codec::encode(const void* at) const {
  std::string out;
  append(out, at);
  return out;
}

std::string_view Codec::message_name() const { return plans_->contract->name; }

}  // namespace core::wire::protobuf
