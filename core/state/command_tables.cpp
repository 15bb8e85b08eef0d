#include "core/state/command.hpp"
#include "core/state/record.hpp"

// The tables of the log's commands and of a snapshot's records.
namespace core::describe {
template const Type& type_of<state::Command>();
template const Type& type_of<state::LogEntry>();
template const Type& type_of<state::SnapshotEntry>();
}  // namespace core::describe
