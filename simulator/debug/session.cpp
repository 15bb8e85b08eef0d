#include "simulator/debug/session.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/check.hpp"
#include "core/describe/text.hpp"
#include "simulator/debug/node_state.hpp"
#include "simulator/report/story.hpp"
#include "simulator/scenario/problem.hpp"
#include "simulator/search/points.hpp"

namespace simulator::debug {
namespace {

constexpr std::size_t most_moments = 64;  // processes
constexpr std::uint64_t most_futures = 10'000;

Session::Outcome wrong(std::string text) { return {std::move(text), true, false}; }

std::optional<std::uint64_t> number(const std::string& word) {
  std::uint64_t out = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, out);
  return word.empty() || error != std::errc{} || stopped != end ? std::nullopt : std::optional(out);
}

// "EXPECT" of "the run is over: FELL\nEXPECT fell at ...", "SMSAFE" of "SMSAFE fell: ...".
std::string first_fallen(const std::string& text) {
  const auto end = text.find(" fell");
  const auto line = text.rfind('\n', end);
  const auto begin = line == std::string::npos ? 0 : line + 1;
  return end == std::string::npos ? text : text.substr(begin, end - begin);
}

Session::Outcome unknown(std::string_view what, const std::string& found, const std::vector<std::string_view>& known) {
  const std::string near = nearest(found, known);
  return wrong(fmt::format("there is no {} \"{}\"{}", what, found,
                           near.empty() ? "" : fmt::format(" (did you mean {}?)", near)));
}

Session::Outcome no_node(const std::string& name) {
  return wrong(fmt::format("there is no node \"{}\"; nodes lists them", name));
}

// Nothing, or why such a breakpoint would never hold.
std::optional<Session::Outcome> check(const Breakpoint& breakpoint) {
  using Kind = Breakpoint::Kind;
  static const std::vector<std::string_view> fields{"role", "term", "vote", "leader", "commit", "last"};
  static const std::vector<std::string_view> invariants{
      "CAP",    "CHECK",     "COMPLETE", "COUNT",  "DURABLE",  "ELECT", "EVALEND",   "EXPECT",
      "HEAL",   "IMMUTABLE", "LEFT",     "LIN",    "LOGMATCH", "MONO",  "NOFALSE",   "ORPHAN",
      "PREFIX", "QUORUM",    "RATE",     "SMSAFE", "STEADY",   "VIEW",  "NODESTATE", "STATEHASH"};
  const std::string& what = breakpoint.what;
  if (breakpoint.kind == Kind::invariant) {
    if (what.empty() || std::ranges::find(invariants, what) != invariants.end()) return std::nullopt;
    return unknown("invariant", what, invariants);
  }
  if (what.empty()) return wrong("wants what to stop at; help shows how");
  if (breakpoint.kind == Kind::change && std::ranges::find(fields, what) == fields.end())
    return wrong(fmt::format("found \"{}\", wanted role, term, vote, leader, commit or last", what));
  if (breakpoint.kind != Kind::coverage) return std::nullopt;
  const search::Points points = search::points_of({});
  std::vector<std::string_view> known;
  for (const auto& point : points) known.push_back(point.first);
  const bool is_part = std::ranges::any_of(known, [&](std::string_view one) { return one.contains(what); });
  return is_part ? std::nullopt : std::optional(unknown("coverage point", what, known));
}

}  // namespace

std::string Session::help() {
  return "  step [N], s        N events on (1)          back [N], b      N events back (1)\n"
         "  goto EVENT|TIME    #1234, 1234 or 12.5s     run, r           to a breakpoint, a violation or the end\n"
         "  nodes              a line a node            messages [N] [NODE]   the last N events (20)\n"
         "  print NODE [json]  all of a node            print NODE TABLE [ID]   nodes, jobs, evals, allocs, "
         "deployments\n"
         "  diff NODE A [B]    what changed from A to B (here), each an event or a time\n"
         "  why [EVENT]        which event brought it about, back to the beginning of the chain\n"
         "  coverage           the points that were reached so far\n"
         "  break invariant [NAME] | coverage POINT | message TEXT [NODE] | change FIELD [NODE]\n"
         "                     FIELD: role, term, vote, leader, commit, last      breaks, delete [N]\n"
         "  fork [N] [SEED]    N other futures from here (20), and how many of them fall\n"
         "  branch SEED        go on from here with other choices\n"
         "  save FILE          this future, from the beginning to its end, as a replay file\n"
         "  help, quit\n";
}

Session::Session(const std::function<void(Channel)>& begin) {
  std::signal(SIGCHLD, SIG_IGN);  // moments end when nobody asks any more
  auto [mine, theirs] = Channel::pair();
  std::fflush(stdout);
  const pid_t child = ::fork();
  core::check(child >= 0, "a process may have children");
  if (child == 0) {
    mine.close();
    begin(std::move(theirs));
    ::_exit(0);
  }
  theirs.close();
  moments_.push_back({0, 0, std::move(mine)});
  begin_from(0);
}

std::string Session::where() const {
  return fmt::format("#{} at {}{}", at_.event, time_text(io_sim::TrueTime{at_.time_ns}), at_.over ? ", over" : "");
}

Frame Session::ask(const Channel& to, const std::string& request) {
  Frame lost;
  lost.over = true;
  lost.text = "the run's process is gone";
  if (!to.send({Frame::Kind::request, false, false, 0, 0, request})) return lost;
  for (;;) {
    Channel passed;
    auto frame = to.receive(&passed);
    if (!frame) return lost;
    if (frame->kind == Frame::Kind::answer) return *frame;
    keep({frame->event, frame->time_ns, std::move(passed)});
  }
}

Channel Session::wake(const Channel& moment) {
  Channel passed;
  if (moment.send({Frame::Kind::request, false, false, 0, 0, "wake"})) moment.receive(&passed);
  return passed;
}

void Session::keep(Moment moment) {
  const auto place = std::lower_bound(moments_.begin(), moments_.end(), moment.event,
                                      [](const Moment& one, std::uint64_t event) { return one.event < event; });
  if (place != moments_.end() && place->event == moment.event) return;
  moments_.insert(place, std::move(moment));
  if (moments_.size() <= most_moments) return;
  // Every second one goes, and new ones come half as often.
  std::vector<Moment> left;
  for (std::size_t i = 0; i < moments_.size(); i += 2) left.push_back(std::move(moments_[i]));
  moments_ = std::move(left);
  moments_every_ms_ *= 2;
}

void Session::begin_from(std::size_t moment) {
  here_ = wake(moments_[moment].channel);
  at_ = {};
  at_.event = moments_[moment].event;
  at_.time_ns = moments_[moment].time_ns;
}

Session::Outcome Session::run(Run run) {
  run.moments_every_ms = moments_every_ms_;
  at_ = ask(here_, encode(run));
  return {where() + (at_.text == "here" ? "" : ": " + at_.text) + "\n"};
}

Session::Outcome Session::go_to_event(std::uint64_t event) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < moments_.size(); ++i)
    if (moments_[i].event <= event) best = i;
  if (at_.event > event || moments_[best].event > at_.event) begin_from(best);
  if (at_.event == event) return {where() + "\n"};
  Run to;
  to.until_event = event;
  return run(to);
}

Session::Outcome Session::go_to_time(std::int64_t ns) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < moments_.size(); ++i)
    if (moments_[i].time_ns <= ns) best = i;
  if (at_.time_ns > ns || moments_[best].event > at_.event) begin_from(best);
  Run to;
  to.until_ns = ns;
  return run(to);
}

Session::Outcome Session::go_to(const Words& words) {
  if (words.size() != 2) return wrong("wants an event or a time: goto 1234, goto 12.5s");
  const std::string& word = words[1];
  if (const auto event = number(word.starts_with('#') ? word.substr(1) : word)) return go_to_event(*event);
  if (const auto time = core::describe::parse_duration(word); time && time->count() >= 0)
    return go_to_time(time->count());
  return wrong(fmt::format("found \"{}\", wanted an event or a time: goto 1234, goto 12.5s", word));
}

Session::Outcome Session::print(const Words& words) {
  if (words.size() < 2) return wrong("wants a node: print server-1");
  const bool in_json = words.back() == "json";
  const std::size_t count = words.size() - (in_json ? 1 : 0);
  const std::string request = count > 2 ? fmt::format("table {} {} {}", words[1], words[2], count > 3 ? words[3] : "")
                                        : fmt::format("state {}", words[1]);
  const std::string text = ask(here_, request).text;
  if (text.empty()) return no_node(words[1]);
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (!error && !in_json && value.is_object() && value.get_object().empty())
    return {fmt::format("{} has no {}{}\n", words[1], words[2],
                        count > 3 ? fmt::format(" whose id begins with \"{}\"", words[3]) : "")};
  if (error || value.is_null())
    return wrong(fmt::format("{} has no table \"{}\"; there are nodes, jobs, evals, allocs and deployments of servers",
                             words[1], count > 2 ? words[2] : ""));
  return {in_json ? boost::json::serialize(value) + "\n" : text_of(value)};
}

Session::Outcome Session::diff(const Words& words) {
  if (words.size() < 3) return wrong("wants a node and one or two instants: diff server-1 1200 1300");
  const std::uint64_t here = at_.event;
  boost::json::value states[2];
  std::string places[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Outcome gone = i + 2 < words.size() ? go_to({"goto", words[i + 2]}) : go_to_event(here);
    if (gone.wrong) return gone;
    const std::string text = ask(here_, "state " + words[1] + " whole").text;
    if (text.empty()) return no_node(words[1]);
    states[i] = boost::json::parse(text);
    places[i] = where();
  }
  go_to_event(here);
  const std::string found = difference(states[0], states[1]);
  return {fmt::format("{} from {} to {}:\n{}", words[1], places[0], places[1], found.empty() ? "the same\n" : found)};
}

Session::Outcome Session::set_breakpoint(const Words& words) {
  using Kind = Breakpoint::Kind;
  static constexpr std::string_view kinds[] = {"invariant", "coverage", "message", "change"};
  const auto* const kind = std::ranges::find(kinds, words.size() > 1 ? words[1] : "");
  if (kind == std::end(kinds)) return wrong("wants invariant, coverage, message or change; help shows how");
  Breakpoint one;
  one.kind = static_cast<Kind>(kind - kinds);
  Words rest(words.begin() + 2, words.end());
  if ((one.kind == Kind::message || one.kind == Kind::change) && rest.size() > 1) {
    const Words nodes = node_names();
    const std::string& last = rest.back();
    const bool is_node = std::ranges::find(nodes, last) != nodes.end();
    // The text of a message may have several words.
    if (!is_node && (one.kind == Kind::change || last.starts_with("server-") || last.starts_with("client-")))
      return unknown("node", last, {nodes.begin(), nodes.end()});
    if (is_node) {
      one.node = last;
      rest.pop_back();
    }
  }
  for (const std::string& word : rest) one.what += (one.what.empty() ? "" : " ") + word;
  if (auto refused = check(one)) return *refused;
  breakpoints_.push_back(std::move(one));
  return {breakpoints()};
}

Session::Words Session::node_names() {
  Words out;
  const std::string names = ask(here_, "names").text;
  for (std::size_t from = 0; from < names.size();) {
    const std::size_t end = names.find('\n', from);
    out.push_back(names.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

std::string Session::breakpoints() const {
  std::string out;
  for (std::size_t i = 0; i < breakpoints_.size(); ++i) out += fmt::format("{:>3} {}\n", i + 1, text(breakpoints_[i]));
  return out.empty() ? "no breakpoints\n" : out;
}

Session::Outcome Session::clear_breakpoint(const Words& words) {
  if (words.size() < 2) {
    breakpoints_.clear();
  } else {
    const auto which = number(words[1]);
    if (!which || *which == 0 || *which > breakpoints_.size())
      return wrong(fmt::format("there is no breakpoint \"{}\"", words[1]));
    breakpoints_.erase(breakpoints_.begin() + static_cast<std::ptrdiff_t>(*which - 1));
  }
  return {breakpoints()};
}

// One future after the other, each from the same instant: memory is for one only.
Session::Outcome Session::fork(const Words& words) {
  const auto count = words.size() > 1 ? number(words[1]) : 20;
  const auto seed = words.size() > 2 ? number(words[2]) : 1;
  if (!count || !seed || *count == 0 || *count > most_futures)
    return wrong(fmt::format("wants how many futures, at most {}, and a seed: fork 20 1", most_futures));
  if (at_.over) return wrong("the run is over: go back first");
  std::map<std::string, std::vector<std::uint64_t>> fallen;  // by the invariant that fell first, the seeds
  std::uint64_t held = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const Channel future = wake(here_);
    ask(future, fmt::format("branch {}", *seed + i));
    const Frame end = ask(future, encode(Run{}));
    if (end.fell)
      fallen[first_fallen(end.text)].push_back(*seed + i);
    else
      ++held;
  }
  std::string out = fmt::format("of {} other futures from here {} held, {} fell\n", *count, held, *count - held);
  for (const auto& [what, seeds] : fallen) {
    out += fmt::format("  {:>4}  {}  (branch {}", seeds.size(), what, seeds[0]);
    for (std::size_t i = 1; i < std::min<std::size_t>(seeds.size(), 5); ++i) out += fmt::format(", {}", seeds[i]);
    out += ")\n";
  }
  return {out};
}

Session::Outcome Session::branch(const Words& words) {
  const auto seed = words.size() > 1 ? number(words[1]) : std::nullopt;
  if (!seed) return wrong("wants a seed: branch 7");
  if (at_.over) return wrong("the run is over: go back first");
  ask(here_, fmt::format("branch {}", *seed));
  // What was kept of the other future is no more; this instant, with the new choices before it, takes its place.
  std::erase_if(moments_, [&](const Moment& one) { return one.event >= at_.event && one.event > 0; });
  Channel next = wake(here_);
  if (at_.event == 0) moments_.clear();
  moments_.push_back({at_.event, at_.time_ns, std::move(here_)});
  here_ = std::move(next);
  return {fmt::format("{}: what is drawn from here on comes from seed {}\n", where(), *seed)};
}

// The run goes on to its end elsewhere: one stays where one is.
Session::Outcome Session::save(const Words& words) {
  if (words.size() != 2) return wrong("wants a file: save other.replay");
  const std::string& path = words[1];
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return wrong(fmt::format("found a file at {}, wanted a new one", path));
  const Channel future = wake(here_);
  Frame end = at_.over ? at_ : ask(future, encode(Run{}));
  if (!end.over) end = ask(future, encode(Run{}));  // it stopped once where an invariant fell
  const std::string told = ask(future, "file").text;
  if (!told.starts_with("file ")) return wrong(told.starts_with("error ") ? told.substr(6) : told);
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  out << std::string_view(told).substr(5);
  out.close();
  if (!out) {
    const int error = errno;
    std::filesystem::remove(path, ignored);
    return wrong(fmt::format("cannot write {}: {}", path, std::strerror(error)));
  }
  return {fmt::format("{}: {}\n", path, end.fell ? first_fallen(end.text) + " falls" : "it holds")};
}

Session::Outcome Session::messages(const Words& words) {
  const auto count = words.size() > 1 ? number(words[1]) : 20;
  if (!count) return wrong(fmt::format("found \"{}\", wanted how many", words[1]));
  if (words.size() > 2) {
    const Words nodes = node_names();
    if (std::ranges::find(nodes, words[2]) == nodes.end())
      return unknown("node", words[2], {nodes.begin(), nodes.end()});
  }
  const std::string text = ask(here_, fmt::format("messages {} {}", *count, words.size() > 2 ? words[2] : "")).text;
  return {text.empty() ? "none yet\n" : text};
}

Session::Outcome Session::carry_out(const std::string& line) {
  const Words words = debug::words(line);
  if (words.empty()) return {};
  const std::string& verb = words[0];
  const auto count = words.size() > 1 ? number(words[1]) : 1;
  if (verb == "quit" || verb == "q" || verb == "exit") return {"", false, true};
  if (verb == "help" || verb == "h" || verb == "?") return {help()};
  if (verb == "step" || verb == "s" || verb == "back" || verb == "b") {
    if (!count) return wrong(fmt::format("found \"{}\", wanted how many events", words[1]));
    if (verb[0] == 's') return go_to_event(at_.event + *count);
    return go_to_event(at_.event - std::min(*count, at_.event));
  }
  if (verb == "goto" || verb == "g") return go_to(words);
  if (verb == "run" || verb == "r" || verb == "continue" || verb == "c") {
    Run to;
    to.breakpoints = breakpoints_;
    return run(to);
  }
  if (verb == "print" || verb == "p") return print(words);
  if (verb == "diff") return diff(words);
  if (verb == "break") return set_breakpoint(words);
  if (verb == "breaks") return {breakpoints()};
  if (verb == "delete") return clear_breakpoint(words);
  if (verb == "fork") return fork(words);
  if (verb == "branch") return branch(words);
  if (verb == "save") return save(words);
  if (verb == "messages" || verb == "m") return messages(words);
  if (verb == "why") {
    const std::string event = words.size() > 1 ? words[1].substr(words[1].starts_with('#') ? 1 : 0) : "";
    if (words.size() > 1 && !number(event)) return wrong(fmt::format("found \"{}\", wanted an event", words[1]));
    const std::string chain = ask(here_, "why " + event).text;
    return chain.empty() ? wrong("no such event has happened yet") : Outcome{chain};
  }
  if (verb == "nodes" || verb == "coverage") {
    const std::string text = ask(here_, verb).text;
    return {text.empty() ? "none yet\n" : text};
  }
  return wrong(fmt::format("there is no command \"{}\"; help lists them", verb));
}

}  // namespace simulator::debug
