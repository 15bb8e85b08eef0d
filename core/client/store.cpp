#include "core/client/store.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/wire/protobuf/protobuf.hpp"

namespace core::client {
namespace {

constexpr std::size_t max_id_length = 64;
constexpr std::string_view alloc_prefix = "alloc-";
constexpr std::string_view tasks_prefix = "tasks-";
constexpr std::string_view unfinished = ".new";

template <class T>
void load_into(std::map<std::string, T>& into, std::string_view prefix, const world::FileContents& file,
               std::vector<std::string>& refused) {
  auto value = wire::protobuf::decode<T>(file.bytes);
  if (value)
    into.emplace(file.name.substr(prefix.size()), std::move(*value));
  else
    refused.push_back(fmt::format("{}: {}", file.name, value.error().text()));
}

}  // namespace

bool is_file_safe(std::string_view id) {
  return !id.empty() && id.size() <= max_id_length && std::all_of(id.begin(), id.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
  });
}

world::DiskToken Store::read(world::Effects& effects) {
  effects.push_back(world::ReadDirectory{++last_token_, directory_});
  return last_token_;
}

Store::Loaded Store::load(const world::DirectoryRead& read) const {
  Loaded out;
  for (const world::FileContents& file : read.files) {
    if (file.name.ends_with(unfinished)) continue;
    if (file.name == "client-id")
      out.node_id = file.bytes;
    else if (file.name == "secret-id")
      out.secret_id = file.bytes;
    else if (file.name.starts_with(alloc_prefix))
      load_into(out.allocs, alloc_prefix, file, out.refused);
    else if (file.name.starts_with(tasks_prefix))
      load_into(out.tasks, tasks_prefix, file, out.refused);
  }
  std::erase_if(out.allocs, [](const auto& entry) { return entry.first != entry.second.alloc.id; });
  std::erase_if(out.tasks, [&](const auto& entry) { return !out.allocs.contains(entry.first); });
  return out;
}

void Store::replace(std::vector<world::DiskOp>& ops, const std::string& name, std::string bytes) const {
  const std::string path = directory_ + '/' + name;
  const std::string beside = path + std::string(unfinished);
  const std::uint64_t size = bytes.size();
  ops.push_back(world::WriteAt{beside, 0, std::move(bytes)});
  ops.push_back(world::Truncate{beside, size});  // one that a crash left behind may be longer
  ops.push_back(world::Sync{beside});
  ops.push_back(world::Rename{beside, path});
}

world::DiskToken Store::send(std::vector<world::DiskOp> ops, world::Effects& effects) {
  ops.push_back(world::SyncDirectory{directory_});
  effects.push_back(world::DiskBatch{++last_token_, std::move(ops)});
  return last_token_;
}

void Store::sync_parents(std::vector<world::DiskOp>& ops) const {
  for (auto slash = directory_.rfind('/'); slash != std::string::npos && slash > 0;
       slash = directory_.rfind('/', slash - 1))
    ops.push_back(world::SyncDirectory{directory_.substr(0, slash)});
}

world::DiskToken Store::settle(world::Effects& effects) {
  std::vector<world::DiskOp> ops;
  sync_parents(ops);
  return send(std::move(ops), effects);
}

world::DiskToken Store::put_ids(const std::string& node_id, const std::string& secret_id, world::Effects& effects) {
  std::vector<world::DiskOp> ops;
  ops.push_back(world::MakeDirectory{directory_});
  sync_parents(ops);
  // The secret first: an id without one would be taken for a node whose secret was lost.
  replace(ops, "secret-id", secret_id);
  replace(ops, "client-id", node_id);
  return send(std::move(ops), effects);
}

world::DiskToken Store::put(const std::string& alloc_id, const model::Allocation* alloc, const StoredTasks& tasks,
                            world::Effects& effects) {
  std::vector<world::DiskOp> ops;
  if (alloc != nullptr) replace(ops, std::string(alloc_prefix) + alloc_id, wire::protobuf::encode(StoredAlloc{*alloc}));
  replace(ops, std::string(tasks_prefix) + alloc_id, wire::protobuf::encode(tasks));
  return send(std::move(ops), effects);
}

world::DiskToken Store::forget_alloc(const std::string& alloc_id, world::Effects& effects) {
  std::vector<world::DiskOp> ops;
  // The allocation first: tasks without it are left out, but it without its tasks would be started anew.
  ops.push_back(world::Remove{directory_ + '/' + std::string(alloc_prefix) + alloc_id});
  ops.push_back(world::Remove{directory_ + '/' + std::string(tasks_prefix) + alloc_id});
  return send(std::move(ops), effects);
}

}  // namespace core::client
