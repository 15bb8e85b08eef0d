// Bytes to an HTTP answer, for the client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace io_real::net::http {

/// Reads one answer. Its body goes to `on_body` piece by piece.
class ResponseReader {
 public:
  using OnBody = std::function<void(std::string_view)>;
  /// `head_only`: the request was HEAD, so no body follows whatever the headers say.
  ResponseReader(bool head_only, OnBody on_body);
  ~ResponseReader();

  /// Takes from the front of `bytes` and returns how many it took; the rest is to be shown again, with more behind.
  std::size_t take(std::string_view bytes);
  /// The connection has ended. False when that cuts the answer off.
  bool end();
  bool complete() const;
  bool header_complete() const;
  /// What is wrong with the answer, or empty.
  const std::string& error() const;
  std::uint16_t status() const;
  /// Names in lower case.
  const std::map<std::string, std::string>& headers() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace io_real::net::http
