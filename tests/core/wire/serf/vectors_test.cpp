// Real packets of real agents: all that come in clear are read, and written again to the same bytes.
#include <gtest/gtest.h>

#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "core/wire/serf/stream.hpp"
#include "tests/core/wire/serf/vectors.hpp"

namespace core::wire::serf {
namespace {

using boost::json::object;
using boost::json::value;
using tests::text_of;
using tests::vectors;

std::string encode_any(const Message& message) {
  return std::visit([](const auto& m) { return encode(m); }, message);
}
std::string encode_any(const SerfMessage& message) {
  return std::visit([](const auto& m) { return encode(m); }, message);
}

/// Serf messages, and those within them, come back to the same bytes.
void expect_serf_round_trip(const std::string& bytes) {
  const auto message = decode_serf_message(bytes);
  ASSERT_TRUE(message) << describe(message.error());
  EXPECT_EQ(tests::to_hex(encode_any(*message)), tests::to_hex(bytes));
  if (const auto* relay = std::get_if<Relay>(&*message)) expect_serf_round_trip(relay->message);
  const auto* response = std::get_if<QueryResponse>(&*message);
  const bool internal = response != nullptr && response->payload && !response->payload->empty() &&
                        (response->payload->front() == 6 || response->payload->front() == 8);
  if (internal) expect_serf_round_trip(*response->payload);
}

std::string packet_again(const Packet& packet, bool crc) {
  std::vector<std::string> parts;
  for (const Message& message : packet.messages) parts.push_back(encode_any(message));
  const std::string joined = compound(parts);
  return crc ? with_crc(joined) : joined;
}

bool has_type(const object& vector, std::string_view name) {
  for (const value& type : vector.at("types").as_array())
    if (type.as_string() == name) return true;
  return false;
}

/// The layers named by a vector, from outside in, without the wrappers.
std::vector<std::string> message_names(const object& vector) {
  std::vector<std::string> names;
  for (const value& type : vector.at("types").as_array()) {
    const std::string name = text_of(type);
    if (name != "crc" && name != "compound" && name != "compress") names.push_back(name.substr(0, name.find('/')));
  }
  return names;
}

std::string name_of(const Message& message) {
  static constexpr const char* names[] = {"ping",    "indirectPing", "ackResp", "nackResp",
                                          "suspect", "alive",        "dead",    "user"};
  return names[message.index()];
}

class ClearVectors : public testing::TestWithParam<const char*> {};

TEST_P(ClearVectors, DatagramsAreReadAndWrittenAgain) {
  int count = 0;
  for (const value& entry : vectors(GetParam())) {
    const object& vector = entry.as_object();
    if (vector.at("transport").as_string() != "udp") continue;
    SCOPED_TRACE(text_of(vector.at("id")));
    const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
    const Packet packet = decode_packet(bytes);
    if (text_of(vector.at("id")) == "s-bad-crc") {
      EXPECT_TRUE(packet.messages.empty());
      ASSERT_EQ(packet.refused.size(), 1u);
      EXPECT_EQ(packet.refused[0].error.reason, DecodeError::Reason::bad_checksum);
      continue;
    }
    EXPECT_TRUE(packet.refused.empty());
    std::vector<std::string> names;
    for (const Message& message : packet.messages) names.push_back(name_of(message));
    EXPECT_EQ(names, message_names(vector));
    for (const Message& message : packet.messages)
      if (const auto* user = std::get_if<User>(&message)) expect_serf_round_trip(user->bytes);
    // What was compressed is compared unpacked: we do not compress.
    if (!has_type(vector, "compress")) {
      EXPECT_EQ(tests::to_hex(packet_again(packet, has_type(vector, "crc"))), text_of(vector.at("hex")));
    }
    ++count;
  }
  EXPECT_GT(count + (std::string_view(GetParam()) == "01-push-pull.json"), 0);
}

TEST_P(ClearVectors, StreamsAreReadByteByByteAndWrittenAgain) {
  for (const value& entry : vectors(GetParam())) {
    const object& vector = entry.as_object();
    if (vector.at("transport").as_string() != "tcp") continue;
    SCOPED_TRACE(text_of(vector.at("id")));
    const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
    StreamDecoder decoder;
    std::optional<StreamMessage> message;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto step = decoder.feed(std::string_view(bytes).substr(i, 1));
      ASSERT_TRUE(step) << describe(step.error());
      EXPECT_EQ(step->has_value(), i + 1 == bytes.size());
      message = *step;
    }
    ASSERT_TRUE(message);
    StreamDecoder at_once;
    EXPECT_EQ(*at_once.feed(bytes).value(), *message);
    if (const auto* state = std::get_if<PushPull>(&*message)) expect_serf_round_trip(state->user_state);
    if (has_type(vector, "compress")) {
      const std::string plain = text_of(vector.at("decoded").at("message").at("decompressed"));
      EXPECT_EQ(tests::to_hex(encode(std::get<PushPull>(*message))), plain);
      continue;
    }
    const std::string again = std::visit(
        [](const auto& m) {
          if constexpr (std::is_same_v<std::decay_t<decltype(m)>, User>)
            return encode_stream_user(m.bytes);
          else
            return encode(m);
        },
        *message);
    EXPECT_EQ(tests::to_hex(again), text_of(vector.at("hex")));
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, ClearVectors,
                         testing::Values("01-push-pull.json", "02-probe.json", "03-state.json",
                                         "04-events-queries.json", "05-compression.json", "07-provoked.json"));

TEST(ClosedVectors, EncryptedAndLabelledInputIsRefusedCleanly) {
  for (const char* file : {"06-encryption.json", "08-label.json"}) {
    for (const value& entry : vectors(file)) {
      const object& vector = entry.as_object();
      SCOPED_TRACE(text_of(vector.at("id")));
      const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
      if (vector.at("transport").as_string() == "udp") {
        const Packet packet = decode_packet(bytes);
        EXPECT_TRUE(packet.messages.empty());
        EXPECT_EQ(packet.refused.size(), 1u);
      } else {
        StreamDecoder decoder;
        const auto step = decoder.feed(bytes);
        ASSERT_FALSE(step);
        EXPECT_TRUE(step.error().reason == DecodeError::Reason::encrypted ||
                    step.error().reason == DecodeError::Reason::labelled);
      }
    }
  }
}

std::string lzw_input(const object& vector) {
  const object& input = vector.at("input").as_object();
  std::string bytes;
  std::uint32_t x = 12345;
  for (std::int64_t i = 0; i < input.at("length").as_int64(); ++i) {
    x = x * 1664525 + 1013904223;
    bytes += input.at("kind").as_string() == "zeros" ? '\0' : static_cast<char>(x >> 24);
  }
  return bytes;
}

TEST(LzwVectors, UnpackToTheirInput) {
  for (const value& entry : vectors("09-lzw.json")) {
    const object& vector = entry.as_object();
    SCOPED_TRACE(text_of(vector.at("id")));
    const std::string packed = tests::from_hex(text_of(vector.at("output_hex")));
    const std::string input = lzw_input(vector);
    const auto plain = lzw_decompress(packed, input.size());
    ASSERT_TRUE(plain) << describe(plain.error());
    EXPECT_EQ(*plain, input);
    EXPECT_EQ(crc32(*plain), std::stoul(text_of(vector.at("input_crc32")), nullptr, 16));
    if (!input.empty()) {
      EXPECT_EQ(lzw_decompress(packed, input.size() - 1).error().reason, DecodeError::Reason::too_large);
      EXPECT_FALSE(lzw_decompress(std::string_view(packed).substr(0, packed.size() - 2), input.size()));
    }
  }
}

TEST(TagVectors, MetaIsReadAsTheAgentsReadIt) {
  int seen = 0;
  for (const char* file : {"01-push-pull.json", "03-state.json"}) {
    for (const value& entry : vectors(file)) {
      const object& vector = entry.as_object();
      const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
      for (const Message& message : decode_packet(bytes).messages) {
        const auto* alive = std::get_if<Alive>(&message);
        if (alive == nullptr) continue;
        const auto tags = decode_tags(alive->meta);
        ASSERT_TRUE(tags);
        // Two orders of the same map.
        EXPECT_EQ(*decode_tags(encode_tags(*tags)), *tags);
        EXPECT_EQ(encode_tags(*tags).size(), alive->meta.size());
        seen += tags->empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(seen, 0);
  EXPECT_EQ(*decode_tags("web"), (Tags{{"role", "web"}}));
  EXPECT_EQ(*decode_tags(""), (Tags{{"role", ""}}));
  EXPECT_EQ(tests::to_hex(encode_tags({})), "ff80");
  EXPECT_FALSE(decode_tags("\xff\x81\xa1"));
}

}  // namespace
}  // namespace core::wire::serf
