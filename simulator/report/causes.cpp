#include "simulator/report/causes.hpp"

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace simulator::report {
namespace {

namespace world = core::world;
using Edge = CauseStep::Edge;

constexpr std::uint8_t of_disk = 1;
constexpr std::uint8_t of_computation = 2;
constexpr std::uint8_t of_task = 3;

std::uint64_t number_of(const world::TaskKey& key) {
  core::describe::Hasher hasher;
  hasher.add(key.alloc_id);
  hasher.add(key.task);
  return hasher.value();
}

// What an event is, without its message: for the steps of a chain.
std::string plain_words(std::uint8_t kind) {
  static constexpr const char* words[] = {"wakes at its deadline",
                                          "receives a datagram",
                                          "accepts a connection",
                                          "is connected",
                                          "receives bytes",
                                          "loses a connection",
                                          "hears of a name's addresses",
                                          "has its disk's answer: synced",
                                          "has read a directory",
                                          "has looked at its host",
                                          "has made a directory",
                                          "has a task started",
                                          "has a task that does not start",
                                          "has a task that ended",
                                          "has lost a task",
                                          "has read a task's file",
                                          "has listed a task's files",
                                          "is asked over the HTTP API",
                                          "is asked over the HTTP API no more",
                                          "gets a signal",
                                          "reads its configuration again",
                                          "has the result of a computation",
                                          "turns a connection away"};
  static_assert(std::size(words) == std::variant_size_v<world::Event>);
  return words[kind];
}

}  // namespace

std::uint64_t Causes::add(NodeId node, TrueTime when, const world::Event& event) {
  ++count_;
  if (entries_.size() < most_events) entries_.emplace_back();
  Entry& entry = at(count_);
  entry = {};
  entry.at = when;
  entry.node = node;
  entry.kind = static_cast<std::uint8_t>(event.index());
  entry.previous = std::exchange(last_of_[node], count_);
  entry.edge = std::holds_alternative<world::Woken>(event) ? Edge::timer : Edge::earlier;
  // Every now and then: what is too old to be looked up goes.
  if (count_ % most_events == 0) {
    std::erase_if(asked_, [&](const auto& one) { return !remembers(one.second); });
    changes_.erase(changes_.begin(), changes_.lower_bound(count_ - most_events + 1));
  }
  return count_;
}

void Causes::came_of(std::uint64_t event, const Sent& sent) {
  Entry& entry = at(event);
  entry.cause = sent.event;
  entry.edge = Edge::message;
  entry.from = sent.from;
  entry.sent = sent.at;
  if (sent.label) entry.label = sent.label;
}

void Causes::asked(std::uint64_t event, NodeId node, std::uint64_t life, const world::Effect& effect) {
  const auto note = [&](std::uint8_t what, std::uint64_t token) { asked_[{node, life, what, token}] = event; };
  if (const auto* batch = std::get_if<world::DiskBatch>(&effect)) return note(of_disk, batch->token.value);
  if (const auto* read = std::get_if<world::ReadDirectory>(&effect)) return note(of_disk, read->token.value);
  if (const auto* compute = std::get_if<world::Compute>(&effect)) return note(of_computation, compute->token.value);
  if (const auto* start = std::get_if<world::StartTask>(&effect)) return note(of_task, number_of(start->key));
  if (const auto* recover = std::get_if<world::RecoverTask>(&effect)) return note(of_task, number_of(recover->key));
}

void Causes::answers(std::uint64_t event, NodeId node, std::uint64_t life, const world::Event& answer) {
  const auto look = [&](std::uint8_t what, std::uint64_t token, Edge edge, bool keeps) {
    const auto found = asked_.find({node, life, what, token});
    if (found == asked_.end()) return;
    at(event).cause = found->second;
    at(event).edge = edge;
    if (!keeps) asked_.erase(found);
  };
  if (const auto* done = std::get_if<world::DiskBatchDone>(&answer))
    return look(of_disk, done->token.value, Edge::disk, false);
  if (const auto* read = std::get_if<world::DirectoryRead>(&answer))
    return look(of_disk, read->token.value, Edge::disk, false);
  if (const auto* computed = std::get_if<world::Computed>(&answer))
    return look(of_computation, computed->token.value, Edge::computation, false);
  if (const auto* started = std::get_if<world::TaskStarted>(&answer))
    return look(of_task, number_of(started->key), Edge::task, true);
  if (const auto* failed = std::get_if<world::TaskStartFailed>(&answer))
    return look(of_task, number_of(failed->key), Edge::task, false);
  if (const auto* exited = std::get_if<world::TaskExited>(&answer))
    return look(of_task, number_of(exited->key), Edge::task, false);
  if (const auto* lost = std::get_if<world::TaskLost>(&answer))
    return look(of_task, number_of(lost->key), Edge::task, false);
}

void Causes::changed(std::uint64_t event, const std::string& what) {
  std::string& all = changes_[event];
  all += all.empty() ? what : ", " + what;
}

std::uint64_t Causes::last_change_of(NodeId node) const {
  const auto found = last_of_.find(node);
  if (found == last_of_.end()) return 0;
  return changes_.contains(found->second) ? found->second : previous_change(found->second);
}

// The node's last event before this one that changed something.
std::uint64_t Causes::previous_change(std::uint64_t event) const {
  while (remembers(event)) {
    event = at(event).previous;
    if (changes_.contains(event) && remembers(event)) return event;
  }
  return 0;
}

std::vector<CauseStep> Causes::chain(std::uint64_t event, const Labels& labels,
                                     const std::vector<std::string>& names) const {
  std::vector<CauseStep> out;
  while (remembers(event) && out.size() < longest_chain) {
    const Entry& entry = at(event);
    CauseStep step{event, entry.at, entry.node, plain_words(entry.kind), "", entry.edge, entry.sent, entry.from};
    if (entry.edge == Edge::message)
      step.what = fmt::format("receives {} from {}", entry.label ? labels.text(*entry.label) : "part of a message",
                              names[entry.from]);
    if (const auto changed = changes_.find(event); changed != changes_.end()) step.change = changed->second;
    // A message or an answer has its cause; all else comes of what the node was before.
    event = entry.cause != 0 ? entry.cause : previous_change(event);
    if (!remembers(event)) step.edge = Edge::none;
    out.push_back(std::move(step));
  }
  return out;
}

}  // namespace simulator::report
