#include "core/world/world.hpp"

// The tables of events and effects.
namespace core::describe {
template const Type& type_of<world::Event>();
template const Type& type_of<world::Effect>();
}  // namespace core::describe
