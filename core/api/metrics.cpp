// Metrics: what this agent knows of itself, as gauges in go-metrics' JSON or Prometheus' text (http-api.md §6).
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/describe/text.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

struct Gauge {
  std::string name;  // "nomad.raft.term"
  std::map<std::string, std::string> labels;
  double value = 0;
};

// A plain number, or a duration in milliseconds, as Nomad measures.
std::optional<double> number_of(const std::string& text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  if (error == std::errc{} && stopped == end) return out;
  if (const auto duration = describe::parse_duration(text)) return static_cast<double>(duration->count()) / 1e6;
  return std::nullopt;
}

// agent-info's sections are Nomad's metric families, but for the server's own, which stand under nomad.nomad.
std::string family(const std::string& section) {
  for (const std::string_view of_server : {"broker", "blocked_evals", "plan", "heartbeat", "worker"})
    if (section == of_server) return "nomad.nomad." + section;
  return "nomad." + section;
}

void add_job_gauges(const state::State& state, const std::string& host, std::vector<Gauge>& out) {
  std::map<std::string, std::uint64_t> by_status{{"pending", 0}, {"running", 0}, {"dead", 0}};
  state.jobs("*", "", [&](const auto& job) {
    ++by_status[describe::text_of(job->status)];
    const auto summary = state.job_summary(job->namespace_, job->id);
    if (summary == nullptr) return true;
    for (const auto& [group, count] : summary->summary) {
      const std::map<std::string, std::string> labels{
          {"host", host}, {"namespace", job->namespace_}, {"job", job->id}, {"task_group", group}};
      const auto add = [&](const char* name, std::int32_t value) {
        out.push_back({std::string("nomad.nomad.job_summary.") + name, labels, static_cast<double>(value)});
      };
      add("queued", count.queued);
      add("complete", count.complete);
      add("failed", count.failed);
      add("running", count.running);
      add("starting", count.starting);
      add("lost", count.lost);
      add("unknown", count.unknown);
    }
    return true;
  });
  for (const auto& [status, count] : by_status)
    out.push_back({"nomad.nomad.job_status." + status, {{"host", host}}, static_cast<double>(count)});
}

std::vector<Gauge> gauges_of(const View& view) {
  std::vector<Gauge> out;
  const std::string host = view.node_name();
  for (const auto& [section, values] : view.stats())
    for (const auto& [name, text] : values)
      if (const auto value = number_of(text)) out.push_back({family(section) + "." + name, {{"host", host}}, *value});
  if (view.is_server() && view.state() != nullptr) {
    out.push_back({"nomad.raft.appliedIndex", {{"host", host}}, static_cast<double>(view.state()->index())});
    if (view.is_leader()) {
      const AutopilotHealth health = view.autopilot_health();
      out.push_back({"nomad.autopilot.healthy", {{"host", host}}, health.healthy ? 1.0 : 0.0});
      out.push_back(
          {"nomad.autopilot.failure_tolerance", {{"host", host}}, static_cast<double>(health.failure_tolerance)});
    }
  }
  // As in Nomad, only the leader tells of jobs: else each would be counted once a server.
  if (view.state() != nullptr && view.is_leader()) add_job_gauges(*view.state(), host, out);
  return out;
}

std::string prometheus_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!fits) c = '_';
  }
  return out;
}

std::string prometheus_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

Answer prometheus(const std::vector<Gauge>& gauges, const View& view) {
  // All lines of a metric stand together, under one heading.
  std::map<std::string, std::string> lines;
  for (const Gauge& gauge : gauges) {
    std::string labels;
    for (const auto& [name, value] : gauge.labels)
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", name, prometheus_value(value));
    const std::string name = prometheus_name(gauge.name);
    lines[name] += fmt::format("{}{{{}}} {}\n", name, labels, gauge.value);
  }
  std::string body;
  for (const auto& [name, text] : lines) body += fmt::format("# HELP {0} {0}\n# TYPE {0} gauge\n{1}", name, text);
  for (const auto& [counter, count] : view.counters())
    body += fmt::format("# HELP {0} {0}\n# TYPE {0} counter\n{0}{{host=\"{1}\"}} {2}\n", prometheus_name(counter),
                        prometheus_value(view.node_name()), count);
  return {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, std::move(body)};
}

// "2026-11-22 12:16:20 +0000 UTC", the second that the figures are of.
std::string timestamp(WallTime time) {
  if (time.is_set()) time.unix_ns -= time.unix_ns % 1'000'000'000;
  std::string text = describe::wall_time_text(time);
  if (const auto t = text.find('T'); t != std::string::npos) text[t] = ' ';
  if (text.ends_with('Z')) text.pop_back();
  return text + " +0000 UTC";
}

}  // namespace

Outcome metrics(Call& call) {
  const auto gauges = gauges_of(call.view);
  if (call.query.get("format") == "prometheus") return prometheus(gauges, call.view);
  json::array shown;
  for (const Gauge& gauge : gauges) {
    json::object labels;
    for (const auto& [name, value] : gauge.labels) labels[name] = value;
    shown.push_back(json::object{{"Name", gauge.name}, {"Value", gauge.value}, {"Labels", std::move(labels)}});
  }
  json::array counters;
  for (const auto& [name, count] : call.view.counters())
    counters.push_back(json::object{
        {"Name", name}, {"Count", count}, {"Sum", count}, {"Labels", json::object{{"host", call.view.node_name()}}}});
  return json_answer(call, json::object{{"Timestamp", timestamp(call.now.wall)},
                                        {"Gauges", std::move(shown)},
                                        {"Points", json::array{}},
                                        {"Counters", std::move(counters)},
                                        {"Samples", json::array{}}});
}

}  // namespace core::api
