// Each function with an answer Nomad (cty, Terraform's documentation, Go) gives.
#include <gtest/gtest.h>

#include "tests/core/hcl/support.hpp"

namespace core::hcl {
namespace {

void expect_all(std::initializer_list<Case> cases) {
  for (const auto& [expression, expected] : cases) EXPECT_EQ(eval(expression), expected) << expression;
}

TEST(Function, Numbers) {
  expect_all({{"abs(-3)", "3"},
              {"ceil(1.2)", "2"},
              {"floor(-1.2)", "-2"},
              {"log(8, 2)", "3"},
              {"max(1, 3, 2)", "3"},
              {"min(1, 3, -2.5)", "-2.5"},
              {"parseint(\"ff\", 16)", "255"},
              {"pow(2, 10)", "1024"},
              {"range(3)", "[0,1,2]"},
              {"range(1, 8, 3)", "[1,4,7]"},
              {"range(3, 0)", "[3,2,1]"},
              {"signum(-0.5)", "-1"}});
  EXPECT_NE(eval("range(5000)").find("more than 1024 values"), std::string::npos);
}

TEST(Function, Strings) {
  expect_all({{"chomp(\"a\\r\\n\\n\")", R"("a")"},
              {"indent(2, \"a\\nb\")", R"("a\n  b")"},
              {"lower(\"ABC\")", R"("abc")"},
              {"upper(\"abc\")", R"("ABC")"},
              {"title(\"hello world\")", R"("Hello World")"},
              {"replace(\"1 + 2 + 3\", \"+\", \"-\")", R"("1 - 2 - 3")"},
              {"replace(\"ab\", \"\", \"-\")", R"("-a-b-")"},
              {"regex_replace(\"-ab-axxb-\", \"a(x*)b\", \"<$${1}>\")", R"("-\u003c\u003e-\u003cxx\u003e-")"},
              {"regex_replace(\"abc\", \"x*\", \"-\")", R"("-a-b-c-")"},
              {"split(\",\", \"a,,b\")", R"(["a","","b"])"},
              {"split(\"\", \"aé\")", R"(["a","é"])"},
              {"strlen(\"aé\")", "2"},
              {"strrev(\"aé\")", R"("éa")"},
              {"substr(\"hello world\", 1, 4)", R"("ello")"},
              {"substr(\"hello\", -3, -1)", R"("llo")"},
              {"trim(\"?!hi?!\", \"!?\")", R"("hi")"},
              {"trimprefix(\"helloworld\", \"hello\")", R"("world")"},
              {"trimsuffix(\"helloworld\", \"world\")", R"("hello")"},
              {"trimspace(\"  a \\n\")", R"("a")"},
              {"basename(\"/a/b.txt\")", R"("b.txt")"},
              {"dirname(\"/a/./b/../c.txt\")", R"("/a")"},
              {"format(\"%s is %d, %5.1f%% %q %v %05d|%-4s|\", \"x\", 7, 2.25, \"q\", [1], 42, \"l\")",
               R"("x is 7,   2.2% \"q\" [1] 00042|l   |")"},
              {"format(\"%[2]s%[1]s\", \"a\", \"b\")", R"("ba")"},
              {"formatlist(\"%s-%s\", [\"a\", \"b\"], \"x\")", R"(["a-x","b-x"])"}});
  EXPECT_NE(eval("format(\"%d\", \"x\")").find("t.hcl:1,18-21: Invalid function argument"), std::string::npos);
  EXPECT_NE(eval("regex_replace(\"a\", \"(\", \"\")").find("invalid regular expression"), std::string::npos);
}

TEST(Function, Collections) {
  expect_all({{"chunklist([1, 2, 3], 2)", "[[1,2],[3]]"},
              {"coalesce(null, \"\", \"b\")", R"("b")"},
              {"coalescelist([], [1])", "[1]"},
              {"compact([\"a\", \"\", null, \"b\"])", R"(["a","b"])"},
              {"concat([1], [], [2, 3])", "[1,2,3]"},
              {"contains([1, 2], 2)", "true"},
              {"distinct([1, 2, 1])", "[1,2]"},
              {"element([1, 2, 3], 4)", "2"},
              {"flatten([[1], [[2]], 3])", "[1,2,3]"},
              {"index([\"a\", \"b\"], \"b\")", "1"},
              {"keys(map)", R"(["a","b"])"},
              {"values(map)", "[1,2]"},
              {"length(\"aé\")", "2"},
              {"length(map)", "2"},
              {"lookup(map, \"a\")", "1"},
              {"lookup(map, \"z\", 9)", "9"},
              {"merge({a = 1, b = 2}, {b = 3})", R"({"a":1,"b":3})"},
              {"reverse([1, 2])", "[2,1]"},
              {"slice([1, 2, 3, 4], 1, 3)", "[2,3]"},
              {"sort([\"b\", \"a\"])", R"(["a","b"])"},
              {"zipmap([\"a\", \"b\"], [1, 2])", R"({"a":1,"b":2})"},
              {"setunion([2, 1], [3, 1])", "[1,2,3]"},
              {"setintersection([1, 2, 3], [3, 2])", "[2,3]"},
              {"setproduct([\"a\", \"b\"], [1, 2])", R"([["a",1],["a",2],["b",1],["b",2]])"}});
}

TEST(Function, Encodings) {
  expect_all({{"base64encode(\"Hello World\")", R"("SGVsbG8gV29ybGQ=")"},
              {"base64decode(\"SGVsbG8gV29ybGQ=\")", R"("Hello World")"},
              {"base64decode(\"\")", R"("")"},
              {"urlencode(\"a b/ü\")", R"("a+b%2F%C3%BC")"},
              {"jsonencode({b = [1, null], a = \"<\"})", R"x("{\"a\":\"\\u003c\",\"b\":[1,null]}")x"},
              {"jsondecode(\"{\\\"a\\\": [1, 2.5, true]}\")", R"({"a":[1,2.5,true]})"},
              {"csvdecode(\"a,b\\n1,\\\"x,\\\"\\\"y\\\"\\n2,z\\n\")", R"([{"a":"1","b":"x,\"y"},{"a":"2","b":"z"}])"}});
  for (const char* bad : {"a", "SGVsbG8$", "=AAA", "A=AA", "AA=A", "/w=="})
    EXPECT_EQ(eval(std::string("can(base64decode(\"") + bad + "\"))"), "false") << bad;
}

TEST(Function, HashesAndIds) {
  expect_all({{"md5(\"hello world\")", R"("5eb63bbbe01eeed093cb22bb8f5acdc3")"},
              {"sha1(\"hello world\")", R"("2aae6c35c94fcfb415dbe95f408b9ce91ee846ed")"},
              {"sha256(\"hello world\")", R"("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")"},
              {"strlen(sha512(\"\"))", "128"},
              {"uuidv5(\"dns\", \"www.terraform.io\")", R"("a5008fae-b28c-5ba5-96cd-82b4c53552d6")"}});
}

TEST(Function, Networks) {
  expect_all(
      {{"cidrhost(\"10.12.127.0/20\", 16)", R"("10.12.112.16")"},
       {"cidrhost(\"10.12.127.0/20\", 268)", R"("10.12.113.12")"},
       {"cidrhost(\"10.0.0.0/8\", -1)", R"("10.255.255.255")"},
       {"cidrhost(\"fd00:fd12:3456:7890:00a2::/72\", 34)", R"("fd00:fd12:3456:7890::22")"},
       {"cidrnetmask(\"172.16.0.0/12\")", R"("255.240.0.0")"},
       {"cidrsubnet(\"172.16.0.0/12\", 4, 2)", R"("172.18.0.0/16")"},
       {"cidrsubnet(\"fd00:fd12:3456:7890::/56\", 16, 162)", R"("fd00:fd12:3456:7800:a200::/72")"},
       {"cidrsubnets(\"10.1.0.0/16\", 4, 4, 8, 4)", R"(["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"])"},
       {"can(cidrhost(\"10.0.0/8\", 1))", "false"},
       {"can(cidrhost(\"10.0.0.0/30\", 4))", "false"},
       {"can(cidrhost(\"1::2::3/64\", 4))", "false"}});
}

TEST(Function, Dates) {
  expect_all({{"formatdate(\"DD MMM YYYY hh:mm ZZZ\", \"2018-01-02T23:12:01Z\")", R"("02 Jan 2018 23:12 UTC")"},
              {"formatdate(\"EEEE, DD-MMM-YY hh:mm:ss ZZZ\", \"2018-01-02T23:12:01-08:00\")",
               R"("Tuesday, 02-Jan-18 23:12:01 -0800")"},
              {"formatdate(\"H:mmaa 'o''clock'\", \"2018-01-02T00:12:01Z\")", R"("12:12am o'clock")"},
              {"timeadd(\"2017-11-22T00:00:00Z\", \"10m\")", R"("2017-11-22T00:10:00Z")"},
              {"timeadd(\"2017-12-31T23:59:59.5Z\", \"1.75s\")", R"("2018-01-01T00:00:01.25Z")"},
              {"timeadd(\"2017-11-22T00:00:00+02:00\", \"-1h30m\")", R"("2017-11-21T22:30:00+02:00")"},
              {"can(timeadd(\"2017-02-30T00:00:00Z\", \"1s\"))", "false"},
              {"can(timeadd(\"2017-02-20T00:00:00Z\", \"1x\"))", "false"}});
}

TEST(Function, EveryOneOfNomadsListIsKnown) {
  const Functions functions = standard_functions();
  for (const char* name :
       {"abs",           "abspath",    "base64decode", "base64encode", "basename",        "bcrypt",      "ceil",
        "chomp",         "chunklist",  "cidrhost",     "cidrnetmask",  "cidrsubnet",      "cidrsubnets", "coalesce",
        "coalescelist",  "compact",    "concat",       "contains",     "csvdecode",       "dirname",     "distinct",
        "element",       "file",       "filebase64",   "fileexists",   "fileset",         "flatten",     "floor",
        "format",        "formatdate", "formatlist",   "indent",       "index",           "join",        "jsondecode",
        "jsonencode",    "keys",       "length",       "log",          "lookup",          "lower",       "max",
        "md5",           "merge",      "min",          "parseint",     "pathexpand",      "pow",         "range",
        "regex_replace", "replace",    "reverse",      "rsadecrypt",   "setintersection", "setproduct",  "setunion",
        "sha1",          "sha256",     "sha512",       "signum",       "slice",           "sort",        "split",
        "strlen",        "strrev",     "substr",       "timeadd",      "title",           "trim",        "trimprefix",
        "trimspace",     "trimsuffix", "upper",        "urlencode",    "uuidv4",          "uuidv5",      "values",
        "yamldecode",    "yamlencode", "zipmap"}) {
    const auto found = functions.find(name);
    ASSERT_NE(found, functions.end()) << name;
    EXPECT_NE(found->second.call == nullptr, found->second.unavailable.empty()) << name;
  }
}

}  // namespace
}  // namespace core::hcl
