#include "agent/cli/api.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "agent/cli/columns.hpp"
#include "core/describe/json.hpp"

namespace agent::cli {
namespace {

std::expected<Json, ApiError> decoded(std::expected<std::string, ApiError> body) {
  if (!body) return std::unexpected(std::move(body.error()));
  if (trimmed(*body).empty()) return Json();
  auto value = parse_json(*body);
  if (!value) return std::unexpected(ApiError{200, "failed to decode the answer: " + value.error()});
  return std::move(*value);
}

/// "Get", "Put": as Go's client names methods in errors.
std::string spoken(std::string_view method) {
  std::string out(method);
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = static_cast<char>(out[i] - 'A' + 'a');
  return out;
}

}  // namespace

std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::expected<Json, std::string> parse_json(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, {.max_depth = 100});
  if (error) return std::unexpected(error.message());
  return value;
}

std::expected<Json, ApiError> Api::get(std::string_view path, const Query& query) {
  return decoded(call("GET", path, query, nullptr, nullptr));
}
std::expected<Json, ApiError> Api::get_any(std::string_view path, std::initializer_list<std::uint16_t> statuses) {
  return decoded(call("GET", path, {}, nullptr, nullptr, statuses));
}
std::expected<Json, ApiError> Api::put(std::string_view path, const Query& query, const Json* body) {
  return decoded(call("PUT", path, query, body, nullptr));
}
std::expected<Json, ApiError> Api::put_bytes(std::string_view path, std::string body) {
  return decoded(call("PUT", path, {}, nullptr, nullptr, {}, &body));
}
std::expected<Json, ApiError> Api::remove(std::string_view path, const Query& query) {
  return decoded(call("DELETE", path, query, nullptr, nullptr));
}
std::expected<std::string, ApiError> Api::bytes(std::string_view path, const Query& query) {
  return call("GET", path, query, nullptr, nullptr);
}

std::expected<void, ApiError> Api::stream(std::string_view path, const Query& query,
                                          std::function<bool(std::string_view)> on_chunk) {
  auto body = call("GET", path, query, nullptr, std::move(on_chunk));
  if (!body) return std::unexpected(std::move(body.error()));
  return {};
}

std::expected<std::string, ApiError> Api::call(std::string_view method, std::string_view path, const Query& query,
                                               const Json* body, std::function<bool(std::string_view)> on_chunk,
                                               std::initializer_list<std::uint16_t> statuses, std::string* raw) {
  Query all = query;
  if (!options_.region.empty()) all.try_emplace("region", options_.region);
  if (!options_.name_space.empty()) all.try_emplace("namespace", options_.name_space);
  std::string url = options_.address;
  if (url.ends_with('/')) url.pop_back();
  url += path;
  char separator = '?';
  for (const auto& [name, value] : all) {
    url += separator + name + '=' + url_escaped(value);
    separator = '&';
  }
  io_real::net::http::HttpCall http{.method = std::string(method), .url = url};
  http.timeout = options_.patience;
  if (!options_.token.empty()) http.headers["X-Nomad-Token"] = options_.token;
  if (!options_.basic_auth.empty()) {
    http.headers["Authorization"] = "Basic " + core::describe::to_base64(options_.basic_auth);
  }
  if (body) {
    http.headers["Content-Type"] = "application/json";
    http.body = boost::json::serialize(*body);
  }
  if (raw) {
    http.headers["Content-Type"] = "application/octet-stream";
    http.body = std::move(*raw);
  }
  http.on_chunk = std::move(on_chunk);
  auto answer = io_.http(http);
  if (!answer) {
    return std::unexpected(ApiError{0, fmt::format("{} \"{}\": {}", spoken(method), url, answer.error())});
  }
  if (answer->status != 200 && std::find(statuses.begin(), statuses.end(), answer->status) == statuses.end()) {
    const auto why = fmt::format("Unexpected response code: {} ({})", answer->status, answer->body);
    return std::unexpected(ApiError{answer->status, why});
  }
  return std::move(answer->body);
}

}  // namespace agent::cli
