// Why something happened: each event with the event it came of, and the walk back from one.
//
// An event comes of a message, of the disk's or a computation's answer, of a task that was started, or else of the
// node's own past: a timer that an earlier event of it had set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "simulator/report/links.hpp"

namespace simulator::report {

class Causes {
 public:
  /// The most recent events are remembered; a run that is to be explained to its end needs no others.
  static constexpr std::size_t most_events = 500'000;
  static constexpr std::size_t longest_chain = 24;

  /// The next event of the run, on `node`; gives its number.
  std::uint64_t add(NodeId node, TrueTime at, const core::world::Event& event);
  /// It received what `sent` was.
  void came_of(std::uint64_t event, const Sent& sent);
  /// It asked for what will be answered.
  void asked(std::uint64_t event, NodeId node, std::uint64_t life, const core::world::Effect& effect);
  /// It is the answer, if it is one.
  void answers(std::uint64_t event, NodeId node, std::uint64_t life, const core::world::Event& answer);
  /// What it changed, in words; several are joined.
  void changed(std::uint64_t event, const std::string& what);

  std::uint64_t last() const { return count_; }
  /// The last event of the node that changed something; 0: none is remembered.
  std::uint64_t last_change_of(NodeId node) const;
  NodeId node_of(std::uint64_t event) const { return at(event).node; }
  TrueTime time_of(std::uint64_t event) const { return at(event).at; }

  /// From the event back, one step after the other.
  std::vector<CauseStep> chain(std::uint64_t event, const Labels& labels, const std::vector<std::string>& names) const;

 private:
  struct Entry {
    TrueTime at;
    std::uint64_t cause = 0;
    std::uint64_t previous = 0;  // of the same node
    NodeId node = 0;
    NodeId from = 0;
    TrueTime sent;
    std::uint8_t kind = 0;  // which alternative of world::Event
    CauseStep::Edge edge = CauseStep::Edge::none;
    std::optional<Label> label;
  };
  using Question = std::tuple<NodeId, std::uint64_t, std::uint8_t, std::uint64_t>;  // node, life, kind, token

  const Entry& at(std::uint64_t event) const { return entries_[(event - 1) % most_events]; }
  Entry& at(std::uint64_t event) { return entries_[(event - 1) % most_events]; }
  bool remembers(std::uint64_t event) const { return event != 0 && event + most_events > count_; }
  std::uint64_t previous_change(std::uint64_t event) const;

  std::vector<Entry> entries_;  // a ring
  std::uint64_t count_ = 0;
  std::map<NodeId, std::uint64_t> last_of_;
  std::map<Question, std::uint64_t> asked_;
  std::map<std::uint64_t, std::string> changes_;
};

}  // namespace simulator::report
