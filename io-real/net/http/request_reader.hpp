// Bytes to an HTTP request. Bytes may come in any pieces, and are hostile until read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace io_real::net::http {

struct HttpRequest {
  std::string method;
  std::string target;                          // origin form: path and query as sent
  std::map<std::string, std::string> headers;  // names in lower case; values of repeated ones joined by ", "
  std::string body;
  bool keep_alive = true;
  bool chunks_understood = true;  // HTTP/1.1
};

/// A path whose PUT and POST may have a larger body than others.
struct LargeBody {
  std::string path{};  // empty: none
  std::size_t bytes = 0;
};

/// Reads one request.
class RequestReader {
 public:
  RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes, LargeBody large_body = {});
  ~RequestReader();

  enum class State { in_header, in_body, complete, refused };
  /// Takes from the front of `bytes` and returns how many it took; the rest is to be shown again, with more
  /// behind it. Takes nothing beyond the request's end.
  std::size_t take(std::string_view bytes);
  State state() const;
  /// The status to answer a refused request with: 400, 413 or 431.
  std::uint16_t refusal() const;
  /// The body is held back until "100 Continue" was sent.
  bool expects_continue() const;
  /// The request; call once, when complete.
  HttpRequest finish();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace io_real::net::http
