// Files of allocations: wherever the allocation runs, there they are read (http-api.md §5).
#include <algorithm>

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/describe/json.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

// A file is answered in one piece; larger ones are read part by part with `readat`.
constexpr std::uint64_t max_file_bytes = 64 * 1024 * 1024;

// Where the allocation's files are, if not here.
std::optional<Outcome> elsewhere(const Call& call) {
  const state::State* state = call.view.state();
  const model::Node* node = call.view.node();
  // A server sends on only to the client that has the allocation.
  if (state == nullptr) return call.request.forwarded ? std::nullopt : std::optional<Outcome>(ToLeader{});
  const auto alloc = state->alloc(call.id);
  if (alloc == nullptr) {
    // A follower may not have heard of it yet; nor may this server of an allocation its own client runs.
    if (call.request.forwarded && node != nullptr) return std::nullopt;
    if (!call.view.is_leader() && !call.request.forwarded) return ToLeader{};
    return failure(404, fmt::format("Unknown allocation \"{}\"", call.id));
  }
  if (node != nullptr && node->id == alloc->node_id) return std::nullopt;
  return ToNode{alloc->node_id};
}

// `path` without what leads nowhere; nothing when it leads out of the allocation's directory.
std::optional<std::string> clean_path(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const auto part : parts) out += (out.empty() ? "" : "/") + std::string(part);
  return out;
}

Answer escapes() { return failure(400, "Path escapes the alloc directory"); }

Answer host_failure(const std::string& error) {
  const bool absent = error.find("No such file") != std::string::npos || error.find("not found") != std::string::npos;
  return failure(absent ? 404 : 500, error);
}

json::object file_json(const world::AllocFile& file) {
  return {{"Name", file.name},
          {"IsDir", file.is_dir},
          {"Size", file.size},
          {"FileMode", file.file_mode},
          {"ModTime", describe::to_json(file.mod_time)}};
}

Outcome read_file(const Call& call, std::uint64_t offset, std::uint64_t limit, bool whole) {
  const std::string given = call.query.get("path");
  if (given.empty()) return failure(400, "must provide a file name");
  const auto path = clean_path(given);
  if (!path) return escapes();
  if (auto there = elsewhere(call)) return std::move(*there);
  return ReadFile{{.alloc_id = call.id, .path = *path, .offset = offset, .limit = limit},
                  [whole](const world::AllocFileRead& read) {
                    if (!read.error.empty()) return host_failure(read.error);
                    if (whole && read.file_size > read.bytes.size())
                      return failure(500, fmt::format("file has {} bytes: read it in parts", read.file_size));
                    return Answer{200,
                                  {{"Content-Type", "text/plain"},
                                   {"Content-Security-Policy", "sandbox"},
                                   {"X-Content-Type-Options", "nosniff"}},
                                  read.bytes};
                  }};
}

Answer not_boolean(std::string_view name) {
  return failure(400, fmt::format("Failed to parse {} field to boolean", name));
}

}  // namespace

Outcome fs_logs(Call& call) {
  const std::string task = call.query.get("task");
  const std::string type = call.query.get("type");
  if (task.empty()) return failure(400, "must provide task name");
  if (task.find('/') != std::string::npos || task.find('\0') != std::string::npos) return escapes();
  if (type != "stdout" && type != "stderr") return failure(400, "Log type must be stdout or stderr");
  const auto follow = call.query.boolean("follow", false);
  if (!follow) return not_boolean("follow");
  const auto plain = call.query.boolean("plain", false);
  if (!plain) return not_boolean("plain");
  const auto offset = call.query.number("offset", 0);
  if (!offset || *offset > static_cast<std::uint64_t>(INT64_MAX)) return failure(400, "error parsing offset");
  const std::string origin = call.query.get("origin");
  if (!origin.empty() && origin != "start" && origin != "end") return failure(400, "origin must be start or end");
  if (auto there = elsewhere(call)) return std::move(*there);
  return FollowLog{.alloc_id = call.id,
                   .task = task,
                   .type = type,
                   .offset = static_cast<std::int64_t>(*offset),
                   .from_end = origin == "end",
                   .follow = *follow,
                   .plain = *plain};
}

Outcome fs_cat(Call& call) { return read_file(call, 0, max_file_bytes, true); }

Outcome fs_read_at(Call& call) {
  const auto offset = call.query.number("offset", 0);
  if (!offset || !call.query.has("offset")) return failure(400, "error parsing offset");
  // Without a limit, or with Nomad's -1, as much as fits one answer.
  std::uint64_t limit = max_file_bytes;
  if (const std::string given = call.query.get("limit"); !given.empty() && given != "-1") {
    const auto parsed = call.query.number("limit", 0);
    if (!parsed) return failure(400, "error parsing limit");
    limit = std::min(limit, *parsed);
  }
  return read_file(call, *offset, limit, false);
}

Outcome fs_list(Call& call) {
  const auto path = clean_path(call.query.get("path"));
  if (!path) return escapes();
  if (auto there = elsewhere(call)) return std::move(*there);
  const bool pretty = call.query.pretty();
  return ListFiles{{.alloc_id = call.id, .path = *path}, [pretty](const world::AllocDirListed& listed) {
                     if (!listed.error.empty()) return host_failure(listed.error);
                     json::array out;
                     for (const auto& file : listed.files) out.push_back(file_json(file));
                     return json_answer(out, pretty);
                   }};
}

Outcome fs_stat(Call& call) {
  const auto path = clean_path(call.query.get("path"));
  if (call.query.get("path").empty()) return failure(400, "must provide a file name");
  if (!path) return escapes();
  if (auto there = elsewhere(call)) return std::move(*there);
  const bool pretty = call.query.pretty();
  // A file is told of by the directory it is in. The allocation's own directory is in none that can be listed:
  // of that one it is known only that it is there, and a directory.
  const auto slash = path->rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path->substr(0, slash);
  const std::string name = slash == std::string::npos ? *path : path->substr(slash + 1);
  return ListFiles{{.alloc_id = call.id, .path = folder}, [name, pretty](const world::AllocDirListed& listed) {
                     if (!listed.error.empty()) return host_failure(listed.error);
                     if (name.empty()) return json_answer(file_json({.name = "/", .is_dir = true}), pretty);
                     for (const auto& file : listed.files)
                       if (file.name == name) return json_answer(file_json(file), pretty);
                     return failure(404, fmt::format("stat {}: no such file or directory", name));
                   }};
}

}  // namespace core::api
