#include "simulator/scenario/happening.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace simulator {
namespace {

using Kind = Happening::Kind;

constexpr std::array<HappeningPhrase, 29> phrases{{
    {"leader", "elected", Kind::leader_elected, false, "a server begins to lead"},
    {"leader", "lost", Kind::leader_lost, false, "a server that led leads no more, or is gone"},
    {"vote", "cast", Kind::vote_cast, false, "a server has voted, and its disk does not have it yet"},
    {"vote", "durable", Kind::vote_durable, false, "a server's vote is on its disk: the answer is on its way"},
    {"entries", "appended", Kind::entries_appended, false, "a server's log has grown, its disk has not"},
    {"entries", "durable", Kind::entries_durable, false, "what a log has grown by is on its disk"},
    {"commit", "advanced", Kind::commit_advanced, false, "a server knows of more that is committed"},
    {"log", "cut", Kind::log_cut, false, "a follower throws entries away that its leader does not have"},
    {"snapshot", "taken", Kind::snapshot_taken, false, "a server's log begins later than it did"},
    {"agent", "started", Kind::process_started, true, "an agent's process starts"},
    {"agent", "ended", Kind::process_ended, true, "an agent's process ends: by a crash, a power loss or by itself"},
    {"node", "ready", Kind::node_ready, true, "a client is ready, as the leader has it"},
    {"node", "down", Kind::node_down, true, "a client is down, as the leader has it"},
    {"job", "registered", Kind::job_registered, true, "a job is registered, or another version of it"},
    {"job", "running", Kind::job_running, true, "as many of a job's allocations run as are wanted"},
    {"job", "complete", Kind::job_complete, true, "as many of a batch job's allocations are complete as are wanted"},
    {"allocation", "placed", Kind::allocation_placed, false, "an allocation is placed"},
    {"allocation", "running", Kind::allocation_running, false, "an allocation has come to run"},
    {"allocation", "failed", Kind::allocation_failed, false, "an allocation has failed"},
    {"allocation", "lost", Kind::allocation_lost, false, "an allocation is given up with its node"},
    {"sync", "asked", Kind::sync_asked, false, "a server hands a batch with a sync to its disk; nothing is done"},
    {"sync", "written", Kind::sync_written, false, "... it is in the cache, and not on the platter"},
    {"sync", "done", Kind::sync_done, false, "... it is on the platter, and the server has not heard"},
    {"sync", "heard", Kind::sync_heard, false, "... the server has heard, and done nothing about it"},
    {"message", "sent", Kind::message_sent, false, "a server has handed a message to the network"},
    {"message", "early", Kind::message_early, false, "... while a sync of its own was under way"},
    {"promise", "sent", Kind::promise_sent, false, "... in answer to a sync: a vote, an acknowledgement"},
    {"message", "received", Kind::message_received, false, "a message has come to a server that has not seen it"},
    {"message", "read", Kind::message_read, false, "... the server has seen it, and done nothing about it"},
}};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    if (end > i) out.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

}  // namespace

std::span<const HappeningPhrase> happening_phrases() { return phrases; }

std::optional<Happening> parse_happening(std::string_view text, std::string& hint) {
  const auto words = words_of(text);
  for (const HappeningPhrase& phrase : phrases) {
    const bool plain = words.size() == 2 && words[0] == phrase.subject && words[1] == phrase.verb;
    const bool named = phrase.named && words.size() == 3 && words[0] == phrase.subject && words[2] == phrase.verb;
    if (plain || named) return Happening{phrase.kind, named ? std::string(words[1]) : "", {}};
  }
  std::vector<std::string> known;
  for (const HappeningPhrase& phrase : phrases) {
    const std::string name = words.size() == 3 && phrase.named ? std::string(words[1]) + " " : "";
    known.push_back(fmt::format("{} {}{}", phrase.subject, name, phrase.verb));
  }
  hint = nearest(text, {known.begin(), known.end()});
  return std::nullopt;
}

std::string happening_text(const Happening& happening) {
  for (const HappeningPhrase& phrase : phrases)
    if (phrase.kind == happening.kind)
      return fmt::format("{} {}{}", phrase.subject, happening.name.empty() ? "" : happening.name + " ", phrase.verb);
  return "";
}

}  // namespace simulator
