// Metrics: what this agent knows of itself, in go-metrics' JSON or Prometheus' text (http-api.md §6).
//
// Counters and samples are of the agent's whole life: nobody here keeps intervals, as go-metrics does of ten seconds.
// So is Rate; what it was lately is for the reader to make of two readings, as Prometheus does.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/describe/text.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
using Kind = Metric::Kind;

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

Metric gauge(std::string name, std::map<std::string, std::string> labels, double value) {
  return {Kind::gauge, std::move(name), std::move(labels), 1, value, value, value};
}

void add_job_gauges(const state::State& state, const std::string& host, std::vector<Metric>& out) {
  std::map<std::string, std::uint64_t> by_status{{"pending", 0}, {"running", 0}, {"dead", 0}};
  state.jobs("*", "", [&](const auto& job) {
    ++by_status[describe::text_of(job->status)];
    const auto summary = state.job_summary(job->namespace_, job->id);
    if (summary == nullptr) return true;
    for (const auto& [group, count] : summary->summary) {
      const std::map<std::string, std::string> labels{
          {"host", host}, {"namespace", job->namespace_}, {"job", job->id}, {"task_group", group}};
      const auto add = [&](const char* name, std::int32_t value) {
        out.push_back(gauge(std::string("nomad.nomad.job_summary.") + name, labels, static_cast<double>(value)));
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
    out.push_back(gauge("nomad.nomad.job_status." + status, {{"host", host}}, static_cast<double>(count)));
}

std::vector<Metric> metrics_of(const View& view) {
  std::vector<Metric> out;
  const std::string host = view.node_name();
  for (const auto& [section, values] : view.stats())
    for (const auto& [name, text] : values)
      if (const auto value = number_of(text))
        out.push_back(gauge(family(section) + "." + name, {{"host", host}}, *value));
  for (Metric& metric : view.metrics()) {
    metric.name.insert(0, "nomad.");
    metric.labels["host"] = host;
    out.push_back(std::move(metric));
  }
  if (view.is_server() && view.state() != nullptr) {
    out.push_back(gauge("nomad.state.snapshotIndex", {{"host", host}}, static_cast<double>(view.state()->index())));
    if (view.is_leader()) {
      const AutopilotHealth health = view.autopilot_health();
      out.push_back(gauge("nomad.autopilot.healthy", {{"host", host}}, health.healthy ? 1.0 : 0.0));
      out.push_back(
          gauge("nomad.autopilot.failure_tolerance", {{"host", host}}, static_cast<double>(health.failure_tolerance)));
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

const char* type_of(Kind kind) {
  switch (kind) {
    case Kind::gauge:
      return "gauge";
    case Kind::counter:
      return "counter";
    case Kind::sample:
      break;
  }
  return "summary";
}

Answer prometheus(const std::vector<Metric>& metrics) {
  // All lines of a metric stand together, under one heading.
  std::map<std::string, std::string> lines;
  std::map<std::string, Kind> kinds;
  for (const Metric& metric : metrics) {
    std::string labels;
    for (const auto& [name, value] : metric.labels)
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", name, prometheus_value(value));
    const std::string name = prometheus_name(metric.name);
    kinds[name] = metric.kind;
    if (metric.kind == Kind::sample)
      lines[name] += fmt::format("{0}_sum{{{1}}} {2}\n{0}_count{{{1}}} {3}\n", name, labels, metric.sum, metric.count);
    else
      lines[name] += fmt::format("{}{{{}}} {}\n", name, labels, metric.sum);
  }
  std::string body;
  for (const auto& [name, text] : lines)
    body += fmt::format("# HELP {0} {0}\n# TYPE {0} {1}\n{2}", name, type_of(kinds[name]), text);
  return {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, std::move(body)};
}

// Of a sample, as go-metrics estimates it.
double deviation(const Metric& metric) {
  if (metric.count < 2) return 0;
  const double n = static_cast<double>(metric.count);
  return std::sqrt(std::max(0.0, (n * metric.squares - metric.sum * metric.sum) / (n * (n - 1))));
}

json::object shown(const Metric& metric, Duration age) {
  json::object labels;
  for (const auto& [name, value] : metric.labels) labels[name] = value;
  if (metric.kind == Kind::gauge) return {{"Name", metric.name}, {"Value", metric.sum}, {"Labels", std::move(labels)}};
  const double mean = metric.count == 0 ? 0 : metric.sum / static_cast<double>(metric.count);
  const double rate = age <= Duration{} ? 0 : metric.sum / std::chrono::duration<double>(age).count();
  return {{"Name", metric.name}, {"Count", metric.count},       {"Rate", rate},
          {"Sum", metric.sum},   {"Min", metric.least},         {"Max", metric.most},
          {"Mean", mean},        {"Stddev", deviation(metric)}, {"Labels", std::move(labels)}};
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
  const auto all = metrics_of(call.view);
  if (call.query.get("format") == "prometheus") return prometheus(all);
  json::array gauges, counters, samples;
  for (const Metric& metric : all) {
    json::array& family = metric.kind == Kind::gauge ? gauges : metric.kind == Kind::counter ? counters : samples;
    family.push_back(shown(metric, call.view.age()));
  }
  return json_answer(call, json::object{{"Timestamp", timestamp(call.now.wall)},
                                        {"Gauges", std::move(gauges)},
                                        {"Points", json::array{}},
                                        {"Counters", std::move(counters)},
                                        {"Samples", std::move(samples)}});
}

}  // namespace core::api
