#include "core/api/call.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "core/server/evaluations.hpp"
#include "core/state/watch.hpp"

namespace core::api {
namespace json = boost::json;
namespace {

constexpr int jitter_fraction = 16;
constexpr std::size_t uuid_length = 36;

void write_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const std::string inner((depth + 1) * 4, ' ');
  const std::string outer(depth * 4, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [key, held] : *object) {
      if (!std::exchange(first, false)) out += ",\n";
      out += inner + json::serialize(json::string(key)) + ": ";
      write_pretty(out, held, depth + 1);
    }
    out += "\n" + outer + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[\n";
    bool first = true;
    for (const json::value& held : *array) {
      if (!std::exchange(first, false)) out += ",\n";
      out += inner;
      write_pretty(out, held, depth + 1);
    }
    out += "\n" + outer + "]";
  } else {
    out += json::serialize(value);
  }
}

// Spreads out those who wait for the same thing. The same request draws the same, however often it is asked again.
Duration jitter(const Call& call) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  };
  mix(call.view.node_name());
  mix(call.request.target);
  Rng rng(hash ^ static_cast<std::uint64_t>(call.first_asked.ns));
  const Duration most = call.wait / jitter_fraction;
  return most > Duration{} ? rng.between(Duration{}, most) : Duration{};
}

Answer bad_json(std::string_view body, std::size_t at, const std::string& why) {
  const std::string_view before = body.substr(0, std::min(at, body.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return failure(400, fmt::format("invalid JSON at line {}, column {}: {}", line, column, why));
}

Answer wrong_member(std::string_view name, std::string_view wanted) {
  return failure(400, fmt::format("{}: wanted {}", name, wanted));
}

}  // namespace

Answer failure(std::uint16_t status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

std::string json_text(const json::value& value, bool pretty) {
  if (!pretty) return json::serialize(value);
  std::string out;
  write_pretty(out, value, 0);
  return out + "\n";
}

Answer json_answer(const json::value& value, bool pretty, std::uint16_t status) {
  return {status, {{"Content-Type", "application/json"}}, json_text(value, pretty)};
}

Answer written(json::object body, std::uint64_t index, bool pretty) {
  body["Index"] = index;
  body["LastContact"] = 0;
  body["KnownLeader"] = true;
  body["NextToken"] = "";
  Answer out = json_answer(body, pretty);
  out.headers["X-Nomad-Index"] = std::to_string(index);
  return out;
}

bool knows_leader(const View& view) { return view.is_leader() || !view.leader_address().empty(); }

std::int64_t last_contact_ms(const View& view) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(view.last_contact()).count();
}

void add_query_headers(const Call& call, std::uint64_t index, Answer& answer) {
  answer.headers["X-Nomad-Index"] = std::to_string(std::max<std::uint64_t>(1, index));
  answer.headers["X-Nomad-KnownLeader"] = knows_leader(call.view) ? "true" : "false";
  answer.headers["X-Nomad-LastContact"] = std::to_string(last_contact_ms(call.view));
}

state::Touched prefix(state::Touched touched) {
  touched.key += '*';
  return touched;
}

state::Touched everything(state::Table table) { return prefix(state::watch::all(table)); }

Outcome read(const Call& call, std::uint64_t index, std::vector<state::Touched> on,
             const std::function<Answer()>& make) {
  if (call.min_index > 0 && index <= call.min_index && !call.timed_out) {
    const Instant until = call.first_asked + call.wait + jitter(call);
    if (call.now.instant < until) return Wait{std::move(on), until};
  }
  Answer out = make();
  add_query_headers(call, index, out);
  return out;
}

std::expected<json::object, Answer> body_object(const Request& request, bool may_be_empty) {
  const std::string& body = request.body;
  if (body.size() > max_body_bytes)
    return std::unexpected(failure(413, fmt::format("request body is larger than {} bytes", max_body_bytes)));
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    if (may_be_empty) return json::object{};
    return std::unexpected(failure(400, "EOF"));
  }
  json::parse_options options;
  options.max_depth = max_body_depth;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  // What follows the first value is not read, as Go's decoder leaves it.
  const std::size_t taken = parser.write_some(body, error);
  if (error) return std::unexpected(bad_json(body, taken, error.message()));
  parser.finish(error);
  if (error) return std::unexpected(failure(400, "unexpected EOF"));
  json::value value = parser.release();
  if (value.is_null()) return json::object{};
  if (!value.is_object()) return std::unexpected(failure(400, "request body must be a JSON object"));
  return std::move(value.get_object());
}

const json::value* member(const json::object& object, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const auto& [key, value] : object) {
    if (key.size() != name.size()) continue;
    if (std::equal(key.begin(), key.end(), name.begin(), [&](char a, char b) { return lower(a) == lower(b); }))
      return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

std::expected<std::string, Answer> text_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  if (value == nullptr) return std::string{};
  if (!value->is_string()) return std::unexpected(wrong_member(name, "a string"));
  return std::string(value->get_string());
}

std::expected<bool, Answer> bool_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return std::unexpected(wrong_member(name, "true or false"));
  return value->get_bool();
}

std::expected<std::int64_t, Answer> number_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  if (value == nullptr) return 0;
  if (!value->is_int64()) return std::unexpected(wrong_member(name, "a whole number"));
  return value->get_int64();
}

std::optional<Answer> bad_uuid(std::string_view what, std::string_view id) {
  if (id.size() == uuid_length) return std::nullopt;
  return failure(500, fmt::format("{} lookup failed: index error: UUID must be 36 characters", what));
}

model::Evaluation new_eval(Call& call, const model::Job& job, model::EvalTrigger trigger) {
  return server::evaluation_of(job, trigger, call.now, call.rng);
}

std::expected<Page, Answer> Page::of(const Call& call) {
  if (call.query.has("filter")) return std::unexpected(failure(400, "filtering is not supported"));
  const auto per_page = call.query.number("per_page", 0);
  if (!per_page)
    return std::unexpected(failure(400, fmt::format("Could not parse per_page value \"{}\"", per_page.error())));
  Page out;
  out.per_page_ = *per_page;
  out.next_token_ = call.query.get("next_token");
  out.reverse_ = call.query.flag("reverse");
  return out;
}

// Pages go on where a row of the token's place would stand, so a row that has gone since loses nothing.
std::string Page::token_of(const Entry& entry) const {
  return reverse_ ? fmt::format("{:020}.{}", entry.create_index, entry.key) : entry.key;
}

Answer Page::answer(const Call& call) {
  if (reverse_)
    std::sort(entries_.begin(), entries_.end(),
              [this](const Entry& a, const Entry& b) { return token_of(a) > token_of(b); });
  auto at = entries_.begin();
  if (!next_token_.empty())
    at = std::find_if(at, entries_.end(), [this](const Entry& entry) {
      const std::string token = token_of(entry);
      return reverse_ ? token <= next_token_ : token >= next_token_;
    });
  json::array shown;
  for (; at != entries_.end() && (per_page_ == 0 || shown.size() < per_page_); ++at) shown.push_back(at->make());
  Answer out = json_answer(call, shown);
  if (at != entries_.end()) out.headers["X-Nomad-NextToken"] = token_of(*at);
  return out;
}

}  // namespace core::api
