#include "core/server/consensus.hpp"

#include <algorithm>

#include "core/wire/protobuf/protobuf.hpp"

namespace core::server {
namespace {

world::LogLevel level_of(raft::Level level) {
  switch (level) {
    case raft::Level::debug:
      return world::LogLevel::debug;
    case raft::Level::info:
      return world::LogLevel::info;
    case raft::Level::warn:
      return world::LogLevel::warn;
    case raft::Level::error:
      return world::LogLevel::error;
  }
  return world::LogLevel::info;
}

}  // namespace

}  // namespace core::server
