// Input made to hurt: it is refused in bounded time and stack, with an error that says so.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "core/base/rng.hpp"
#include "tests/core/hcl/support.hpp"

namespace core::hcl {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// Everything a consumer would do with a text.
void exercise(const std::string& text) {
  for (const Dialect dialect : {Dialect::hcl2, Dialect::hcl1})
    for (const bool json : {false, true}) {
      const auto parsed = json ? parse_json("t", text, {dialect}) : parse("t", text, {dialect});
      Budget budget(1 << 20);
      EvalContext context = test_context();
      context.budget = &budget;
      Diagnostics diagnostics = parsed.diagnostics;
      const auto value = evaluate_body(*parsed.file.body, context, diagnostics);
      if (parsed.ok() && !value) RC_ASSERT(has_errors(diagnostics));
      for (const auto& attribute : parsed.file.body->attributes())
        (void)find_blocks(*parsed.file.body, attribute.name, 1, diagnostics);
      (void)render(diagnostics);
    }
}

TEST(Hostile, DeepNestingIsRefused) {
  for (const char* open : {"(", "[", "{a=", "\"${", "!", "-", "f(", "a[", "true?", "[for x in ", "{for x in "}) {
    const auto parsed = parse("t", "v = " + repeat(open, 100'000));
    EXPECT_FALSE(parsed.ok()) << open;
    EXPECT_EQ(parsed.diagnostics[0].summary, "Too deeply nested") << open;
  }
  EXPECT_EQ(parse("t", "v = \"" + repeat("%{if true}", 100'000) + "\"").diagnostics.at(0).summary, "Too deeply nested");
  EXPECT_EQ(parse("t", repeat("a {\n", 100'000)).diagnostics.at(0).summary, "Too deeply nested");
  EXPECT_EQ(parse_json("t", repeat("[", 100'000)).diagnostics.at(0).summary, "Too deeply nested");
  EXPECT_EQ(parse_json("t", repeat("{\"a\":", 100'000)).diagnostics.at(0).summary, "Too deeply nested");
}

TEST(Hostile, LongChainsAreRefusedOrCheap) {
  EXPECT_EQ(parse("t", "v = 1" + repeat(" + 1", 100'000)).diagnostics.at(0).summary, "Expression too large");
  EXPECT_EQ(parse("t", "v = a" + repeat("[*]", 100'000)).diagnostics.at(0).summary, "Too deeply nested");
  EXPECT_EQ(parse("t", "v = a" + repeat("[0].*", 100'000)).diagnostics.at(0).summary, "Expression too large");
  EXPECT_TRUE(parse("t", "v = a" + repeat(".b", 100'000)).ok());
  EXPECT_TRUE(parse("t", "v = [" + repeat("1, ", 100'000) + "]").ok());
  EXPECT_EQ(eval("1" + repeat(" + 1", 300)), "301");
}

TEST(Hostile, TooManyErrorsStopTheParser) {
  EXPECT_EQ(parse("t", repeat("a = )\n", 100'000)).diagnostics.size(), max_diagnostics);
  EXPECT_EQ(parse("t", std::string(max_source_bytes + 1, ' ')).diagnostics.at(0).summary, "Configuration too large");
}

TEST(Hostile, ValuesAndWorkAreBounded) {
  const auto refused = [](const std::string& expression) {
    const auto said = eval(expression);
    return said.contains("Value too large") || said.contains("Evaluation too costly") || said.contains("too large");
  };
  const std::string all = "range(1024)";
  EXPECT_TRUE(refused("length([for a in " + all + " : [for b in " + all + " : [for c in " + all + " : 1]]])"));
  EXPECT_TRUE(refused("[for a in " + all + " : length([for b in " + all + " : [for c in " + all + " : 1]])]"));
  EXPECT_TRUE(refused("setproduct(" + all + ", " + all + ", " + all + ")"));
  std::string doubling = "\"x\"";
  for (int i = 0; i < 30; ++i) doubling = "[for s in [" + doubling + "] : \"${s}${s}\"][0]";
  EXPECT_TRUE(refused(doubling));
  EXPECT_TRUE(refused("replace(join(\"\", [for a in " + all + " : \"" + std::string(64, 'x') + "\"]), \"x\", \"" +
                      std::string(1000, 'y') + "\")"));
  EXPECT_FALSE(eval("format(\"%99999999s\", \"a\")").contains("\"  "));
  // A value doubled by sharing stays small in memory, and is still refused when it is written out.
  EvalContext context = test_context();
  Value shared = Value::List{};
  for (int i = 0; i < 100; ++i) shared = Value::List{shared, shared};
  context.variables.insert_or_assign("shared", shared);
  EXPECT_TRUE(eval("jsonencode(shared)", context).contains("Evaluation too costly"));
  EXPECT_TRUE(eval("[shared]", context).contains("Value too large"));
}

TEST(Hostile, OneBudgetCountsAllExpressionsOfAFile) {
  const auto parsed = parse("t", repeat("b {\n v = [for a in range(1024) : [for b in range(64) : a + b]]\n}\n", 200));
  ASSERT_TRUE(parsed.ok());
  Budget budget(4 << 20);
  EvalContext context = test_context();
  context.budget = &budget;
  Diagnostics diagnostics;
  EXPECT_FALSE(evaluate_body(*parsed.file.body, context, diagnostics));
  EXPECT_EQ(diagnostics.at(0).summary, "Evaluation too costly");
}

RC_GTEST_PROP(HostileProperty, RandomBytesAreAnErrorOrAFile, (const std::vector<std::uint8_t>& bytes)) {
  exercise(std::string(bytes.begin(), bytes.end()));
}

RC_GTEST_PROP(HostileProperty, RandomSyntaxIsAnErrorOrAFile, ()) {
  static const std::vector<std::string> pieces{
      "a",     "b",    " = ",  "{",    "}",       "[",     "]",      "(",      ")",   "\n", "\"",   "${",
      "%{",    "~}",   "if ",  "for ", "in ",     "else",  "endif",  "endfor", "1",   ".5", ".",    "*",
      "...",   ",",    ":",    "?",    "<<EOF\n", "EOF\n", "<<-E\n", "E",      "#",   "/*", "*/",   "\\",
      "upper", "null", "true", "=>",   "==",      "-",     "!",      "&&",     "$${", "é",  "\\u00"};
  const auto picked = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces));
  std::string text;
  for (const auto& piece : picked) text += piece;
  exercise(text);
}

RC_GTEST_PROP(HostileProperty, MutatedJobFilesNeverHurt, (std::uint64_t seed)) {
  std::ifstream in(std::string(NOMAD_SOURCE_DIR) + "/tests/core/hcl/jobs/web.nomad");
  std::stringstream read;
  read << in.rdbuf();
  std::string text = read.str();
  RC_ASSERT(!text.empty());
  Rng rng(seed);
  const auto changes = rng.below(8) + 1;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto at = rng.below(text.size());
    const auto kind = rng.below(3);
    const auto other = rng.below(text.size());
    if (kind == 0)
      text.erase(at, 1 + other % 20);
    else if (kind == 1)
      text[at] = text[other];
    else
      text.insert(at, text.substr(other, 20));
    if (text.empty()) text = "a";
  }
  exercise(text);
}

}  // namespace
}  // namespace core::hcl
