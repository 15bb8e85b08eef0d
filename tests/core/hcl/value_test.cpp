// Values: conversion, order, and the round trip through text.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "core/hcl/utf8.hpp"
#include "tests/core/hcl/support.hpp"

namespace core::hcl {
namespace {

rc::Gen<std::string> texts() {
  // Code points that matter to the syntax more often than others.
  const auto point = rc::gen::oneOf(rc::gen::elementOf(std::string("${}%\"\\\n\t~ab$%")),
                                    rc::gen::cast<char>(rc::gen::inRange(1, 127)));
  return rc::gen::map(
      rc::gen::pair(rc::gen::container<std::string>(point), rc::gen::inRange<std::uint32_t>(0x80, 0x20000)),
      [](std::pair<std::string, std::uint32_t> parts) {
        append_utf8(parts.first, parts.second);
        return parts.first;
      });
}

Value generated(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
      return {};
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3: {
      const double number = *rc::gen::arbitrary<double>();
      return std::isfinite(number) ? Value(number) : Value(0.5);
    }
    case 4:
      return *texts();
    case 5: {
      Value::List out;
      const int size = *rc::gen::inRange(0, 4);
      for (int i = 0; i < size; ++i) out.push_back(generated(depth - 1));
      return out;
    }
    default: {
      Value::Object out;
      const int size = *rc::gen::inRange(0, 4);
      for (int i = 0; i < size; ++i) {
        const auto key = *texts();
        out.insert_or_assign(key, generated(depth - 1));
      }
      return out;
    }
  }
}

RC_GTEST_PROP(ValueProperty, ParsesBackFromItsHcl, ()) {
  const Value value = generated(4);
  const auto parsed = parse("t.hcl", "v = " + to_hcl(value) + "\n");
  if (!parsed.ok()) RC_FAIL(render(parsed.diagnostics));
  Diagnostics diagnostics;
  const auto read = evaluate(*parsed.file.body->find("v")->value, {}, diagnostics);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == value);
}

RC_GTEST_PROP(ValueProperty, ParsesBackFromItsJson, ()) {
  const Value value = generated(4);
  const auto parsed = parse_json("t.json", to_json(Value(Value::Object{{"v", value}})), {Dialect::hcl1});
  if (!parsed.ok()) RC_FAIL(render(parsed.diagnostics));
  Diagnostics diagnostics;
  const auto read = evaluate(*parsed.file.body->find("v")->value, {}, diagnostics);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == value);
}

RC_GTEST_PROP(ValueProperty, OrderIsTotal, ()) {
  const Value a = generated(2);
  const Value b = generated(2);
  RC_ASSERT((a < b) + (b < a) + (a == b) == 1);
}

TEST(Value, ConvertsAsCtyDoes) {
  EXPECT_EQ(to_string(Value(1.5)), "1.5");
  EXPECT_EQ(to_string(Value(1e21)), "1000000000000000000000");
  EXPECT_EQ(to_string(Value(1e-7)), "0.0000001");
  EXPECT_EQ(to_string(Value(true)), "true");
  EXPECT_EQ(to_string(Value()), std::nullopt);
  EXPECT_EQ(to_bool(Value("true")), true);
  EXPECT_EQ(to_bool(Value("0")), false);
  EXPECT_EQ(to_bool(Value("yes")), std::nullopt);
  EXPECT_EQ(to_bool(Value(1)), std::nullopt);
  EXPECT_EQ(to_number(Value("12")), Value(12));
  EXPECT_EQ(to_number(Value("1x")), std::nullopt);
  EXPECT_EQ(to_number(Value("inf")), std::nullopt);
  EXPECT_EQ(to_number(Value("")), std::nullopt);
}

TEST(Value, WholeNumbersStayExact) {
  EXPECT_EQ(Value(2.0), Value(2));
  EXPECT_EQ(Value(-0.0), Value(0));
  EXPECT_EQ(Value(std::numeric_limits<std::int64_t>::min()).as_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(Value(9.3e18).as_int());
  EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).as_int(), std::nullopt);
}

TEST(Suggest, FindsTheNearestName) {
  EXPECT_EQ(suggest("datacentres", {"region", "datacenters"}), "datacenters");
  EXPECT_EQ(suggest("abc", {"xyz"}), "");
  EXPECT_EQ(suggest("", {"a"}), "");
}

}  // namespace
}  // namespace core::hcl
