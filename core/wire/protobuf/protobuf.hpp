// Described values as protobuf bytes and back, by the field numbers of the checked-in .proto files.
//
// What is what on the wire, and why, is in README.md; the .proto files of proto/ are the contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "core/describe/type.hpp"

namespace core::wire::protobuf {

/// What one decode() may ask for, so that no peer makes us allocate without end.
constexpr std::size_t max_bytes = 64 * 1024 * 1024;    // of the message
constexpr std::size_t max_memory = 128 * 1024 * 1024;  // of items of lists, maps and shared values
constexpr std::size_t max_elements = 1024 * 1024;      // of all lists and maps together
constexpr std::size_t max_depth = 40;                  // of messages in messages
constexpr std::size_t max_json_depth = 32;             // of JSON in a field

/// Why bytes were refused.
struct DecodeError {
  enum class Reason : std::uint8_t {
    truncated,        // a value reaches past the end
    malformed,        // an overlong varint, a field number 0, an unknown wire type
    wrong_wire_type,  // a known field, but not written as its type is
    out_of_range,     // a number too large for the field, or no enumerator
    missing,          // no alternative of a oneof, or one this version does not know
    bad_json,         // not JSON where JSON belongs
    too_deep,         // beyond max_depth
    too_large,        // beyond max_bytes, max_memory or max_elements
  };
  Reason reason;
  std::size_t offset = 0;  // of the first byte that could not be read
  std::string path;        // the field: "job.task_groups[2].count"

  std::string text() const;
};

struct Plans;

/// Encodes and decodes one type. Made once (codec_of()), it is immutable: any thread may use it.
class Codec {
 public:
  /// Stops (check) when the .proto files hold no message that fits the type: that is our own mistake.
  explicit Codec(const describe::Type& type);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  /// Appends the bytes of the value at `at`. The same value always gives the same bytes. That there will be about
  /// `expected` of them, most of them within one message, makes it faster and nothing else.
  void append(std::string& out, const void* at, std::size_t expected = 0) const;
  std::string encode(const void* at) const;
  /// Reads all of `bytes` over the value at `at`, whatever it was before. After an error it holds some part.
  std::expected<void, DecodeError> decode(std::string_view bytes, void* at) const;
  /// The message's name with its package: "nomad.model.Job".
  std::string_view message_name() const;
  const Plans& plans() const { return *plans_; }

 private:
  std::unique_ptr<const Plans> plans_;
};

template <class T>
const Codec& codec_of() {
  static const Codec codec(describe::type_of<T>());
  return codec;
}

template <class T>
std::string encode(const T& value) {
  return codec_of<T>().encode(&value);
}

template <class T>
void append(std::string& out, const T& value, std::size_t expected = 0) {
  codec_of<T>().append(out, &value, expected);
}

template <class T>
std::expected<T, DecodeError> decode(std::string_view bytes) {
  std::expected<T, DecodeError> out;
  if (auto read = codec_of<T>().decode(bytes, &*out); !read) return std::unexpected(std::move(read.error()));
  return out;
}

}  // namespace core::wire::protobuf
