#include "simulator/report/page.hpp"

#include <vector>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "simulator/report/packed.hpp"
#include "simulator/report/page/source.hpp"

namespace simulator::report {
namespace {

namespace json = boost::json;

constexpr int format_version = 1;

std::int64_t us(TrueTime at) { return at.ns / 1000; }

json::object messages_of(const Timeline& timeline) {
  Packed sent, took, from, to, kind, more;
  // A kind's numbers stand together: they grow slowly, and so are short.
  std::vector<std::vector<Packed>> fields;
  for (const MessageKind& one : timeline.kinds) fields.emplace_back(one.fields.size());
  for (const Message& message : timeline.messages) {
    sent.add(us(message.sent));
    took.add(message.received == TrueTime::never() ? -1 : us(message.received) - us(message.sent));
    from.add(message.from);
    to.add(message.to);
    kind.add(message.label.kind);
    more.add(message.label.more);
    std::vector<Packed>& of_kind = fields[message.label.kind];
    for (std::size_t i = 0; i < of_kind.size(); ++i) of_kind[i].add(static_cast<std::int64_t>(message.label.fields[i]));
  }
  json::object out{{"sent", sent.text()}, {"took", took.text()}, {"from", from.text()},
                   {"to", to.text()},     {"kind", kind.text()}, {"more", more.text()}};
  json::array numbers;
  for (const std::vector<Packed>& of_kind : fields) {
    json::array rows;
    for (const Packed& row : of_kind) rows.push_back(json::string(row.text()));
    numbers.push_back(std::move(rows));
  }
  out["numbers"] = std::move(numbers);
  return out;
}

json::object parts_of(const Timeline& timeline) {
  Packed at, server, what, term;
  for (const Part& part : timeline.parts) {
    at.add(us(part.from));
    server.add(part.server);
    what.add(static_cast<std::int64_t>(part.what));
    term.add(static_cast<std::int64_t>(part.term));
  }
  return {{"at", at.text()}, {"server", server.text()}, {"what", what.text()}, {"term", term.text()}};
}

json::object progress_of(const Timeline& timeline) {
  Packed at, server, last, commit;
  for (const Progress& progress : timeline.progress) {
    at.add(us(progress.at));
    server.add(progress.server);
    last.add(static_cast<std::int64_t>(progress.last));
    commit.add(static_cast<std::int64_t>(progress.commit));
  }
  return {{"at", at.text()}, {"server", server.text()}, {"last", last.text()}, {"commit", commit.text()}};
}

json::array bands_of(const Timeline& timeline) {
  static constexpr const char* names[] = {"cut", "paused", "loss"};
  json::array out;
  for (const Band& band : timeline.bands)
    out.push_back(json::object{{"from", us(band.from)},
                               {"to", us(band.to)},
                               {"node", band.node == Band::everywhere ? -1 : static_cast<std::int64_t>(band.node)},
                               {"what", names[static_cast<std::size_t>(band.what)]},
                               {"text", band.text}});
  return out;
}

json::array causes_of(const Timeline& timeline) {
  static constexpr const char* edges[] = {"none", "message", "disk", "computation", "task", "timer", "earlier"};
  json::array out;
  for (const CauseChain& chain : timeline.causes) {
    json::array steps;
    for (const CauseStep& step : chain.steps)
      steps.push_back(json::object{{"event", step.event},
                                   {"at", us(step.at)},
                                   {"node", step.node},
                                   {"what", step.what},
                                   {"change", step.change},
                                   {"edge", edges[static_cast<std::size_t>(step.edge)]},
                                   {"sent", us(step.sent)},
                                   {"from", step.from}});
    out.push_back(json::object{{"title", chain.title}, {"steps", std::move(steps)}});
  }
  return out;
}

json::array facts_of(const SeedOutcome& seed) {
  const double seconds = static_cast<double>(seed.virtual_time.count()) / 1e9;
  json::array out;
  const auto fact = [&](std::string name, std::string value) { out.push_back(json::array{name, value}); };
  if (!seed.seed.empty()) fact("seed", seed.seed);
  fact("trace", fmt::format("{:016x}", seed.trace_hash));
  fact("events", fmt::format("{}", seed.events));
  fact("virtual time", fmt::format("{:.1f} s", seconds));
  fact("servers", fmt::format("{}", seed.servers));
  fact("clients", fmt::format("{}", seed.clients));
  return out;
}

json::object run_of(const Timeline& timeline, const ScenarioOutcome& scenario, const SeedOutcome& seed) {
  json::object out;
  out["format"] = format_version;
  out["scenario"] = {{"name", scenario.name}, {"file", scenario.file}, {"about", scenario.about}};
  out["seed"] = seed.seed;
  out["trace"] = fmt::format("{:016x}", seed.trace_hash);
  out["verdict"] = seed.how == SeedOutcome::How::held ? "held" : "fell";
  out["replay"] = seed.replay;
  out["end"] = us(timeline.end);
  json::array violations;
  for (const Failure& failure : seed.failures)
    violations.push_back(
        json::object{{"invariant", failure.invariant}, {"at", failure.at.count() / 1000}, {"what", failure.what}});
  out["violations"] = std::move(violations);
  out["facts"] = facts_of(seed);
  json::array coverage;
  for (const auto& [point, count] : scenario.coverage) coverage.push_back(json::array{point, count});
  out["coverage"] = std::move(coverage);
  out["nodes"] = json::array(timeline.nodes.begin(), timeline.nodes.end());
  out["servers"] = json::array(timeline.servers.begin(), timeline.servers.end());
  out["regions"] = json::array(timeline.regions.begin(), timeline.regions.end());
  json::array kinds, family_names, seen, kept;
  for (const MessageKind& kind : timeline.kinds)
    kinds.push_back(json::object{{"name", kind.name},
                                 {"family", static_cast<std::int64_t>(kind.family)},
                                 {"fields", json::array(kind.fields.begin(), kind.fields.end())}});
  for (std::size_t i = 0; i < families; ++i) {
    family_names.push_back(json::string(name(static_cast<Family>(i))));
    seen.push_back(timeline.messages_seen[i]);
    kept.push_back(timeline.messages_kept[i]);
  }
  out["kinds"] = std::move(kinds);
  out["families"] = std::move(family_names);
  out["seen"] = std::move(seen);
  out["kept"] = std::move(kept);
  out["messages"] = messages_of(timeline);
  out["parts"] = parts_of(timeline);
  out["progress"] = progress_of(timeline);
  out["bands"] = bands_of(timeline);
  json::array story;
  for (const StoryLine& line : timeline.story) story.push_back(json::array{us(line.at), line.text});
  out["story"] = std::move(story);
  out["every"] = timeline.sampled_every.count() / 1000;
  json::array curves, groups;
  for (const Curve& curve : timeline.curves)
    curves.push_back(json::object{{"name", curve.name}, {"values", packed(curve.values)}});
  for (const Group& group : timeline.groups)
    groups.push_back(json::object{{"name", group.name},
                                  {"first", group.first},
                                  {"count", group.count},
                                  {"up", packed(group.up)},
                                  {"cut", packed(group.cut)},
                                  {"tasks", packed(group.tasks)}});
  out["curves"] = std::move(curves);
  out["groups"] = std::move(groups);
  out["causes"] = causes_of(timeline);
  out["left_out"] = json::array(timeline.left_out.begin(), timeline.left_out.end());
  return out;
}

// JSON within a <script>: nothing in it may look like the script's end, or like a comment's beginning.
std::string within_script(std::string text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

// Everything of the page is ours but the run, which goes in last, so that nothing in it is taken for a place.
std::string filled(std::string_view page, std::string_view place, std::string_view with) {
  const auto found = page.find(place);
  std::string out(page.substr(0, found));
  out += with;
  out += page.substr(found + place.size());
  return out;
}

}  // namespace

std::string html_page(const Timeline& timeline, const ScenarioOutcome& scenario, const SeedOutcome& seed) {
  std::string page = filled(page_html(), "{{style}}", page_css());
  page = filled(page, "{{script}}", page_js());
  return filled(page, "{{data}}", within_script(json::serialize(run_of(timeline, scenario, seed))));
}

}  // namespace simulator::report
