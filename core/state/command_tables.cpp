#include "core/state/command.hpp"

// The tables of the log's commands.
namespace core::describe {
template const Type& type_of<state::Command>();
template const Type& type_of<state::LogEntry>();
}  // namespace core::describe
