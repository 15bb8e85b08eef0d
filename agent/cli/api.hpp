// The agent's HTTP API as the commands use it: one call, JSON in and out, errors in Nomad's words.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "agent/cli/json.hpp"
#include "agent/cli/streams.hpp"
#include "core/base/time.hpp"

namespace agent::cli {

/// Whom to ask, and as whom.
struct ApiOptions {
  std::string address = "http://127.0.0.1:4646";
  std::string region;
  std::string name_space;
  std::string token;
  std::string basic_auth;     // "user:password"
  core::Duration patience{};  // with each call; zero: for ever
};

struct ApiError {
  std::uint16_t status = 0;  // 0: no answer came
  std::string text;          // "Unexpected response code: 404 (job not found)"
};

using Query = std::map<std::string, std::string>;

class Api {
 public:
  Api(Streams& io, ApiOptions options) : io_(io), options_(std::move(options)) {}

  std::expected<Json, ApiError> get(std::string_view path, const Query& query = {});
  /// The same where the body counts with these statuses too.
  std::expected<Json, ApiError> get_any(std::string_view path, std::initializer_list<std::uint16_t> statuses);
  std::expected<Json, ApiError> put(std::string_view path, const Query& query = {}, const Json* body = nullptr);
  /// Sends bytes that are no JSON.
  std::expected<Json, ApiError> put_bytes(std::string_view path, std::string body);
  std::expected<Json, ApiError> remove(std::string_view path, const Query& query = {});
  /// The body as bytes.
  std::expected<std::string, ApiError> bytes(std::string_view path, const Query& query);
  /// The body as it comes, until it ends or `on_chunk` says false.
  std::expected<void, ApiError> stream(std::string_view path, const Query& query,
                                       std::function<bool(std::string_view)> on_chunk);

  ApiOptions& options() { return options_; }

 private:
  std::expected<std::string, ApiError> call(std::string_view method, std::string_view path, const Query& query,
                                            const Json* body, std::function<bool(std::string_view)> on_chunk,
                                            std::initializer_list<std::uint16_t> statuses = {},
                                            std::string* raw = nullptr);
  Streams& io_;
  ApiOptions options_;
};

/// Everything but letters, digits and -_.~ as %XX: one segment of a path, or a query value.
std::string url_escaped(std::string_view text);

/// JSON of bounded depth, or nothing.
std::expected<Json, std::string> parse_json(std::string_view text);

}  // namespace agent::cli
