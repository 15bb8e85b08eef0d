// Logs that are followed: a task's output file by file, and the agent's own lines (http-api.md §5, §6).
#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "core/agent/impl.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"

namespace core::agent {
namespace {

constexpr const char* logs_folder = "alloc/logs";

std::string file_name(const api::FollowLog& what, std::uint32_t number) {
  return fmt::format("{}/{}.{}.{}", logs_folder, what.task, what.type, number);
}

std::string frame(const std::string& file, std::uint64_t offset, const std::string& bytes) {
  return boost::json::serialize(
      boost::json::object{{"Offset", offset}, {"Data", describe::to_base64(bytes)}, {"File", file}});
}

struct LogFile {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
};

// The task's log files that exist, oldest first.
std::vector<LogFile> log_files(const api::FollowLog& what, const world::AllocDirListed& listed) {
  const std::string prefix = fmt::format("{}.{}.", what.task, what.type);
  std::vector<LogFile> out;
  for (const world::AllocFile& file : listed.files) {
    if (!file.name.starts_with(prefix)) continue;
    LogFile log{0, file.size};
    const char* const end = file.name.data() + file.name.size();
    const auto [stopped, error] = std::from_chars(file.name.data() + prefix.size(), end, log.number);
    if (error == std::errc{} && stopped == end) out.push_back(log);
  }
  std::sort(out.begin(), out.end(), [](const LogFile& a, const LogFile& b) { return a.number < b.number; });
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

void Agent::Impl::follow_log(Now now, const Caller& caller, const api::FollowLog& what, world::Effects& effects) {
  const std::uint64_t id = ++last_follow_;
  follows_.emplace(id, Follow{.caller = caller, .what = what, .last_sent = now.instant});
  follow_list(id, effects);
}

void Agent::Impl::follow_list(std::uint64_t id, world::Effects& effects) {
  Follow& follow = follows_.at(id);
  follow.look_again = Instant::never();
  const world::HostToken token{++last_host_token_};
  host_calls_.emplace(token, ForFollow{id});
  effects.push_back(world::ListAllocDir{token, follow.what.alloc_id, logs_folder});
}

void Agent::Impl::follow_listed(Now now, std::uint64_t id, const world::AllocDirListed& listed,
                                world::Effects& effects) {
  const auto found = follows_.find(id);
  if (found == follows_.end()) return;
  Follow& follow = found->second;
  const auto files = log_files(follow.what, listed);
  if (!follow.begun) {
    if (!listed.error.empty() || (files.empty() && !follow.what.follow)) {
      const std::string why = !listed.error.empty()
                                  ? listed.error
                                  : fmt::format("log entry for task \"{}\" and log type \"{}\" not found",
                                                follow.what.task, follow.what.type);
      answer(follow.caller, api::failure(404, why), effects);
      follows_.erase(found);
      return;
    }
    follow.begun = true;
    answer(follow.caller, {200, {{"Content-Type", follow.what.plain ? "text/plain" : "application/json"}}, ""}, effects,
           true);
    follow.file = files.empty() ? 0 : files.front().number;
    std::int64_t skip = follow.what.offset;
    if (follow.what.from_end) {
      std::int64_t total = 0;
      for (const LogFile& file : files) total += static_cast<std::int64_t>(file.size);
      skip = std::max<std::int64_t>(0, total - skip);
    }
    for (const LogFile& file : files) {
      follow.file = file.number;
      if (skip < static_cast<std::int64_t>(file.size)) break;
      if (&file != &files.back()) skip -= static_cast<std::int64_t>(file.size);
    }
    follow.offset = static_cast<std::uint64_t>(std::max<std::int64_t>(0, skip));
  }
  follow.newest = files.empty() ? follow.file : files.back().number;
  // Rotation may have removed the file we were at.
  if (!files.empty() && files.front().number > follow.file) {
    follow.file = files.front().number;
    follow.offset = 0;
  }
  if (files.empty()) {
    follow.look_again = now.instant + log_poll_interval;
    return;
  }
  follow_next(id, effects);
}

void Agent::Impl::follow_next(std::uint64_t id, world::Effects& effects) {
  Follow& follow = follows_.at(id);
  const world::HostToken token{++last_host_token_};
  host_calls_.emplace(token, ForFollow{id});
  effects.push_back(world::ReadAllocFile{token, follow.what.alloc_id, file_name(follow.what, follow.file),
                                         follow.offset, log_chunk_bytes});
}

void Agent::Impl::follow_read(Now now, std::uint64_t id, const world::AllocFileRead& read, world::Effects& effects) {
  const auto found = follows_.find(id);
  if (found == follows_.end()) return;
  Follow& follow = found->second;
  if (!read.bytes.empty()) {
    follow.offset += read.bytes.size();
    follow.last_sent = now.instant;
    stream(follow.caller,
           follow.what.plain ? read.bytes : frame(file_name(follow.what, follow.file), follow.offset, read.bytes), true,
           effects);
    return follow_next(id, effects);
  }
  if (follow.file < follow.newest) {
    ++follow.file;
    follow.offset = 0;
    return follow_next(id, effects);
  }
  if (!follow.what.follow) return follow_end(id, effects);
  // Said now and then, so that a caller who has gone is noticed.
  if (!follow.what.plain && now.instant - follow.last_sent >= heartbeat_frame_interval) {
    follow.last_sent = now.instant;
    stream(follow.caller, "{}", true, effects);
  }
  follow.look_again = now.instant + log_poll_interval;
}

void Agent::Impl::follow_end(std::uint64_t id, world::Effects& effects) {
  stream(follows_.at(id).caller, "", false, effects);
  follows_.erase(id);
}

void Agent::Impl::streams_wake(Now now, world::Effects& effects) {
  std::vector<std::uint64_t> due;
  for (const auto& [id, follow] : follows_)
    if (follow.look_again <= now.instant) due.push_back(id);
  for (const std::uint64_t id : due) follow_list(id, effects);
}

void Agent::Impl::monitor(const world::Logged& line, world::Effects& effects) {
  for (const auto& [caller, monitor] : monitors_) {
    if (line.level < monitor.what.level) continue;
    std::string text;
    std::string level = upper(describe::text_of(line.level));
    if (monitor.what.json) {
      boost::json::object object{{"@level", describe::text_of(line.level)},
                                 {"@message", line.message},
                                 {"@module", line.module},
                                 {"@timestamp", describe::wall_time_text(now_.wall)}};
      for (const world::LogField& field : line.fields) object[field.key] = field.value;
      text = boost::json::serialize(object) + "\n";
    } else {
      level = "[" + level + "]";
      text = fmt::format("{} {:<7} {}: {}", describe::wall_time_text(now_.wall), level, line.module, line.message);
      for (std::size_t i = 0; i < line.fields.size(); ++i)
        text += fmt::format("{} {}={}", i == 0 ? ":" : "", line.fields[i].key, line.fields[i].value);
      text += "\n";
    }
    if (!monitor.what.plain) text = boost::json::serialize(boost::json::object{{"Data", describe::to_base64(text)}});
    stream(caller, text, true, effects);
  }
}

}  // namespace core::agent
