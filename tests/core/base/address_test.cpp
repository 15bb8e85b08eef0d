#include "core/base/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace core {
namespace {

TEST(Address, ReadsAndWritesBothFamilies) {
  for (const char* text : {"127.0.0.1:4648", "10.1.2.3:1", "[::1]:4648", "[fe80::1:2]:80", "[2001:db8::]:9",
                           "[1:2:3:4:5:6:7:8]:65535", "[::]:0"})
    EXPECT_EQ(Address::parse(text).value().text(), text);
}

TEST(Address, TakesIPv4MappedAddressesAsIPv4) {
  EXPECT_EQ(Address::parse("[::ffff:127.0.0.1]:5").value().text(), "127.0.0.1:5");
}

TEST(Address, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost:1", "1.2.3:4", "1.2.3.4.5:6", "1.2.3.256:1", "1.2.3.4:65536",
                           "1.2.3.4:", "[::1", "[::1]x", "[1::2::3]:4", "01.2.3.4:5", "[12345::]:1"})
    EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse("1.2.3.4"));
  EXPECT_EQ(Address::parse("1.2.3.4", 7).value().port, 7);
  EXPECT_FALSE(Address::from_bytes("abc", 1));
}

RC_GTEST_PROP(AddressProperty, ReadsBackWhatItWrites, (std::uint16_t port, bool v6)) {
  const auto raw = *rc::gen::container<std::string>(v6 ? 16 : 4, rc::gen::element('\0', '\1', 'x', '\xff'));
  const auto address = Address::from_bytes(raw, port);
  RC_ASSERT(Address::parse(address->text()) == address);
}

}  // namespace
}  // namespace core
