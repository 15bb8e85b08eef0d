// What happened in a run, as one value: enough to draw it. Recorded by TimelineRecorder, shown by html_page().
//
// Everything in it is bounded. Where a bound was met, the value says what was left out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io-sim/world.hpp"
#include "simulator/report/story.hpp"

namespace simulator::report {

using io_sim::NodeId;
using io_sim::TrueTime;

/// What a message is about: each has its colour and its own bound.
enum class Family : std::uint8_t { election, replication, heartbeat, call, gossip };
inline constexpr std::size_t families = 5;
std::string_view name(Family family);

/// "RequestVote", with the names of its numbers: "term", "last_index".
struct MessageKind {
  std::string name;
  Family family = Family::call;
  std::vector<std::string> fields;
};

/// What one message says: its kind, by place in Timeline::kinds, and its numbers.
struct Label {
  static constexpr std::size_t most_fields = 5;
  std::uint16_t kind = 0;
  std::uint16_t more = 0;  // messages that went in the same bytes
  std::array<std::uint64_t, most_fields> fields{};
};

struct Message {
  std::uint64_t number = 0;  // in the order in which they were heard of
  TrueTime sent;
  TrueTime received = TrueTime::never();  // never: lost, or still on its way at the end
  NodeId from = 0;
  NodeId to = 0;
  Label label;
};

/// A server's part from a moment on, until its next.
struct Part {
  enum class What : std::uint8_t { down, starting, follower, pre_candidate, candidate, leader };
  TrueTime from;
  NodeId server = 0;
  What what = What::down;
  std::uint64_t term = 0;
};

/// Something that is wrong with a node, or with the whole network, for a while.
struct Band {
  enum class What : std::uint8_t { cut, paused, loss };
  static constexpr NodeId everywhere = ~NodeId{0};
  TrueTime from;
  TrueTime to;
  NodeId node = everywhere;
  What what = What::cut;
  std::string text;
};

/// Where a server's log stands from a moment on.
struct Progress {
  TrueTime at;
  NodeId server = 0;
  std::uint64_t last = 0;
  std::uint64_t commit = 0;
};

/// A number of the whole cluster, looked at every Timeline::sampled_every.
struct Curve {
  std::string name;
  std::vector<std::uint64_t> values;
};

/// Clients that share a lane.
struct Group {
  std::string name;
  NodeId first = 0;
  std::uint32_t count = 0;
  std::vector<std::uint64_t> up;   // agents that run
  std::vector<std::uint64_t> cut;  // that cannot talk with most servers
  std::vector<std::uint64_t> tasks;
};

/// One link of the chain of causes: an event, and what it came from.
struct CauseStep {
  enum class Edge : std::uint8_t { none, message, disk, computation, task, timer, earlier };
  std::uint64_t event = 0;  // its number in the run, from 1
  TrueTime at;
  NodeId node = 0;
  std::string what;        // "receives RequestVoteReply (term 5, granted 1) from server-3"
  std::string change;      // what it changed: "is elected leader of term 5"; may be empty
  Edge edge = Edge::none;  // how it came of the next step
  TrueTime sent;           // of a message
  NodeId from = 0;         // of a message
};
struct CauseChain {
  std::string title;
  std::vector<CauseStep> steps;  // the last event first
};

struct Timeline {
  std::vector<std::string> nodes;  // names, by NodeId
  std::vector<NodeId> servers;
  std::vector<std::string> regions;  // of the servers, in that order
  TrueTime end;
  std::vector<MessageKind> kinds;
  std::vector<Message> messages;  // by the time they were sent
  std::array<std::uint64_t, families> messages_seen{};
  std::array<std::uint64_t, families> messages_kept{};
  std::vector<Part> parts;
  std::vector<Band> bands;
  std::vector<StoryLine> story;
  std::vector<Progress> progress;
  core::Duration sampled_every{};
  std::vector<Curve> curves;
  std::vector<Group> groups;
  std::vector<CauseChain> causes;
  std::uint64_t events = 0;
  std::vector<std::string> left_out;  // sentences
};

}  // namespace simulator::report
