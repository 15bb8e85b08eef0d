// Whatever bytes come: an answer, bounded, and never the end of the process.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/rng.hpp"
#include "core/wire/serf/coordinate.hpp"
#include "core/wire/serf/filter.hpp"
#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/msgpack.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "core/wire/serf/stream.hpp"
#include "tests/core/wire/serf/vectors.hpp"

namespace core::wire::serf {
namespace {

using Reason = DecodeError::Reason;

std::vector<std::string> all_vectors() {
  std::vector<std::string> found;
  for (const char* file : {"01-push-pull.json", "02-probe.json", "03-state.json", "04-events-queries.json",
                           "05-compression.json", "06-encryption.json", "07-provoked.json", "08-label.json"})
    for (const auto& entry : tests::vectors(file)) found.push_back(tests::from_hex(tests::text_of(entry.at("hex"))));
  return found;
}

void read_every_way(const std::string& bytes) {
  const Packet packet = decode_packet(bytes);
  RC_ASSERT(packet.messages.size() <= max_packet_messages);
  for (const Message& message : packet.messages) {
    if (const auto* user = std::get_if<User>(&message)) static_cast<void>(decode_serf_message(user->bytes));
    if (const auto* alive = std::get_if<Alive>(&message)) static_cast<void>(decode_tags(alive->meta));
  }
  static_cast<void>(decode_serf_message(bytes));
  static_cast<void>(decode_tags(bytes));
  static_cast<void>(decode_coordinate(bytes));
  static_cast<void>(decode_filter(bytes));
  static_cast<void>(lzw_decompress(bytes, 1 << 16));
  StreamDecoder decoder;
  for (std::size_t at = 0; at < bytes.size(); at += 7)
    if (!decoder.feed(std::string_view(bytes).substr(at, 7))) break;
}

RC_GTEST_PROP(LzwProperty, WhatIsPackedComesBack, (std::string text, std::uint8_t times)) {
  std::string plain;
  for (int i = 0; i <= times; ++i) plain += text;
  RC_ASSERT(lzw_decompress(lzw_compress(plain), plain.size()).value() == plain);
}

RC_GTEST_PROP(SealProperty, OpensOnlyAsItWasSealed, (std::string plain, std::string label, std::uint64_t seed)) {
  Rng rng(seed);
  Keyring keyring;
  const std::size_t sizes[] = {16, 24, 32};
  RC_ASSERT(keyring.add(std::string(sizes[rng.below(3)], 'k')).has_value());
  Nonce nonce;
  for (auto& byte : nonce) byte = static_cast<std::uint8_t>(rng.below(256));
  const auto version = rng.chance(0.5) ? SealVersion::plain : SealVersion::padded;
  std::string sealed = seal(version, keyring.primary(), nonce, plain, label);
  RC_ASSERT(open(keyring, sealed, label) == std::optional(plain));
  RC_ASSERT(!open(keyring, sealed, label + "x").has_value());
  const std::size_t at = 1 + rng.below(sealed.size() - 1);
  sealed[at] = static_cast<char>(sealed[at] ^ (1 << rng.below(8)));
  RC_ASSERT(!open(keyring, sealed, label).has_value());
}

TEST(KeyringRules, AreMemberlists) {
  Keyring ring;
  const std::string one(32, '1'), two(16, '2');
  EXPECT_EQ(ring.add("short").error(), "key size must be 16, 24 or 32 bytes");
  ASSERT_TRUE(ring.add(one));
  ASSERT_TRUE(ring.add(two));
  ASSERT_TRUE(ring.add(one));
  EXPECT_EQ(ring.keys(), (std::vector{one, two}));
  EXPECT_EQ(ring.remove(one).error(), "Removing the primary key is not allowed");
  ASSERT_TRUE(ring.use(two));
  EXPECT_EQ(ring.keys(), (std::vector{two, one}));
  EXPECT_EQ(ring.use(std::string(24, '3')).error(), "Requested key is not in the keyring");
  ASSERT_TRUE(ring.remove(one));
  EXPECT_EQ(ring.keys(), std::vector{two});
  ASSERT_TRUE(ring.remove(one));
}

// Found by scripts/fuzz: two bytes that promise a label of 244 ended an agent that has none.
TEST(HostileInput, ALabelThatIsCutShortIsRefused) {
  const auto label = static_cast<char>(MessageType::label);
  for (int length = 0; length < 256; ++length)
    for (const std::string rest : {"", "x", "abc"})
      for (const std::string own : {"", "abc"}) {
        Security security;
        security.label = own;
        const Packet packet = decode_packet(std::string{label, static_cast<char>(length)} + rest, security);
        EXPECT_TRUE(packet.messages.empty());
        EXPECT_FALSE(packet.refused.empty()) << length << rest << own;
      }
}

RC_GTEST_PROP(HostileInput, RandomBytesAreAnswered, (std::string bytes)) {
  // A sound first byte gets further in.
  if (!bytes.empty()) bytes[0] = static_cast<char>(*rc::gen::inRange(0, 14));
  read_every_way(bytes);
}

RC_GTEST_PROP(HostileInput, MutatedPacketsAreAnswered, (std::uint64_t seed)) {
  static const std::vector<std::string> corpus = all_vectors();
  Rng rng(seed);
  std::string bytes = corpus[rng.below(corpus.size())];
  const std::uint64_t changes = 1 + rng.below(8);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const std::size_t at = rng.below(bytes.size());
    const std::uint64_t kind = rng.below(4);
    if (kind == 0) bytes[at] = static_cast<char>(rng.below(256));
    if (kind == 1) bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
    if (kind == 2 && bytes.size() > 1) bytes.erase(at, 1 + rng.below(4));
    if (kind == 3) bytes.insert(at, 1, static_cast<char>(0xc0 + rng.below(32)));
    if (bytes.empty()) return;
  }
  read_every_way(bytes);
}

TEST(Limits, CountsAreNotBelievedBeyondTheBytesThatFollow) {
  Reader map(std::string_view("\xdf\xff\xff\xff\xff\x01", 6));
  EXPECT_EQ(map.read_map(~std::size_t{0}), 0u);
  EXPECT_EQ(map.error()->reason, Reason::truncated);
  Reader text(
      std::string_view("\xdb\x7f\xff\xff\xff"
                       "ab",
                       7));
  EXPECT_EQ(text.read_text(), "");
  EXPECT_EQ(text.error()->reason, Reason::truncated);
}

TEST(Limits, UnknownFieldsMayNotNestForEver) {
  const std::string deep = "\x81\xa1z" + std::string(100, '\x91') + '\xc0';
  EXPECT_EQ(decode_message('\0' + deep).error().reason, Reason::too_deep);
}

TEST(Limits, CompoundsMayNotNestForEver) {
  std::string packet("\x0b\x81\xa5SeqNo\x01", 9);
  for (int i = 0; i < max_packet_depth + 1; ++i) {
    std::string outer("\x07\x01", 2);
    outer += static_cast<char>(packet.size() >> 8);
    outer += static_cast<char>(packet.size());
    packet = outer + packet;
    EXPECT_EQ(decode_packet(packet).messages.size(), i < max_packet_depth ? 1u : 0u);
  }
}

TEST(Limits, ABombOfCompressionIsRefused) {
  // Zeros in LZW: each code is one longer than the one before, so that 4 KiB hold megabytes.
  std::string packed;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  unsigned width = 9;
  for (unsigned code = 257; code < 4095; ++code) {
    pending |= (code == 257 ? 0u : code) << bits;
    bits += width;
    for (; bits >= 8; bits -= 8, pending >>= 8) packed += static_cast<char>(pending);
    if (code + 1 == (1u << width) && width < 12) ++width;
  }
  EXPECT_EQ(lzw_decompress(packed, 100000).error().reason, Reason::too_large);
  std::string message(
      "\x09\x82\xa4"
      "Algo\x00\xa3"
      "Buf\xda",
      13);
  message += static_cast<char>(packed.size() >> 8);
  message += static_cast<char>(packed.size());
  message += packed;
  const Packet packet = decode_packet(message);
  ASSERT_EQ(packet.refused.size(), 1u);
  EXPECT_EQ(packet.refused[0].error.reason, Reason::too_large);
}

TEST(Limits, APushPullOfAbsurdSizeIsRefusedAtItsHeader) {
  const auto refused = [](std::int64_t nodes, std::int64_t user_bytes) {
    Writer out(std::string(1, '\x06'));
    out.map(3);
    out.text("Join");
    out.boolean(true);
    out.text("Nodes");
    out.integer(nodes);
    out.text("UserStateLen");
    out.integer(user_bytes);
    StreamDecoder decoder;
    return !decoder.feed(out.take()).has_value();
  };
  EXPECT_TRUE(refused(-1, 0));
  EXPECT_TRUE(refused(1 << 30, 0));
  EXPECT_TRUE(refused(0, -1));
  EXPECT_TRUE(refused(0, std::int64_t{1} << 40));
  EXPECT_FALSE(refused(3, 100));
}

RC_GTEST_PROP(MsgpackProperty, IntegersComeBackInTheShortestForm, (std::int64_t number)) {
  const std::int64_t shrunk = number >> *rc::gen::inRange(0, 64);
  Writer out;
  out.integer(shrunk);
  const std::string bytes = out.take();
  Reader in(bytes);
  RC_ASSERT(in.read_int() == shrunk);
  RC_ASSERT(in.rest().empty());
}

RC_GTEST_PROP(MsgpackProperty, TextsComeBackAndAreNeverBinOrStr8, (std::string text)) {
  text.resize(text.size() * static_cast<std::size_t>(*rc::gen::inRange(1, 40)), 'x');
  Writer out;
  out.text(text);
  const std::string bytes = out.take();
  const auto type = static_cast<std::uint8_t>(bytes[0]);
  RC_ASSERT((type >= 0xa0 && type <= 0xbf) || type == 0xda || type == 0xdb);
  Reader in(bytes);
  RC_ASSERT(in.read_text() == text);
}

}  // namespace
}  // namespace core::wire::serf
