#include "simulator/debug/inspector.hpp"

#include <algorithm>
#include <charconv>

#include <utility>

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json/serialize.hpp>

#include "core/server/server.hpp"
#include "simulator/debug/node_state.hpp"
#include "simulator/search/points.hpp"

namespace simulator::debug {
namespace {

constexpr std::size_t longest_chain = 30;  // events of a cause chain

std::uint64_t number_of(const std::vector<std::string>& words, std::size_t place, std::uint64_t otherwise) {
  std::uint64_t out = otherwise;
  if (place < words.size()) std::from_chars(words[place].data(), words[place].data() + words[place].size(), out);
  return out;
}

std::string field(const core::raft::Raft& raft, const std::string& name) {
  if (name == "role") return std::string(core::raft::name(raft.role()));
  if (name == "term") return std::to_string(raft.term().value);
  if (name == "vote") return raft.vote().value_or("");
  if (name == "leader") return raft.leader().value_or("");
  if (name == "commit") return std::to_string(raft.commit_index().value);
  if (name == "last") return std::to_string(raft.last_index().value);
  return "";
}

}  // namespace

void Inspector::enter(const Inside& inside) {
  inside_.emplace(inside);
  inside.world.watch(this);
  serve();
}

void Inspector::handled(io_sim::NodeId node, io_sim::TrueTime at, const core::world::Event& event,
                        const core::world::Effects& effects) {
  chronicle_.add(node, at, event, effects);
  between_steps_ = false;
  std::string why = breakpoint_that_holds();
  if (auto fallen = newly_fallen()) why = std::move(*fallen);
  if (why.empty() && chronicle_.size() >= run_.until_event) why = "here";
  if (!why.empty()) stop(std::move(why));
}

bool Inspector::passed() {
  between_steps_ = true;
  if (auto fallen = newly_fallen()) {
    stop(std::move(*fallen));
  } else if (inside_->world.next().ns > run_.until_ns) {
    stop("here");
  } else if (run_.moments_every_ms > 0 &&
             Wall::now() - last_moment_ >= std::chrono::milliseconds(run_.moments_every_ms)) {
    last_moment_ = Wall::now();
    if (fork_moment()) serve();
    last_moment_ = Wall::now();
  }
  return true;
}

std::optional<std::string> Inspector::newly_fallen() {
  const auto& violation = inside_->watch.violation();
  if (!violation || fell_) return std::nullopt;
  fell_ = true;
  return fmt::format("{} fell: {}", violation->invariant, violation->what);
}

void Inspector::over(const RunResult& result) {
  over_ = true;
  result_ = &result;
  fell_ = result.verdict == Verdict::fell;
  verdict_ = result.verdict == Verdict::scenario_wrong ? result.error
             : fell_                                   ? "the run is over: FELL"
                                                       : "the run is over: HELD";
  for (const auto& violation : result.violations)
    verdict_ += fmt::format("\n{} fell at {}: {}", violation.invariant, time_text(violation.at), violation.what);
  reply(Frame::Kind::answer, verdict_);
  for (;;) serve();
}

void Inspector::stop(std::string why) {
  reply(Frame::Kind::answer, std::move(why));
  serve();
}

void Inspector::reply(Frame::Kind kind, std::string text, const Channel* passed) const {
  const Frame frame{kind, over_, fell_, chronicle_.size(), inside_->world.now().ns, std::move(text)};
  if (!channel_.send(frame, passed)) ::_exit(0);
}

bool Inspector::fork_moment() {
  auto [mine, theirs] = Channel::pair();
  const pid_t child = ::fork();
  if (child == 0) {
    channel_ = std::move(mine);
    return true;
  }
  mine.close();
  if (child > 0) reply(Frame::Kind::moment, "", &theirs);
  return false;
}

void Inspector::serve() {
  for (;;) {
    const auto request = channel_.receive();
    if (!request) ::_exit(0);
    if (answer(request->text)) return;
  }
}

bool Inspector::answer(const std::string& request) {
  const std::vector<std::string> asked = words(request.substr(0, request.find('\n')));
  const std::string verb = asked.empty() ? "" : asked[0];
  if (verb == "run") {
    if (over_) {
      reply(Frame::Kind::answer, verdict_);
      return false;
    }
    run_ = decode_run(request).value_or(Run{});
    last_moment_ = Wall::now();
    coverage_.clear();
    watched_.clear();
    // What is to be seen as a change has its first value now.
    breakpoint_that_holds();
    if (between_steps_ && inside_->world.next().ns > run_.until_ns) {
      reply(Frame::Kind::answer, "here");  // the next thing to happen would be past it
      return false;
    }
    return true;
  }
  if (verb == "wake") {
    fork_moment();
    return false;
  }
  if (verb == "branch") {
    inside_->choices.branch(number_of(asked, 1, 1));
    reply(Frame::Kind::answer, "");
    return false;
  }
  reply(Frame::Kind::answer, answer_text(asked));
  return false;
}

std::string Inspector::answer_text(const std::vector<std::string>& asked) {
  Cluster& cluster = inside_->cluster;
  const std::string& verb = asked.empty() ? "" : asked[0];
  if (verb == "nodes") {
    std::string out;
    for (NodeId node = 0; node < cluster.size(); ++node) out += brief(cluster, node) + "\n";
    return out;
  }
  if (verb == "names") {
    std::string out;
    for (NodeId node = 0; node < cluster.size(); ++node) out += cluster.name(node) + "\n";
    return out;
  }
  if (verb == "state" || verb == "table") {
    const auto node = asked.size() > 1 ? cluster.find(asked[1]) : std::nullopt;
    if (!node) return "";
    if (verb == "state") {
      const bool whole = asked.size() > 2 && asked[2] == "whole";
      return boost::json::serialize(node_state(cluster, *node, whole ? LogShown::whole : LogShown::tail));
    }
    return boost::json::serialize(
        table(cluster, *node, asked.size() > 2 ? asked[2] : "", asked.size() > 3 ? asked[3] : ""));
  }
  if (verb == "file") {
    if (result_ == nullptr) return "error the run is not over";
    const auto text = file_of_(*result_);
    return text ? "file " + *text : "error " + text.error();
  }
  if (verb == "messages") return list(number_of(asked, 1, 20), asked.size() > 2 ? asked[2] : "");
  if (verb == "why") return why(number_of(asked, 1, chronicle_.size()));
  if (verb == "coverage") {
    RunResult so_far;
    so_far.coverage = inside_->watch.coverage();
    std::string out;
    for (const auto& point : search::points_of(so_far))
      if (point.second > 0) out += fmt::format("{:>8}  {}\n", point.second, point.first);
    return out;
  }
  return "";
}

std::string Inspector::breakpoint_that_holds() {
  std::string out;
  for (const Breakpoint& one : run_.breakpoints)
    if (const auto what = holds(one); what && out.empty())
      out = fmt::format("breakpoint: {}{}{}", text(one), what->empty() ? "" : ": ", *what);
  return out;
}

std::optional<std::string> Inspector::holds(const Breakpoint& breakpoint) {
  const std::uint64_t now = chronicle_.size();
  const auto when = [](bool holds) { return holds ? std::optional(std::string()) : std::nullopt; };
  switch (breakpoint.kind) {
    case Breakpoint::Kind::invariant: {
      const auto& violation = inside_->watch.violation();
      return when(violation && (breakpoint.what.empty() || violation->invariant == breakpoint.what));
    }
    case Breakpoint::Kind::coverage: {
      RunResult so_far;
      so_far.coverage = inside_->watch.coverage();
      bool reached = false;
      for (const auto& point : search::points_of(so_far)) {
        if (std::string_view(point.first).find(breakpoint.what) == std::string_view::npos) continue;
        const auto [before, first] = coverage_.try_emplace(std::string(point.first), point.second);
        reached |= !first && point.second > before->second;
        before->second = point.second;
      }
      return when(reached);
    }
    case Breakpoint::Kind::message: {
      if (now == 0) return std::nullopt;
      const Happening& last = chronicle_.at(now);
      return when((breakpoint.node.empty() || inside_->cluster.name(last.node) == breakpoint.node) &&
                  chronicle_.text(now).find(breakpoint.what) != std::string::npos);
    }
    case Breakpoint::Kind::change:
      return changed(breakpoint);
  }
  return std::nullopt;
}

// "server-2: follower -> candidate", of each whose field has changed.
std::optional<std::string> Inspector::changed(const Breakpoint& breakpoint) {
  Cluster& cluster = inside_->cluster;
  std::optional<std::string> out;
  for (NodeId node = 0; node < cluster.servers(); ++node) {
    if (!breakpoint.node.empty() && cluster.name(node) != breakpoint.node) continue;
    const auto* server = cluster.server(node);
    const std::string value =
        server == nullptr || server->raft() == nullptr ? "" : with_names(field(*server->raft(), breakpoint.what));
    const auto [before, first] = watched_.try_emplace({node, breakpoint.what}, value);
    const std::string old = std::exchange(before->second, value);
    if (old == value) continue;
    const auto shown = [](const std::string& text) { return text.empty() ? std::string("nothing") : text; };
    out = fmt::format("{}{}: {} -> {}", out ? *out + ", " : "", cluster.name(node), shown(old), shown(value));
  }
  return out;
}

std::string Inspector::line(std::uint64_t number) const {
  const Happening& one = chronicle_.at(number);
  const std::string& text = chronicle_.text(number);
  const std::string cause = one.cause == 0 ? "" : fmt::format(" (#{})", one.cause);
  return fmt::format("#{:<7} {:>12}  {:<10} {}{}\n", number, time_text(one.at), inside_->cluster.name(one.node),
                     text.empty() ? event_name(one.kind) : with_names(text), cause);
}

// A server's id says nothing to a reader.
std::string Inspector::with_names(std::string text) const {
  for (NodeId node = 0; node < inside_->cluster.servers(); ++node) {
    const auto* server = inside_->cluster.server(node);
    if (server == nullptr || server->id().empty()) continue;
    for (auto at = text.find(server->id()); at != std::string::npos; at = text.find(server->id()))
      text.replace(at, server->id().size(), inside_->cluster.name(node));
  }
  return text;
}

std::string Inspector::list(std::uint64_t count, const std::string& node) const {
  std::vector<std::uint64_t> chosen;
  for (std::uint64_t number = chronicle_.size(); number > 0 && chosen.size() < count; --number)
    if (node.empty() || inside_->cluster.name(chronicle_.at(number).node) == node) chosen.push_back(number);
  std::string out;
  for (auto number = chosen.rbegin(); number != chosen.rend(); ++number) out += line(*number);
  return out;
}

std::string Inspector::why(std::uint64_t number) const {
  if (number == 0 || number > chronicle_.size()) return "";
  std::string out;
  std::size_t length = 0;
  for (; number != 0 && length < longest_chain; number = chronicle_.at(number).cause, ++length) out += line(number);
  out += number == 0 ? "  which came from outside: a start, an operator, the scenario\n" : "  and so on\n";
  return out;
}

}  // namespace simulator::debug
