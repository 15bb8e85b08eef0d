#include "core/wire/rpc/messages.hpp"

// The tables of what agents say to each other.
namespace core::describe {
template const Type& type_of<wire::rpc::Body>();
template const Type& type_of<wire::rpc::Envelope>();
}  // namespace core::describe
