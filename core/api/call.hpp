// One request on its way to an outcome, and what every route does with it. The folder's own.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "core/api/api.hpp"
#include "core/api/query.hpp"
#include "core/model/evaluation.hpp"

namespace core::api {

inline constexpr std::size_t max_body_bytes = 32 * 1024 * 1024;
inline constexpr std::size_t max_body_depth = 64;

struct Call {
  const View& view;
  const Request& request;
  const Query& query;
  std::string id;  // what stands for ":id" in the path
  Now now;
  Instant first_asked;
  bool timed_out;
  Rng& rng;
  // Of a blocking query: answer only when there is something newer than `min_index`.
  std::uint64_t min_index = 0;
  Duration wait = default_wait;

  /// Only in routes that the router lets through on a server.
  const state::State& state() const { return *view.state(); }
  std::string namespace_() const { return query.namespace_or_default(); }
};

/// JSON text; with four blanks a level when `pretty`, as Nomad indents.
std::string json_text(const boost::json::value& value, bool pretty);
Answer json_answer(const boost::json::value& value, bool pretty, std::uint16_t status = 200);
inline Answer json_answer(const Call& call, const boost::json::value& value, std::uint16_t status = 200) {
  return json_answer(value, call.query.pretty(), status);
}
/// The answer to a write that was carried out at `index`.
Answer written(boost::json::object body, std::uint64_t index, bool pretty);

/// X-Nomad-Index (never 0), X-Nomad-KnownLeader, X-Nomad-LastContact.
void add_query_headers(const Call& call, std::uint64_t index, Answer& answer);
bool knows_leader(const View& view);
std::int64_t last_contact_ms(const View& view);

/// A read of state whose result last changed at `index`: made now, or waited for until a row of `on` changes.
Outcome read(const Call& call, std::uint64_t index, std::vector<state::Touched> on,
             const std::function<Answer()>& make);
/// The same key as a prefix, as the agent understands it.
state::Touched prefix(state::Touched touched);
state::Touched everything(state::Table table);

/// The body as a JSON object; an empty body is an empty object where `may_be_empty`.
std::expected<boost::json::object, Answer> body_object(const Request& request, bool may_be_empty = false);
/// A member of an object, its name in any case, as Go's decoder takes it; null when there is none.
const boost::json::value* member(const boost::json::object& object, std::string_view name);
/// Members of the kinds one hopes for; an error names the member.
std::expected<std::string, Answer> text_member(const boost::json::object& object, std::string_view name);
std::expected<bool, Answer> bool_member(const boost::json::object& object, std::string_view name);
std::expected<std::int64_t, Answer> number_member(const boost::json::object& object, std::string_view name);

/// The error for an id that is no UUID and names nothing: "node lookup failed: index error: ...".
std::optional<Answer> bad_uuid(std::string_view what, std::string_view id);

/// A new evaluation, pending, with an id of its own.
model::Evaluation new_eval(Call& call, const model::Job& job, model::EvalTrigger trigger);

/// One page of a list. Give it every row in order, then ask for what is shown.
class Page {
 public:
  struct Entry {
    std::string key;
    std::uint64_t create_index = 0;
    std::function<boost::json::value()> make;
  };

  /// An answer when the parameters make no sense, or ask for what there is not ("filter").
  static std::expected<Page, Answer> of(const Call& call);
  void add(std::string key, std::uint64_t create_index, std::function<boost::json::value()> make) {
    entries_.push_back({std::move(key), create_index, std::move(make)});
  }
  /// The list as JSON, with the header that says where the next page begins.
  Answer answer(const Call& call);

 private:
  std::string token_of(const Entry& entry) const;
  std::vector<Entry> entries_;
  std::uint64_t per_page_ = 0;  // 0: all
  std::string next_token_;
  bool reverse_ = false;
};

}  // namespace core::api
