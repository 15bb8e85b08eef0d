// Real packets of real agents: all are read, and written again to the same bytes.
#include <gtest/gtest.h>

#include "core/wire/serf/coordinate.hpp"
#include "core/wire/serf/filter.hpp"
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
  if (const auto* query = std::get_if<Query>(&*message)) {
    for (const std::string& bytes_of_filter : query->filters) {
      const auto filter = decode_filter(bytes_of_filter);
      ASSERT_TRUE(filter) << describe(filter.error());
      EXPECT_EQ(tests::to_hex(std::visit([](const auto& f) { return encode(f); }, *filter)),
                tests::to_hex(bytes_of_filter));
    }
  }
  const auto* response = std::get_if<QueryResponse>(&*message);
  const bool internal = response != nullptr && response->payload && !response->payload->empty() &&
                        (response->payload->front() == 6 || response->payload->front() == 8);
  if (internal) expect_serf_round_trip(*response->payload);
}

bool has_type(const object& vector, std::string_view name) {
  for (const value& type : vector.at("types").as_array())
    if (type.as_string() == name) return true;
  return false;
}

std::string packet_again(const Packet& packet, const object& vector, const Security& security = {},
                         const Nonce& nonce = {}) {
  std::vector<std::string> parts;
  for (const Message& message : packet.messages) parts.push_back(encode_any(message));
  return wrap_packet(compound(parts), {has_type(vector, "compress"), has_type(vector, "crc")}, security, nonce);
}

std::string encode_any(const StreamMessage& message) {
  return std::visit(
      [](const auto& m) {
        if constexpr (std::is_same_v<std::decay_t<decltype(m)>, User>)
          return encode_stream_user(m.bytes);
        else
          return encode(m);
      },
      message);
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
    for (const Message& message : packet.messages) {
      if (const auto* user = std::get_if<User>(&message)) expect_serf_round_trip(user->bytes);
      if (const auto* ack = std::get_if<Ack>(&message); ack != nullptr && ack->payload) {
        const auto coordinate = decode_coordinate(*ack->payload);
        ASSERT_TRUE(coordinate);
        EXPECT_EQ(tests::to_hex(encode_coordinate(*coordinate)), tests::to_hex(*ack->payload));
      }
    }
    EXPECT_EQ(tests::to_hex(packet_again(packet, vector)), text_of(vector.at("hex")));
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
    const std::string again =
        wrap_stream(encode_any(*message), StreamEnd::accepting, has_type(vector, "compress"), {}, {});
    EXPECT_EQ(tests::to_hex(again), text_of(vector.at("hex")));
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, ClearVectors,
                         testing::Values("01-push-pull.json", "02-probe.json", "03-state.json",
                                         "04-events-queries.json", "05-compression.json", "07-provoked.json"));

const std::string key_1 = tests::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
const std::string key_2 = tests::from_hex("6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283");
const std::string key_3 = tests::from_hex("000102030405060708090a0b0c0d0e0f");

/// A pool that has all keys of the vectors, `primary` in front.
Security with_keys(const std::string& primary, const std::string& label = {}) {
  Security security;
  for (const std::string& key : {key_1, key_2, key_3}) EXPECT_TRUE(security.keyring.add(key));
  EXPECT_TRUE(security.keyring.use(primary));
  security.label = label;
  return security;
}

Nonce nonce_from(std::string_view bytes) {
  Nonce nonce;
  std::copy_n(bytes.begin(), nonce.size(), nonce.begin());
  return nonce;
}

StreamEnd sender_of(const object& vector) {
  const auto* role = vector.if_contains("stream_role");
  return role != nullptr && role->as_string().find("accepting") != boost::json::string::npos ? StreamEnd::accepting
                                                                                             : StreamEnd::dialling;
}

// What old agents seal with version 0 we only read.
bool is_padded(const object& vector) { return text_of(vector.at("id")).starts_with("v0-"); }

class ClosedVectors : public testing::TestWithParam<const char*> {};

TEST_P(ClosedVectors, AreOpenedReadAndSealedAgain) {
  const std::string label = GetParam() == std::string("08-label.json") ? "blue" : "";
  int sealed_again = 0;
  for (const value& entry : vectors(GetParam())) {
    const object& vector = entry.as_object();
    SCOPED_TRACE(text_of(vector.at("id")));
    const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
    const object& decoded = vector.at("decoded").as_object();
    const object* encryption = decoded.contains("encryption") ? &decoded.at("encryption").as_object() : nullptr;
    Security security;
    security.label = label;
    Nonce nonce{};
    if (encryption != nullptr) {
      // The sender's primary key, or the answer would be sealed under another.
      security = with_keys(tests::from_hex(text_of(encryption->at("key"))), label);
      nonce = nonce_from(tests::from_hex(text_of(encryption->at("nonce"))));
    }
    std::string again;
    if (vector.at("transport").as_string() == "udp") {
      const Packet packet = decode_packet(bytes, security);
      EXPECT_TRUE(packet.refused.empty());
      ASSERT_FALSE(packet.messages.empty());
      for (const Message& message : packet.messages)
        if (const auto* user = std::get_if<User>(&message)) expect_serf_round_trip(user->bytes);
      again = packet_again(packet, vector, security, nonce);
    } else {
      StreamDecoder decoder(&security, sender_of(vector));
      std::optional<StreamMessage> message;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto step = decoder.feed(std::string_view(bytes).substr(i, 1));
        ASSERT_TRUE(step) << describe(step.error());
        EXPECT_EQ(step->has_value(), i + 1 == bytes.size());
        message = *step;
      }
      ASSERT_TRUE(message);
      again = wrap_stream(encode_any(*message), sender_of(vector), has_type(vector, "compress"), security, nonce);
    }
    if (is_padded(vector)) continue;
    EXPECT_EQ(tests::to_hex(again), text_of(vector.at("hex")));
    ++sealed_again;
  }
  EXPECT_GE(sealed_again, 3);
}

INSTANTIATE_TEST_SUITE_P(Vectors, ClosedVectors, testing::Values("06-encryption.json", "08-label.json"));

TEST(ClosedVectors, AreRefusedByAPoolThatIsNotTheirs) {
  Security other;
  ASSERT_TRUE(other.keyring.add(std::string(32, 'x')));
  other.label = "red";
  for (const char* file : {"06-encryption.json", "08-label.json"}) {
    for (const value& entry : vectors(file)) {
      const object& vector = entry.as_object();
      SCOPED_TRACE(text_of(vector.at("id")));
      const std::string bytes = tests::from_hex(text_of(vector.at("hex")));
      for (const Security& security : {Security{}, other}) {
        if (vector.at("transport").as_string() == "udp") {
          const Packet packet = decode_packet(bytes, security);
          EXPECT_TRUE(packet.messages.empty());
          EXPECT_EQ(packet.refused.size(), 1u);
        } else {
          StreamDecoder decoder(&security, StreamEnd::dialling);
          EXPECT_FALSE(decoder.feed(bytes));
        }
      }
    }
  }
}

TEST(ClosedVectors, PaddedSealsAreWrittenAsTheLibraryWritesThem) {
  for (const value& entry : vectors("06-encryption.json")) {
    const object& vector = entry.as_object();
    if (!is_padded(vector)) continue;
    const object& encryption = vector.at("decoded").as_object().at("encryption").as_object();
    const std::string associated = tests::from_hex(text_of(encryption.at("aad")));
    const std::string bytes = tests::from_hex(text_of(vector.at("hex"))).substr(associated.size());
    const auto plain = open(with_keys(key_3).keyring, bytes, associated);
    ASSERT_TRUE(plain);
    EXPECT_EQ(seal(SealVersion::padded, key_3, nonce_from(bytes.substr(1)), *plain, associated), bytes);
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

TEST(LzwVectors, UnpackToTheirInputAndBack) {
  for (const value& entry : vectors("09-lzw.json")) {
    const object& vector = entry.as_object();
    SCOPED_TRACE(text_of(vector.at("id")));
    const std::string packed = tests::from_hex(text_of(vector.at("output_hex")));
    const std::string input = lzw_input(vector);
    const auto plain = lzw_decompress(packed, input.size());
    ASSERT_TRUE(plain) << describe(plain.error());
    EXPECT_EQ(*plain, input);
    EXPECT_EQ(tests::to_hex(lzw_compress(input)), text_of(vector.at("output_hex")));
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
