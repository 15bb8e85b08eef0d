#include "simulator/coverage/event_points.hpp"

namespace simulator::coverage {
namespace {

namespace world = core::world;

struct Line {
  std::string_view starts;
  Point point;
};

constexpr std::string_view member_failed = "serf: EventMemberFailed: ";
constexpr std::string_view member_joined = "serf: EventMemberJoin: ";

// What agents say of themselves in their logs, at the level INFO, which is all that is kept of them.
constexpr Line server_lines[] = {
    {"the disk does not answer", "a leader found its disk stalled"},
    {"failed to contact quorum", "a leader missed its quorum"},
    {"starting leadership transfer", "leadership was handed over"},
    {"Promoting server", "a non-voter was promoted"},
    {"removing a server that is dead", "a dead server was cleaned up"},
    {"cutting ", "a torn write was cut off at a restart"},
    {"memberlist: Suspect ", "a member was suspected"},
    {"memberlist: Refuting", "a member refuted a suspicion"},
    {"serf: EventMemberFailed", "a member was declared failed"},
    {"serf: EventMemberLeave", "a member left"},
    {"plan for node rejected", "a plan was rejected for a node"},
};

// "NAME ADDRESS", after what the line begins with.
std::string name_after(std::string_view start, std::string_view text) {
  text.remove_prefix(start.size());
  return std::string(text.substr(0, text.find(' ')));
}

void note(const world::Logged& logged, Coverage& coverage) {
  const std::string_view text = logged.message;
  for (const Line& line : server_lines)
    if (text.starts_with(line.starts)) return coverage.reached(line.point);
}

void note(const world::TaskExited& exited, Coverage& coverage) {
  if (exited.exit_code != 0) coverage.reached("a task failed");
}

}  // namespace

void EventPoints::note_member(io_sim::NodeId node, std::string_view text) {
  if (text.starts_with(member_failed)) failed_.emplace(node, name_after(member_failed, text));
  if (text.starts_with(member_joined) && failed_.erase({node, name_after(member_joined, text)}) > 0)
    coverage_.reached("a member came back after it had failed");
}

void EventPoints::handled(io_sim::NodeId node, bool is_server, const world::Event& event,
                          const world::Effects& effects) {
  if (std::holds_alternative<world::StreamClosed>(event)) {
    coverage_.reached("a connection broke");
  } else if (const auto* done = std::get_if<world::DiskBatchDone>(&event)) {
    if (!done->error.empty()) coverage_.reached("a disk refused an operation");
  } else if (const auto* exited = std::get_if<world::TaskExited>(&event)) {
    note(*exited, coverage_);
  } else if (std::holds_alternative<world::TaskLost>(event)) {
    coverage_.reached("a restarted client missed a task");
  }
  bool recovers = false;
  for (const world::Effect& effect : effects) {
    if (std::holds_alternative<world::Exited>(effect)) coverage_.reached("an agent ended by itself");
    if (const auto* answered = std::get_if<world::ApiAnswered>(&effect))
      if (answered->status >= 500 && answered->body.find("No cluster leader") != std::string::npos)
        coverage_.reached("a request was refused for want of a leader");
    recovers = recovers || std::holds_alternative<world::RecoverTask>(effect);
    if (const auto* logged = std::get_if<world::Logged>(&effect); logged != nullptr && is_server) {
      note(*logged, coverage_);
      note_member(node, logged->message);
    }
  }
  if (recovers) coverage_.reached("a restarted client looked for its tasks");
}

}  // namespace simulator::coverage
