#include "simulator/coverage/event_points.hpp"

namespace simulator::coverage {
namespace {

namespace world = core::world;

struct Line {
  std::string_view starts;
  Point point;
};

// What agents say of themselves in their logs.
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
    {"serf: Refuting an older leave", "a leave intent was refuted"},
    {"plan for node rejected", "a plan was rejected for a node"},
};

void note(const world::Logged& logged, Coverage& coverage) {
  const std::string_view text = logged.message;
  for (const Line& line : server_lines)
    if (text.starts_with(line.starts)) return coverage.reached(line.point);
}

void note(const world::TaskExited& exited, Coverage& coverage) {
  if (exited.exit_code != 0) coverage.reached("a task failed");
}

}  // namespace

void note_event(const world::Event& event, const world::Effects& effects, bool is_server, Coverage& coverage) {
  if (std::holds_alternative<world::StreamClosed>(event)) {
    coverage.reached("a connection broke");
  } else if (const auto* done = std::get_if<world::DiskBatchDone>(&event)) {
    if (!done->error.empty()) coverage.reached("a disk refused an operation");
  } else if (const auto* exited = std::get_if<world::TaskExited>(&event)) {
    note(*exited, coverage);
  } else if (std::holds_alternative<world::TaskLost>(event)) {
    coverage.reached("a restarted client missed a task");
  }
  bool recovers = false;
  for (const world::Effect& effect : effects) {
    if (std::holds_alternative<world::Exited>(effect)) coverage.reached("an agent ended by itself");
    if (const auto* answered = std::get_if<world::ApiAnswered>(&effect))
      if (answered->status >= 500 && answered->body.find("No cluster leader") != std::string::npos)
        coverage.reached("a request was refused for want of a leader");
    recovers = recovers || std::holds_alternative<world::RecoverTask>(effect);
    if (const auto* logged = std::get_if<world::Logged>(&effect); logged != nullptr && is_server)
      note(*logged, coverage);
  }
  if (recovers) coverage.reached("a restarted client looked for its tasks");
}

}  // namespace simulator::coverage
