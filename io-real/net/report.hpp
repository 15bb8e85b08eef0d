// Where the carriers of the network put what happened.
#pragma once

#include <functional>

#include "core/world/world.hpp"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace io_real::net {

/// Takes events in for the loop, and returns at once: it never calls back into the carrier.
using Report = std::function<void(core::world::Event)>;

}  // namespace io_real::net
