// The disk as core sees it: batches of operations out, "done and synced" or an error back.
//
// Paths are relative to the agent's data directory, with '/' between their parts. Batches are carried out
// in the order they were sent, the operations of a batch in theirs. A batch stops at its first error.
// Nothing is durable before a Sync of the file, and a new, renamed or removed name not before a
// SyncDirectory of its folder: until the batch that holds those is done, a power loss may undo it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/base/strong.hpp"

namespace core::world {

using DiskToken = base::Strong<struct DiskTokenTag>;

/// Makes the directory and those above it; no error when it exists.
struct MakeDirectory {
  std::string path;
};
/// Writes at `offset`, creating the file and growing it as needed.
struct WriteAt {
  std::string path;
  std::uint64_t offset = 0;
  std::string bytes;
};
/// Reserves `size` bytes so that later writes within them need no new space. The bytes read as zero.
struct Preallocate {
  std::string path;
  std::uint64_t size = 0;
};
/// Cuts the file to `size` bytes.
struct Truncate {
  std::string path;
  std::uint64_t size = 0;
};
/// Flushes the file's data (fdatasync).
struct Sync {
  std::string path;
};
/// Replaces `to` when it exists.
struct Rename {
  std::string from;
  std::string to;
};
/// Removes a file, or a directory with all in it; no error when it is not there.
struct Remove {
  std::string path;
};
/// Flushes the names of the directory itself.
struct SyncDirectory {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(MakeDirectory, (), (path))
BOOST_DESCRIBE_STRUCT(WriteAt, (), (path, offset, bytes))
BOOST_DESCRIBE_STRUCT(Preallocate, (), (path, size))
BOOST_DESCRIBE_STRUCT(Truncate, (), (path, size))
BOOST_DESCRIBE_STRUCT(Sync, (), (path))
BOOST_DESCRIBE_STRUCT(Rename, (), (from, to))
BOOST_DESCRIBE_STRUCT(Remove, (), (path))
BOOST_DESCRIBE_STRUCT(SyncDirectory, (), (path))

using DiskOp = std::variant<MakeDirectory, WriteAt, Preallocate, Truncate, Sync, Rename, Remove, SyncDirectory>;

/// Effect: carry out `ops` in order, then answer with DiskBatchDone.
struct DiskBatch {
  DiskToken token;
  std::vector<DiskOp> ops;
};
/// Event: the batch is done; `error` is empty, or says which operation failed and why
/// ("fdatasync server/raft/wal/0000000001.log: Input/output error").
struct DiskBatchDone {
  DiskToken token;
  std::string error;
};
/// Effect: read every regular file directly in `path` (not below). A directory that is not there reads as empty.
struct ReadDirectory {
  DiskToken token;
  std::string path;
};
struct FileContents {
  std::string name;
  std::string bytes;
};
/// Event: the answer to ReadDirectory, files sorted by name.
struct DirectoryRead {
  DiskToken token;
  std::vector<FileContents> files;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(DiskBatch, (), (token, ops))
BOOST_DESCRIBE_STRUCT(DiskBatchDone, (), (token, error))
BOOST_DESCRIBE_STRUCT(ReadDirectory, (), (token, path))
BOOST_DESCRIBE_STRUCT(FileContents, (), (name, bytes))
BOOST_DESCRIBE_STRUCT(DirectoryRead, (), (token, files, error))

}  // namespace core::world
