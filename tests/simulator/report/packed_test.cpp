// Rows of numbers come out of their text as they went in; thinned rows are even.
#include "simulator/report/packed.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "simulator/report/sampling.hpp"

namespace simulator::report {
namespace {

// The plainest reading of packed.hpp's first line; page/data.js has the one that counts.
std::vector<std::int64_t> unpacked(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 4; ++j)
      three = three << 6 | (text[i + j] == '=' ? 0U : static_cast<std::uint32_t>(digits.find(text[i + j])));
    bytes += static_cast<char>(three >> 16);
    if (text[i + 2] != '=') bytes += static_cast<char>(three >> 8 & 255);
    if (text[i + 3] != '=') bytes += static_cast<char>(three & 255);
  }
  std::vector<std::int64_t> out;
  std::uint64_t value = 0, part = 0;
  int shift = 0;
  for (const char c : bytes) {
    part |= static_cast<std::uint64_t>(c & 127) << shift;
    shift += 7;
    if ((c & 128) != 0) continue;
    value += (part & 1) != 0 ? ~(part >> 1) : part >> 1;
    out.push_back(static_cast<std::int64_t>(value));
    part = 0;
    shift = 0;
  }
  return out;
}

RC_GTEST_PROP(Packed, ComesOutAsItWentIn, (const std::vector<std::int64_t>& row)) {
  RC_ASSERT(unpacked(packed(row)) == row);
}

TEST(Base64, IsThatOfTheStandard) {
  // RFC 4648 §10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

RC_GTEST_PROP(Thinned, KeepsAnEvenShareOfAll, ()) {
  const auto most = *rc::gen::inRange<std::size_t>(2, 40);
  const auto count = *rc::gen::inRange<std::size_t>(0, 2'000);
  Thinned<std::size_t> thinned(most);
  for (std::size_t i = 0; i < count; ++i) thinned.add(i);
  const auto& kept = thinned.kept();
  RC_ASSERT(thinned.seen() == count);
  RC_ASSERT(kept.size() <= most);
  RC_ASSERT(kept.empty() == (count == 0));
  if (kept.size() < 2) return;
  const std::size_t stride = kept[1] - kept[0];
  for (std::size_t i = 0; i < kept.size(); ++i) RC_ASSERT(kept[i] == i * stride);
  // Nothing is missing at the end, and no more was thrown away than had to be.
  RC_ASSERT(kept.back() + stride >= count);
  RC_ASSERT(count <= most || 2 * kept.size() >= most);
}

RC_GTEST_PROP(Ring, KeepsTheLast, ()) {
  const auto most = *rc::gen::inRange<std::size_t>(1, 20);
  const auto count = *rc::gen::inRange<std::size_t>(0, 100);
  Ring<std::size_t> ring(most);
  for (std::size_t i = 0; i < count; ++i) ring.add(i);
  std::vector<std::size_t> kept = ring.kept();
  std::sort(kept.begin(), kept.end());
  RC_ASSERT(kept.size() == std::min(most, count));
  for (std::size_t i = 0; i < kept.size(); ++i) RC_ASSERT(kept[i] == count - kept.size() + i);
}

}  // namespace
}  // namespace simulator::report
